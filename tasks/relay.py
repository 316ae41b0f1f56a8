"""Relay: bring what participants left in the mailbox to the chain, many in one transaction.

mailbox --what would count--> batch --commitMany | revealMany--> chain          masked, too: --dealMany | showMany-->
mailbox --what would stand--> list in the store, root --postCommits | postOpenings--> chain
own roll, final --signed--> a receipt for each leaf --> mailbox
"""

from functools import partial
from typing import TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.bringing import Brought, bring_commits, bring_dealings, bring_openings, bring_shown
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.inclusion import issue_inclusions
from prefect_federated.adapters.leaf_demands import answer_leaf_demands
from prefect_federated.adapters.posting import Posted, has_posted, post_commits, post_openings
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error

B = TypeVar("B", Brought, Posted)
NOTHING = Posted(0, 0, ())  # another root of this poster came first, signed before it died


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


@task(
    task_run_name="round-{round}/{relayer.name}/relay-dealings",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def relay_dealings(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the dealt shares that wait; run again, it finds none that still do."""
    return _told(bring_dealings(relayer, task, round))


@task(
    task_run_name="round-{round}/{relayer.name}/relay-shown",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def relay_shown(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the shown shares that wait; run again, it finds none that still do."""
    return _told(bring_shown(relayer, task, round))


@task(
    task_run_name="round-{round}/{relayer.name}/post-commits",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def roll_commits(relayer: Relayer, task: int, round: int) -> Posted:
    """Post the commits that wait as this poster's roll; run again, it does nothing."""
    with unless_done(partial(_is_posted, relayer, task)):
        return _told(post_commits(relayer, task, round))
    return NOTHING


@task(
    task_run_name="round-{round}/{relayer.name}/give-receipts",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def give_receipts(relayer: Relayer, task: int, round: int) -> int:
    """Leave a receipt for every leaf of this poster's roll that has none yet; how many."""
    count = issue_inclusions(relayer, task, round)
    checkpoint("poster:receipts")
    return count


@task(
    task_run_name="round-{round}/{relayer.name}/post-openings",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def roll_openings(relayer: Relayer, task: int, round: int) -> Posted:
    """Post the openings of this poster's roll that wait; run again, it does nothing."""
    with unless_done(partial(_is_posted, relayer, task)):
        return _told(post_openings(relayer, task, round))
    return NOTHING


@task(
    task_run_name="round-{round}/{relayer.name}/show-leaves",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def show_leaves(relayer: Relayer, task: int, round: int) -> int:
    """Show the leaves of this poster's rolls that somebody asked for, in this round or before; how many."""
    return answer_leaf_demands(relayer, task)


def _is_posted(relayer: Relayer, task: int) -> bool:
    return has_posted(relayer, relayer.federation.round_state(task))


def _told(brought: B) -> B:
    for sentence in brought.left_out:
        get_run_logger().info("left out: %s", sentence)
    return brought
