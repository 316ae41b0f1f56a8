"""When a flow of a role runs next: a new run of the same deployment, never a sleep.

chain time of the next window --> scheduled run under a key, so that two listeners make one run
"""

from datetime import UTC, datetime, timedelta

from prefect import runtime
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.logging import get_run_logger

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.core.due import seconds_to_next

AGAIN_S = 15  # a chain's newest block may be this much older than the clock on the wall
MISSES_S = 120  # until it looks again for what others, a store or its own settings lack, or a store does not answer for


def schedule_next(federation: Federation, task: int, halfway: bool = False, within_s: int | None = None) -> None:
    """Schedule this deployment again for the next window; outside a deployment only say so.

    Args:
        halfway: also for the middle of a window, when a relayer has had its time.
        within_s: in so many seconds at the latest: something is awaited that has no window of its own.
    """
    state, now_s, logger = federation.round_state(task), federation.chain_time(), get_run_logger()
    seconds = seconds_to_next(state, now_s, federation.paused_until(), halfway, federation.deals_from(state))
    if seconds is None or state.deadline < now_s:
        logger.info("task %s: no window is ahead", task)
        return
    seconds = seconds if within_s is None else min(seconds, within_s)
    deployment = runtime.deployment.id
    if not deployment:
        logger.info("task %s: the next window opens in %s s of chain time; run again then", task, seconds)
        return
    key = f"{window_key(federation, task, state.round)}:{now_s + seconds}:{deployment}"
    if _started(_run_in(seconds, key)):  # it came before the chain's clock, and may be this very run
        _run_in(max(seconds, AGAIN_S), f"{key}:{now_s}")


def window_key(federation: Federation, task: int, round: int) -> str:
    """What names a round in an idempotency key: eip155:<chain>:<coordinator>:<task>:<round>."""
    return f"eip155:{federation.chain_id}:{federation.coordinator.lower()}:{task}:{round}"


def _run_in(seconds: int, key: str) -> FlowRun:
    return run_deployment(  # type: ignore[return-value]
        name=runtime.deployment.id,
        parameters=dict(runtime.flow_run.parameters),
        scheduled_time=datetime.now(UTC) + timedelta(seconds=seconds),
        idempotency_key=key,
        timeout=0,
        as_subflow=False,
    )


def _started(run: FlowRun) -> bool:
    return run.state is not None and not run.state.is_scheduled()
