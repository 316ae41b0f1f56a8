"""relay: bring what participants left in the mailbox. Reads the chain, sends one batch or root for the phase, exits.

Commit --> the commits that wait        Reveal, once it has opened --> the openings that wait
masked: Share --> the dealt shares      Unmask, once it has opened --> the shown ones
a poster's roll is final --> receipts for what is in it
"""

from collections.abc import Callable
from typing import Any

from prefect import flow
from prefect.logging import get_run_logger

from prefect_federated.adapters.leaf_demands import open_demands
from prefect_federated.adapters.posting import has_posted, waiting_leaves
from prefect_federated.adapters.relayer import Bag, waiting_commits, waiting_openings
from prefect_federated.adapters.relayer import Relayer as OpenRelayer
from prefect_federated.adapters.turn import take_turn
from prefect_federated.adapters.waiting_shares import waiting_dealings, waiting_shown
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.core.relaying import poster_due, relayer_due
from prefect_federated.core.round import Phase, RoundState
from prefect_federated.tasks.relay import (
    give_receipts,
    relay_commits,
    relay_dealings,
    relay_openings,
    relay_shown,
    roll_commits,
    roll_openings,
    show_leaves,
)

WAITING: dict[str, Callable[[OpenRelayer, int, int], Bag[Any]]] = {
    "commits": waiting_commits,
    "openings": waiting_openings,
    "dealings": waiting_dealings,
    "shown shares": waiting_shown,
}
BRINGS = {
    "commits": relay_commits,
    "openings": relay_openings,
    "dealings": relay_dealings,
    "shown shares": relay_shown,
}


@flow(name="relay", flow_run_name="{relayer}/task-{task}/relay")
def relay(relayer: str, task: int) -> str:
    """Bring what waits for a task now; meant to run every minute.

    Args:
        relayer: name of the `Relayer` block.
        task: index of the task on chain.

    Returns:
        What was done, such as "37 commits", "40 openings", in a masked round "40 dealings" and "36 shown shares"; by a
        poster "37 commits in a roll", "37 receipts", "1 leaves shown"; "nothing"; "busy" where another run is at it.
    """
    block: Relayer = Relayer.load(relayer)  # type: ignore[assignment]
    with take_turn(block.signer.home, task) as mine:
        return bring(block.open(), task) if mine else "busy"


def bring(relayer: OpenRelayer, task: int) -> str:
    """The batch or roll that is due, through the same tasks wherever it runs."""
    federation = relayer.federation
    state, now_s = federation.round_state(task), federation.chain_time()
    if relayer.store is not None:
        return _post(relayer, state, now_s)
    if not federation.task_of(task).enforced.relayed or now_s <= federation.paused_until():
        return "nothing"
    due = relayer_due(state, now_s, lambda kind: _waiting(relayer, task, state.round, kind), federation.masks(task))
    if due is None:
        return "nothing"
    brought = BRINGS[due](relayer, task, state.round)
    return f"{brought.count} {due}" if brought.count else "nothing"


def _post(relayer: OpenRelayer, state: RoundState, now_s: int) -> str:
    federation, task = relayer.federation, state.task
    if not federation.task_of(task).enforced.rolled:
        return "nothing"
    if not federation.poster_of(task, federation.account).bonded:
        sentence = "%s holds no poster's bond in task %s, and posts nothing; `federated poster enlist %s` locks one"
        get_run_logger().warning(sentence, relayer.name, task, task)
        return "nothing"
    if open_demands(relayer, task):
        return f"{show_leaves(relayer, task, state.round)} leaves shown"
    stopped = has_posted(relayer, state) or now_s <= federation.paused_until()
    due = poster_due(state, now_s, stopped, lambda kind: waiting_leaves(relayer, task, state.round, kind))
    posted = _posted(relayer, state, due) if due else ""
    given = _receipts(relayer, state)
    return posted or given or "nothing"


def _posted(relayer: OpenRelayer, state: RoundState, due: str) -> str:
    posted = (roll_commits if due == "commits" else roll_openings)(relayer, state.task, state.round)
    return f"{posted.count} {due} in a roll" if posted.count else ""


def _receipts(relayer: OpenRelayer, state: RoundState) -> str:
    """Receipts for what this poster has in a roll, as long as somebody waits for them: until Commit is over."""
    federation, wanted = relayer.federation, relayer.receipts and state.phase is Phase.COMMIT
    if not wanted or not federation.poster_of(state.task, federation.account).has_roll(state.round):
        return ""
    count = give_receipts(relayer, state.task, state.round)
    return f"{count} receipts" if count else ""


def _waiting(relayer: OpenRelayer, task: int, round: int, kind: str) -> int:
    return len(WAITING[kind](relayer, task, round).letters)
