"""federated_round: everybody in one process, many rounds in one flow run; for simulation, demo and tests."""

from prefect import flow
from prefect.logging import get_run_logger

from prefect_federated.blocks.relayer import Relayer
from prefect_federated.blocks.sponsor import Sponsor
from prefect_federated.core.errors import BudgetSpent
from prefect_federated.flows.cast import WATCHER, Cast, RoundResult
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.members import open_aggregator, open_member, open_validator


@flow(name="federated-round", flow_run_name="task-{task}/{rounds}-rounds")
def federated_round(
    task: int,
    sponsor: str,
    aggregator: str,
    members: list[str],
    rounds: int = 1,
    interval_s: int = 0,
    standby: str | None = None,
    relayer: str | None = None,
    validators: list[str] | None = None,
) -> list[RoundResult]:
    """Drive a task for some rounds with everybody in this process.

    Args:
        task: index of the task on chain.
        sponsor: name of the `Sponsor` block.
        aggregator: name of the `Aggregator` block, or "slug/name" of a block that opens another kind.
        members: names of the `Silo` blocks, or "slug/name" of blocks that cast other members.
        rounds: how many rounds to run.
        interval_s: seconds of chain time from one opening to the next, as a schedule would have it.
        standby: name of the standby's `Aggregator` block; it judges every proposal and steps in. None: nobody does.
        validators: names of the `Validator` blocks, or "slug/name" of blocks that open another kind; a task with a
            committee needs them.
        relayer: name of a `Relayer` block, for members that leave their commits; without one they send in the middle.
    """
    cast = Cast(
        sponsor=Sponsor.load(sponsor).open(),  # type: ignore[union-attr]
        aggregator=open_aggregator(aggregator),
        members=[open_member(name) for name in members],
        standby=open_aggregator(standby) if standby else None,
        relayer=Relayer.load(relayer).open() if relayer else None,  # type: ignore[union-attr]
        validators=[open_validator(name) for name in validators or ()],
        watch=WATCHER.get(),
    )
    return drive_rounds(cast, task, rounds, interval_s)


def drive_rounds(cast: Cast, task: int, rounds: int, interval_s: int = 0) -> list[RoundResult]:
    """Drive rounds one after the other within the running flow; fewer, with a warning, once budgets are spent.

    Raises:
        BudgetSpent: not even the first can be opened.
    """
    federation, results = cast.sponsor.federation, []
    opens_at = federation.chain_time()
    for _ in range(rounds):
        federation.wait_until(max(opens_at, _free_at(cast, task)))
        opens_at = federation.chain_time() + interval_s
        try:
            results.append(drive_round(cast, task))
        except BudgetSpent as error:
            if not results:
                raise
            get_run_logger().warning("ended after %s of %s rounds: %s", len(results), rounds, error)
            break
    return results


def _free_at(cast: Cast, task: int) -> int:
    """Chain time from which on the next round may open: floors of a spoilt one can be fetched for a while."""
    state = cast.sponsor.federation.round_state(task)
    return state.deadline + 1 if state.phase.over and state.deadline > state.opens_at else 0
