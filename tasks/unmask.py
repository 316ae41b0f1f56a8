"""Unmask: show the shares of others that take the masks off the sum, and off nothing else.

survivors on chain, sealed shares --answer--> shares of who revealed, and of who dropped out --root--> chain
"""

from collections.abc import Mapping
from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.masking import own_answer
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import FederatedError
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/unmask",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def show_shares(party: Party, spec: RoundSpec) -> None:
    """Show this party's shares of others; does nothing if they are shown.

    Raises:
        UnmaskRefused: it answered for other survivors in this round before; nothing is shown.
        TooFewShares: too few survive to open anything.
    """
    shown = partial(party.federation.has_shown, spec.task, spec.round, party.account)
    if shown():
        return
    answer, unopened = own_answer(party, spec)
    warn_unopened(unopened)
    uri = party.store.put([answer.encoded()])
    checkpoint("participant:answered")
    with unless_done(shown):
        party.federation.show_shares(spec.task, spec.round, answer.root, uri)
    checkpoint("participant:shown")


def warn_unopened(unopened: Mapping[int, FederatedError]) -> None:
    """Say of whom there is no share to show, and why."""
    for sharer, error in unopened.items():
        get_run_logger().warning("no share of participant %d: %s", sharer, error)
