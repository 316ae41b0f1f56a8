"""Unlock: a key holder opens its part of a round's encrypted sum, once, and leaves it for those who propose and judge.

revealed payloads --proofs, added--> own sum --vault--> document in the store --signed letter--> mailbox
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.key_holder import KeyHolder
from prefect_federated.adapters.sum_opening import leave_opening, own_opening
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{holder.party.name}/unlock",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def unlock_sum(holder: KeyHolder, spec: RoundSpec) -> bool:
    """Leave what this holder opens of the round's sum; whether anything was left that did not lie there.

    Raises:
        StoreUnreachable: in the first half of Aggregate, a revealed payload cannot be read; try again.
        ChainUnreachable: the node does not show every opening that the contract counts; try again.
        UnmaskRefused: its home says that it opened a sum which its vault does not hold.
        TooFewShares: so few can be added that the sum is never opened.
        KeyUnavailable: it is no holder of the task, or its key is not to be had.
    """
    opening = own_opening(holder.party, spec)
    if opening is None:
        return False
    checkpoint("holder:kept")
    left = leave_opening(holder.party, holder.mailbox, spec, opening)
    checkpoint("holder:left")
    return left
