"""What speaks against a vote that somebody brings, and against two that should contradict each other.

file, ballot, seat --done | against--> nothing to do | a sentence | to be sent      two files --check_conflict--> proof
"""

from prefect_federated.core.committee import Ballot, Seat, VoteState
from prefect_federated.core.errors import ContractRefused
from prefect_federated.core.round import Phase
from prefect_federated.core.signed_votes import OpenVote, SignedVote


def done(file: SignedVote | OpenVote, ballot: Ballot, seat: Seat | None) -> bool:
    """Whether the chain has what the file brings."""
    if seat is None or ballot.round != file.round or seat.state is VoteState.VOID:
        return False
    if isinstance(file, OpenVote):
        return seat.state is VoteState.REVEALED
    return seat.state is not VoteState.NONE and seat.commitment == file.commitment


def against(file: SignedVote | OpenVote, phase: Phase, ballot: Ballot, seat: Seat | None) -> str | None:
    """Why the chain would not take a file now, its signature aside; None where it would.

    Args:
        file: what somebody brings.
        phase: of the task's current round.
        ballot: the task's last one.
        seat: the member's in that ballot, if it has one.
    """
    if ballot.round != file.round:
        return (
            f"the task votes on round {ballot.round}, this is a vote of {file.whose}; it counts in its own round alone"
        )
    if not ballot.drawn:
        return f"the committee of round {file.task}/{file.round} is not drawn yet; bring it after that"
    if seat is None:
        return f"{file.member} has no seat in the committee of round {file.task}/{file.round}"
    return _unpromisable(file, phase, seat) if isinstance(file, SignedVote) else _unshowable(file, phase, seat)


def check_conflict(first: SignedVote, second: SignedVote) -> None:
    """Refuse two signed votes that prove nothing against anybody, their signatures aside.

    Raises:
        ContractRefused: they are of different ballots or members, or say the same.
    """
    if first.context != second.context:
        raise ContractRefused(
            f"the first is {_where(first)}, the second {_where(second)}; only two votes of one member in one round are"
            " a conflict"
        )
    if first.commitment == second.commitment:
        raise ContractRefused(
            f"both are {_where(first)} and promise 0x{first.commitment.hex()}; one vote signed twice is no conflict"
        )


def _unpromisable(file: SignedVote, phase: Phase, seat: Seat) -> str | None:
    if seat.state is VoteState.VOID:
        return f"the vote of {file.whose} is void, because it signed two; nothing of it counts"
    if seat.state is not VoteState.NONE:
        return (
            f"{file.whose} has promised 0x{seat.commitment.hex()} and signed 0x{file.commitment.hex()}; two votes cost"
            " a member its bond, `federated validator conflict` with this file shows it"
        )
    return None if phase is Phase.VOTE else _not_due(file, Phase.VOTE, phase)


def _unshowable(file: OpenVote, phase: Phase, seat: Seat) -> str | None:
    if seat.state is not VoteState.CAST:
        return f"{file.whose} has promised no vote that counts; there is none to show"
    digest = file.vote.digest(file.context)
    if digest != seat.commitment:
        return (
            f"the vote of {file.whose} hashes to 0x{digest.hex()}, promised was 0x{seat.commitment.hex()}; bring that"
        )
    return None if phase is Phase.VOTE_REVEAL else _not_due(file, Phase.VOTE_REVEAL, phase)


def _not_due(file: SignedVote | OpenVote, due: Phase, phase: Phase) -> str:
    return f"the {file.form} of {file.whose} is due in {due.name}, the round is in {phase.name}"


def _where(file: SignedVote) -> str:
    return f"of {file.whose} (committee {file.committee}, chain {file.chain_id})"
