"""Vouching: members say which updates they found sound, whoever judges keeps what they said.

revealed update --member reads it--> letter --mailbox--> vault of participant, member, standby --left out--> proof
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.vouching import keep_sound, leave_sound
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/vouch",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def vouch(party: Party, mailbox: Mailbox, spec: RoundSpec) -> int:
    """Leave letters about updates that this member finds sound and left none about; how many."""
    count = leave_sound(party, mailbox, spec)
    checkpoint("validator:vouched")
    return count


@task(
    task_run_name="round-{spec.round}/{party.name}/keep-vouched",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def keep_vouched(party: Party, mailbox: Mailbox, spec: RoundSpec) -> list[str]:
    """Keep what members said of this participant's update, or of those that the proposal leaves out; the members."""
    return keep_sound(party, mailbox, spec)
