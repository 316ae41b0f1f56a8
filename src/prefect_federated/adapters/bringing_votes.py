"""Bringing votes that members wrote down, and showing two that contradict each other; both by anybody.

SignedVote --attest--> promised       OpenVote --revealVote--> shown       two promises --challengeConflict--> the bond
"""

from dataclasses import dataclass

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.core.committee import VoteState, seat_of
from prefect_federated.core.errors import ContractRefused
from prefect_federated.core.signed_votes import OpenVote, SignedVote
from prefect_federated.core.vote_checks import against, check_conflict, done


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a file: the transaction, or nothing because the chain has it already."""

    file: SignedVote | OpenVote
    sent: Sent | None


def bring(federation: Federation, file: SignedVote | OpenVote) -> Brought:
    """Promise or show a member's vote; anybody may. Done again, it finds that the chain has it.

    Raises:
        ContractRefused: it would not count, or belongs to another federation; the sentence says which.
    """
    _require_here(federation, file)
    state, ballot = federation.round_state(file.task), federation.ballot(file.task)
    seat = seat_of(federation.seats(file.task), file.member)
    if done(file, ballot, seat):
        return Brought(file, None)
    if isinstance(file, SignedVote):
        _require_signed(federation, file)
    reason = against(file, state.phase, ballot, seat)
    if reason is not None or seat is None:
        raise ContractRefused(str(reason))
    if isinstance(file, SignedVote):
        return Brought(file, federation.attest(file, seat.number))
    return Brought(file, federation.show_open_vote(file, seat.number))


def prove_conflict(federation: Federation, first: SignedVote, second: SignedVote | None) -> Sent:
    """Take the bond of a member who signed two votes, or signed one and promised another on chain.

    Raises:
        ContractRefused: the two prove nothing, or not here; the sentence says why.
    """
    if second is not None:
        check_conflict(first, second)
    for file in (first, *((second,) if second else ())):
        _require_here(federation, file)
        _require_signed(federation, file)
    return federation.challenge_conflict(first, second or _on_chain(federation, first))


def _on_chain(federation: Federation, file: SignedVote) -> bytes:
    """The other vote, which the chain holds."""
    ballot, seat = federation.ballot(file.task), seat_of(federation.seats(file.task), file.member)
    if ballot.round != file.round or seat is None or seat.state is VoteState.NONE:
        raise ContractRefused(
            f"the chain holds no vote of {file.whose} (its ballot is of round {ballot.round}); name a second file"
        )
    if seat.commitment == file.commitment:
        raise ContractRefused(
            f"the chain holds 0x{seat.commitment.hex()} of {file.whose}, the same as the file; that is no conflict"
        )
    return seat.commitment


def _require_here(federation: Federation, file: SignedVote | OpenVote) -> None:
    here = (federation.chain_id, federation.addresses.committee)
    if (file.chain_id, file.committee) != here:
        raise ContractRefused(
            f"the vote of {file.whose} is for committee {file.committee} on chain {file.chain_id}, this federation has"
            f" {here[1]} on chain {here[0]}; name the other federation, with --chain and --coordinator"
        )


def _require_signed(federation: Federation, file: SignedVote) -> None:
    if not federation.is_signed_vote(file):
        raise ContractRefused(
            f"the signature over 0x{file.commitment.hex()} is not that of {file.whose}, nor of its delegate;"
            " have the member sign again"
        )
