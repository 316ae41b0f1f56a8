"""Release: members give their shares of a round's content keys away, readers join them.

revealed payloads --own share, each reader--> mailbox --enough good ones--> content keys, kept in the vault
"""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.releasing import Reading, join_released, release_shares
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/release",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def release(party: Party, mailbox: Mailbox, spec: RoundSpec) -> int:
    """Leave this member's shares of revealed payloads that it has left none of; of how many."""
    count = release_shares(party, mailbox, spec)
    checkpoint("shares:released")
    return count


@task(
    task_run_name="round-{spec.round}/{party.name}/join-shares",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def join_shares(party: Party, mailbox: Mailbox, spec: RoundSpec) -> Reading:
    """Join the content keys of which enough good shares have come; who released or dealt false ones is logged."""
    reading = join_released(party, mailbox, spec)
    for sentence in reading.wrong:
        get_run_logger().warning("%s", sentence)
    checkpoint("shares:joined")
    return reading
