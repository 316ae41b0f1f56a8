"""Relay: bring what participants left in the mailbox to the chain, many in one transaction.

mailbox --what would count--> batch --commitMany | revealMany--> chain
"""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.bringing import Brought, bring_commits, bring_openings
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{round}/{relayer.name}/relay-commits",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def relay_commits(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the commits that wait; run again, it finds none that still do."""
    return _told(bring_commits(relayer, task, round))


@task(
    task_run_name="round-{round}/{relayer.name}/relay-openings",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def relay_openings(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the openings that wait; run again, it finds none that still do."""
    return _told(bring_openings(relayer, task, round))


def _told(brought: Brought) -> Brought:
    for sentence in brought.left_out:
        get_run_logger().info("left out: %s", sentence)
    return brought
