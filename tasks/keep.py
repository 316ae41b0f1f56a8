"""Keep: copies of what was dealt in a masked round, so that its sum opens whatever a dealer unpublishes.

dealt on chain --fetch--> copies in the vault of aggregator and standby --missing in the store--> back into it
"""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.keeping import Kept, keep_dealt
from prefect_federated.adapters.party import Party
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/keep-shares",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def keep_shares(party: Party, spec: RoundSpec) -> Kept:
    """Keep what is new; what is not to be had is said, and looked for again by the next run."""
    kept = keep_dealt(party, spec)
    for index in kept.missing:
        get_run_logger().warning("what participant %d dealt is not to be had; nobody can mask before it is", index)
    return kept
