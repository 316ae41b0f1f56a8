"""Receipts: whoever aggregates confirms in Reveal what it holds; a participant keeps that, and objects if need be.

revealed payload --aggregator opens it--> receipt --mailbox--> participant's vault --left out as unavailable--> proof
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.receipts import issue_missing, keep_arrived
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/issue-receipts",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def issue_receipts(party: Party, mailbox: Mailbox, spec: RoundSpec) -> int:
    """Leave receipts for payloads that were revealed and opened since; how many."""
    count = issue_missing(party, mailbox, spec)
    checkpoint("aggregator:receipts")
    return count


@task(
    task_run_name="round-{spec.round}/{party.name}/keep-receipts",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def keep_receipts(party: Party, mailbox: Mailbox, spec: RoundSpec) -> list[str]:
    """Keep what arrived for this participant; the accounts that signed it."""
    return keep_arrived(party, mailbox, spec)
