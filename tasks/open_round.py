"""Open: the sponsor starts the next round of a task.

last round over --slash who stayed silent, note who was absent--> cohort and base model fixed --> RoundStarted
"""

from prefect import task as prefect_task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.affording import require_affordable
from prefect_federated.adapters.party import Party
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@prefect_task(
    task_run_name="task-{task}/{sponsor.name}/open",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def open_round(sponsor: Party, task: int) -> int:
    """Open the next round, or return the one that is running; the round's number.

    Raises:
        BudgetSpent: so many have spent their privacy budget that the round would miss its quorum.
        ProtocolError: no round can open (escrow empty, cohort below the quorum, no bonded aggregator).
    """
    federation = sponsor.federation
    state = federation.round_state(task)
    if state.round and not state.phase.over:
        return state.round
    if state.round:
        federation.slash_silent(task, state.round)
        federation.slash_unmasked(task, state.round)
        federation.note_absent(task, state.round)
    require_affordable(federation, task, state.round + 1)
    federation.open_round(task)
    return federation.round_state(task).round
