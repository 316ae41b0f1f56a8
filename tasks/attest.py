"""Attest: draw the committee, measure the round, promise a vote, show it, have silence dealt with.

block fixed in advance --draw--> seats;  updates --measure--> opinion, kept sealed --digest--> chain --> vote, scores
"""

from prefect import task as prefect_task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.attesting import keep_opinion, vote_of
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.validator import Validator
from prefect_federated.core.committee import Seat, VoteState, seat_of
from prefect_federated.core.errors import ContractRefused
from prefect_federated.core.opinion import Opinion
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.scoring.score_vector import pack_scores
from prefect_federated.core.vote import check_vote
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@prefect_task(
    task_run_name="round-{round}/{party.name}/draw",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def draw(party: Party, task: int, round: int) -> None:
    """Draw the committee, whoever comes first; where the chain has forgotten the fixed block, fix another."""
    federation = party.federation

    def drawn() -> bool:
        ballot = federation.ballot(task)
        return ballot.drawn or ballot.round != round

    if drawn():
        return
    fixed = federation.ballot(task).draw_block
    try:
        with unless_done(drawn):
            federation.draw(task)
    except ContractRefused:  # too old a block is the one refusal that a move can mend
        with unless_done(lambda: drawn() or federation.ballot(task).draw_block != fixed):
            federation.move_draw(task)
    checkpoint("validator:drawn")


@prefect_task(
    task_run_name="round-{spec.round}/{validator.party.name}/measure",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def measure(validator: Validator, spec: RoundSpec) -> Opinion:
    """Measure the round's candidate and score its updates.

    Raises:
        SpecError: the plan does not report the metric that the committee measures.
    """
    opinion = validator.opinion(spec)
    checkpoint("validator:measured")
    return opinion


def seal_opinion(party: Party, spec: RoundSpec, opinion: Opinion) -> Opinion:
    """Keep the opinion before anything is signed; one kept earlier stands.

    This is no task: it lies before the retried one, so that every try promises the same vote.
    """
    kept = keep_opinion(party, spec, opinion)
    checkpoint("validator:sealed")
    return kept


@prefect_task(
    task_run_name="round-{spec.round}/{party.name}/cast",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def cast(party: Party, spec: RoundSpec, opinion: Opinion) -> None:
    """Promise the vote on chain; does nothing if one is promised."""
    federation = party.federation
    digest = vote_of(party, spec, opinion).digest(federation.ballot_context(spec.task, spec.round, party.account))

    def promised() -> bool:
        seat = _seat(party, spec)
        return seat is None or seat.state is not VoteState.NONE

    seat = _seat(party, spec)
    if seat is not None and seat.state is VoteState.NONE:
        with unless_done(promised):
            federation.cast_vote(spec.task, spec.round, seat.number, digest)
    checkpoint("validator:cast")


@prefect_task(
    task_run_name="round-{spec.round}/{party.name}/show-vote",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def show_vote(party: Party, spec: RoundSpec, opinion: Opinion) -> None:
    """Show the promised vote with its scores; does nothing if it is shown.

    Raises:
        CommitmentMismatch: the chain holds another vote of this member; nothing is sent.
    """
    federation, seat = party.federation, _seat(party, spec)
    if seat is None or seat.state is not VoteState.CAST:
        return
    vote = vote_of(party, spec, opinion)
    check_vote(seat.commitment, vote, federation.ballot_context(spec.task, spec.round, party.account))

    def shown() -> bool:
        now = _seat(party, spec)
        return now is None or now.state is not VoteState.CAST

    with unless_done(shown):
        scores = pack_scores(opinion.scores) if spec.spec.enforced.pays_by_scores else b""
        federation.reveal_vote(spec.task, spec.round, seat.number, vote, scores)
    checkpoint("validator:shown")


@prefect_task(
    task_run_name="round-{round}/{party.name}/close-ballot",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def close_ballot(party: Party, task: int, round: int) -> None:
    """Have those who showed no vote lose their part; the next round would do it first."""
    federation = party.federation

    def closed() -> bool:
        ballot = federation.ballot(task)
        return ballot.closed or ballot.round != round

    if not closed():
        with unless_done(closed):
            federation.close_ballot(task)


def _seat(party: Party, spec: RoundSpec) -> Seat | None:
    """This validator's seat in the round; None where it has none, or another round has begun."""
    federation = party.federation
    if federation.ballot(spec.task).round != spec.round:
        return None
    return seat_of(federation.seats(spec.task), party.account)
