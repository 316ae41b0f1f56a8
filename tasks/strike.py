"""Strike: after a masked round that failed, or some groups of it, take the bonds of those who dealt or masked falsely.

round or group that is spoilt --shares, notes--> accused --challengeSharing, challengeSeed--> bonds
"""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.party import Party
from prefect_federated.adapters.striking import Strikes, strike_false
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/strike",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def strike(party: Party, spec: RoundSpec) -> Strikes:
    """Who lost its bond for it now; who lost it before is passed over."""
    struck = strike_false(party, spec)
    for sent in struck.sent:
        for event in sent.events:
            if event.name in ("SharingRefuted", "SeedRefuted"):
                get_run_logger().warning("%s dealt or masked falsely; its bond is gone", event.args["participant"])
    return struck
