"""A vote without money for gas: its member signs the promise, later writes the vote down, and sends nothing.

opinion, kept sealed --sign--> SignedVote (in Vote)        opinion, as promised --> OpenVote (in VoteReveal)
"""

from prefect_federated.adapters.attesting import keep_opinion, kept_opinion, vote_of
from prefect_federated.adapters.former_keys import require_former_keys
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_round_spec
from prefect_federated.adapters.releasing import join_released, release_shares, require_mailbox
from prefect_federated.adapters.validator import Validator
from prefect_federated.core.committee import Seat, VoteState, seat_of
from prefect_federated.core.due import shares_until
from prefect_federated.core.errors import (
    CommitmentMismatch,
    ConfigurationError,
    ContractRefused,
    KeyUnavailable,
    WrongPhase,
)
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.scoring.score_vector import pack_scores
from prefect_federated.core.signed_votes import OpenVote, SignedVote
from prefect_federated.core.vote import check_vote


def sign_vote(party: Party, task: int, holdout: HeldOut | None, mailbox: Mailbox | None = None) -> SignedVote:
    """The party's vote of the current round, promised and signed; measured now unless an opinion is kept already.

    The opinion is kept before anything is signed, so a repeat, and the attest flow, promise the same vote.

    Raises:
        WrongPhase: no vote is promised in this phase; or, where the committee opens updates, others' shares of them are
            awaited.
        ContractRefused: the party has no seat, or has promised its vote.
        KeyUnavailable: the sealing key is not the registered one; or an opinion may be kept under one that was replaced
            since the round opened, and is not named.
        ConfigurationError: nothing is kept, and no held-out data are named to measure on.
    """
    spec, seat = _at(party, task, Phase.VOTE)
    if seat.state is not VoteState.NONE:
        raise ContractRefused(
            f"{party.account} has promised 0x{seat.commitment.hex()} in round {task}/{spec.round}; a second vote would"
            " cost its bond, nothing was signed"
        )
    _require_key(party)
    opinion = kept_opinion(party, spec)
    if opinion is None:
        require_former_keys(party, f"an opinion on round {task}/{spec.round}", (task, spec.round))
        if holdout is None:
            raise ConfigurationError(
                f"no opinion on round {task}/{spec.round} is kept in the store; name the held-out file to measure on"
                " with --holdout"
            )
        if spec.threshold:
            _read_together(party, require_mailbox(mailbox, party, spec), spec)
        opinion = keep_opinion(party, spec, Validator(party, holdout).opinion(spec))
    context = party.federation.ballot_context(task, spec.round, party.account)
    return party.federation.sign_vote(context, vote_of(party, spec, opinion).digest(context))


def open_vote(party: Party, task: int) -> OpenVote:
    """The vote that the party has promised, to be shown; never before all are promised.

    Raises:
        WrongPhase: votes are not shown in this phase.
        CommitmentMismatch: the store holds no opinion, or another than was promised.
    """
    spec, seat = _at(party, task, Phase.VOTE_REVEAL)
    if seat.state is not VoteState.CAST:
        raise ContractRefused(
            f"the vote of {party.account} in round {task}/{spec.round} is {seat.state.name}; there is none to show"
        )
    opinion = kept_opinion(party, spec)
    if opinion is None:
        raise CommitmentMismatch(
            f"round {task}/{spec.round}: {party.account} has promised a vote, but the store holds no opinion of it;"
            " name the store and the sealing key that it was signed with"
        )
    context = party.federation.ballot_context(task, spec.round, party.account)
    vote = vote_of(party, spec, opinion)
    check_vote(seat.commitment, vote, context)
    return OpenVote.of(context, vote, pack_scores(opinion.scores) if spec.spec.enforced.pays_by_scores else b"")


def _read_together(party: Party, mailbox: Mailbox, spec: RoundSpec) -> None:
    """Release this member's shares and join others'; in the first half of Vote not without those that could come."""
    release_shares(party, mailbox, spec)
    reading, state = join_released(party, mailbox, spec), party.federation.round_state(spec.task)
    until = shares_until(state, spec.spec.enforced.finality_gap)
    if reading.awaited and party.federation.chain_time() < until:
        raise WrongPhase(
            f"round {spec.task}/{spec.round}: of {len(reading.awaited)} updates the shares of fewer than"
            f" {spec.threshold} members are there; come back when others have released theirs too, or at chain time"
            f" {until}, from which on votes go without"
        )


def _at(party: Party, task: int, due: Phase) -> tuple[RoundSpec, Seat]:
    """The current round and the party's seat in it, where a phase runs."""
    federation = party.federation
    state = federation.round_state(task)
    if state.phase is not due:
        raise WrongPhase(
            f"round {task}/{state.round} is in {state.phase.name}, this is done in {due.name}; come back then"
        )
    if federation.chain_time() < state.opens_at:
        raise WrongPhase(
            f"round {task}/{state.round}: {due.name} opens at chain time {state.opens_at}, once what came before it is"
            f" final; it is {federation.chain_time()} now, come back then"
        )
    seat = seat_of(federation.seats(task), party.account)
    if seat is None or federation.ballot(task).round != state.round:
        raise ContractRefused(f"{party.account} has no seat in the committee of round {task}/{state.round}")
    return read_round_spec(party, task, state.round), seat


def _require_key(party: Party) -> None:
    """Another key makes another salt and finds no kept opinion: it would sign a second, conflicting vote."""
    registered, ours = party.federation.participant(party.account).sealing_key, party.sealing_key.public_bytes
    if registered != ours:
        raise KeyUnavailable(
            f"{party.account} is registered with sealing key 0x{registered.hex()}, this one is 0x{ours.hex()}; a vote"
            " made with another key would contradict the first, name the registered one"
        )
