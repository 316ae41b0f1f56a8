"""Subtotal: a region's aggregator sums what its silos revealed, once, and says where the sum lies.

reveals of the region --gather, sum--> sum in the store --signed letter--> mailbox
"""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.regional import RegionalAggregator, leave_sum
from prefect_federated.core.region_spec import RegionSpec
from prefect_federated.core.regional import RegionalSum
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{regional.party.name}/subtotal-{region.name}",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def leave_subtotal(regional: RegionalAggregator, spec: RoundSpec, region: RegionSpec) -> RegionalSum:
    """Leave the region's sum; who dies before the letter leaves it again, with the same words."""
    told = leave_sum(regional, spec, region)
    checkpoint("regional:left")
    for account in told.left_out:
        get_run_logger().warning("left %s to the aggregator", account)
    return told
