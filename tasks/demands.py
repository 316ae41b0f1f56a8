"""Demands: the proposer shows what was asked for; whoever comes later takes its bond for what it did not show.

open demands of the round --own proposal--> answer        --overdue--> forfeit
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.demanding import answer_demands, forfeit
from prefect_federated.adapters.party import Party
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/demands",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def meet_demands(party: Party, spec: RoundSpec) -> str:
    """Answer or forfeit the open demands of the round; returns which, or "nothing"."""
    federation = party.federation
    now_s, state = federation.chain_time(), federation.round_state(spec.task)
    waiting = [demand for demand in federation.demands(spec.task, spec.round) if demand.open]
    overdue = [demand for demand in waiting if now_s > demand.due]
    if state.proposer == party.account and waiting != overdue:
        answer_demands(party, spec, [demand for demand in waiting if demand not in overdue])
        return "answer"
    if state.proposer != party.account and overdue:
        with unless_done(lambda: federation.round_state(spec.task).phase != Phase.CHALLENGE):
            forfeit(party, spec, overdue[0])
        return "forfeit"
    return "nothing"
