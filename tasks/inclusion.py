"""Inclusion: a participant keeps what posters promised it, and shows what they broke.

receipt in the mailbox --signed by a bonded poster, for the own commit--> vault --neither rolled nor on chain--> proof
"""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.inclusion import broken_inclusions, challenge_inclusion, keep_inclusions
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import FederatedError, TransportError
from prefect_federated.core.round import RoundState
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{state.round}/{party.name}/keep-inclusion",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def keep_inclusion(party: Party, mailbox: Mailbox, state: RoundState) -> list[str]:
    """Keep inclusion receipts that arrived for this participant; the posters that signed them."""
    return keep_inclusions(party, mailbox, state)


@task(
    task_run_name="round-{state.round}/{party.name}/challenge-inclusion",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def challenge_broken(party: Party, state: RoundState) -> list[str]:
    """Show every kept receipt that its poster broke; the posters that lost their bond for it.

    What the chain refuses is logged and no more: a commit is due after this, and must not wait for a proof.
    """
    struck = []
    for letter in broken_inclusions(party, state):
        try:
            challenge_inclusion(party, state, letter)
        except TransportError:
            raise
        except FederatedError as error:
            get_run_logger().warning("the receipt of %s: %s", letter.poster, error)
            continue
        checkpoint("participant:challenged")
        struck.append(letter.poster)
    return struck
