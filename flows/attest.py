"""attest: a validator's part. Reads the chain, does what is due, schedules the next window, exits.

ballot + seat --due--> draw | cast | reveal | judge (as a member) | close | claim | pay --> next run at the next window
where the committee opens updates --> release before it; waits to cast until enough others have
"""

from collections.abc import Iterator

from prefect import flow

from prefect_federated.adapters.attesting import kept_opinion
from prefect_federated.adapters.claiming import rewards_due
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.turn import take_turn
from prefect_federated.adapters.validator import Validator as OpenValidator
from prefect_federated.blocks.validator import Validator
from prefect_federated.core.committee import seat_of
from prefect_federated.core.due import validator_due
from prefect_federated.core.errors import CommitmentMismatch, ConfigurationError, StoreUnreachable
from prefect_federated.core.round import Phase, RoundState
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.judging import judge_once
from prefect_federated.flows.next_window import AGAIN_S, MISSES_S, schedule_next
from prefect_federated.flows.releasing import WAITS, opened_together, reads_on, release_once
from prefect_federated.tasks.attest import cast, close_ballot, draw, measure, seal_opinion, show_vote
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.settle import claim, claim_pay
from prefect_federated.tasks.vouching import vouch


@flow(name="attest", flow_run_name="{validator}/task-{task}/attest")
def attest(validator: str, task: int) -> str:
    """Do what is due for one validator now.

    Args:
        validator: name of the `Validator` block.
        task: index of the task on chain.

    Returns:
        What was done, such as "draw", "cast, reveal" or "judge"; where the committee opens updates also "release", and
        "waits" for others' shares; "nothing"; or "busy" where another run is at it.
    """
    block: Validator = Validator.load(validator)  # type: ignore[assignment]
    opened = block.open()
    with take_turn(block.signer.home, task) as mine:
        try:
            done = serve(opened, task) if mine else "busy"
        except (ConfigurationError, StoreUnreachable):
            schedule_next(opened.party.federation, task, within_s=MISSES_S)  # its vote is due all the same
            raise
    soon = done.endswith(WAITS) or _awaits_draw(opened.party, task)
    schedule_next(opened.party.federation, task, within_s=AGAIN_S if soon else None)
    return done


def serve(validator: OpenValidator, task: int) -> str:
    """The steps that are due, through the same tasks wherever it runs."""
    return ", ".join((*_steps(validator, task), *_money(validator.party, task))) or "nothing"


def _money(party: Party, task: int) -> Iterator[str]:
    """Rewards of settled rounds, and the pay of one that pays no rewards."""
    state = party.federation.round_state(task)
    if not state.round or not state.phase.over:
        return
    if rewards_due(party, task) and claim(party, task):
        yield "claim"
    if claim_pay(party, task, state.round):
        yield "pay"


def _steps(validator: OpenValidator, task: int) -> Iterator[str]:
    """Whoever casts last may find its vote to be shown: nobody else would wake it for that."""
    party, last = validator.party, ""
    yield from _release(validator, task)
    while True:
        state = party.federation.round_state(task)
        due = _due(party, task, state)
        if due is None or due == last:
            return
        if due == "cast" and not _reads_on(validator, task, state):
            yield WAITS
            return
        if due == "judge":
            due = None if state.proposer == party.account else judge_once(party, task, state, validator.mailbox)
        else:
            _step(validator, task, state.round, due)
        if due is None:
            return
        last = due
        yield due
        if due == "draw":
            yield from _release(validator, task)


def _release(validator: OpenValidator, task: int) -> Iterator[str]:
    if release_once(validator.party, validator.mailbox, validator.party.federation.round_state(task)):
        yield "release"


def _step(validator: OpenValidator, task: int, round: int, due: str) -> None:
    party = validator.party
    if due == "draw":
        draw(party, task, round)
    elif due == "cast":
        _cast(validator, task, round)
    elif due == "reveal":
        _reveal(validator, task, round)
    else:
        close_ballot(party, task, round)


def _reads_on(validator: OpenValidator, task: int, state: RoundState) -> bool:
    """Whether the updates can be judged now; an opinion kept earlier needs no more of them."""
    if not opened_together(validator.party, task):
        return True
    spec = listen(validator.party, task, state.round)
    return kept_opinion(validator.party, spec) is not None or reads_on(validator.party, validator.mailbox, spec, state)


def _cast(validator: OpenValidator, task: int, round: int) -> None:
    """Measure, seal, cast; an opinion sealed earlier is cast, never formed anew."""
    spec = listen(validator.party, task, round)
    opinion = kept_opinion(validator.party, spec)
    if opinion is None:
        opinion = seal_opinion(validator.party, spec, measure(validator, spec))
    cast(validator.party, spec, opinion)
    _vouch(validator, spec)


def _vouch(validator: OpenValidator, spec: RoundSpec) -> None:
    """Say which updates can be read; nothing new is said where that was done before."""
    if validator.mailbox is not None:
        vouch(validator.party, validator.mailbox, spec)


def _reveal(validator: OpenValidator, task: int, round: int) -> None:
    party, spec = validator.party, listen(validator.party, task, round)
    opinion = kept_opinion(party, spec)
    if opinion is None:
        raise CommitmentMismatch(
            f"round {task}/{round}: {party.name} has promised a vote, but its store holds no opinion; restore the store"
        )
    show_vote(party, spec, opinion)
    _vouch(validator, spec)


def _awaits_draw(party: Party, task: int) -> bool:
    """Whether a block is awaited, which comes at no certain time."""
    ballot = party.federation.ballot(task)
    return ballot.size > 0 and not ballot.drawn and party.federation.round_state(task).phase <= Phase.VOTE


def _due(party: Party, task: int, state: RoundState) -> str | None:
    federation, ballot = party.federation, party.federation.ballot(task)
    seat = seat_of(federation.seats(task), party.account) if ballot.drawn else None
    silent = state.phase.over and ballot.drawn and ballot.revealed < ballot.size and not ballot.closed
    return validator_due(
        state,
        ballot,
        seat.state if seat else None,
        federation.chain_time(),
        federation.block_number(),
        silent=silent and ballot.round == state.round and federation.votes_are_final(task, state.round),
    )
