"""Leaves of a poster's own rolls that somebody asked for in public: shown in time, or the bond is lost.

LeafDemanded, not answered, not overdue --list from the store--> answer_leaf, which earns the deposit
"""

from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.evm.roll_records import RollPlace
from prefect_federated.adapters.posting import own_posted
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.core.errors import ContentMissing
from prefect_federated.core.proofs import Piece


def open_demands(relayer: Relayer, task: int) -> list[Event]:
    """Leaves of this poster's rolls that are asked for and can still be shown, of earlier rounds too."""
    federation = relayer.federation
    events = federation.logged(task, names=("LeafDemanded", "LeafAnswered", "LeafForfeited"))
    closed = {event.args["id"] for event in events if event.name != "LeafDemanded"}
    now_s, account = federation.chain_time(), federation.account
    return [
        event
        for event in events
        if event.name == "LeafDemanded"
        and event.args["poster"] == account
        and event.args["id"] not in closed
        and now_s <= event.args["due"]
    ]


def answer_leaf_demands(relayer: Relayer, task: int) -> int:
    """Show every leaf that is asked for; how many.

    Raises:
        ContentMissing: the list is not in this poster's store; bring it back, or the bond is lost.
    """
    demands = open_demands(relayer, task)
    for demand in demands:
        round, openings, position = (demand.args[name] for name in ("round", "openings", "position"))
        posted = own_posted(relayer, task, round)
        roll = None if posted is None else posted.openings if openings else posted.commits
        if roll is None:
            raise ContentMissing(
                f"round {task}/{round}: leaf {position} of the {'openings' if openings else 'commits'} is asked for,"
                f" and {relayer.name} has no such list in its store; bring it back until chain time"
                f" {demand.args['due']}, or the bond is lost"
            )
        place = RollPlace(task, round, relayer.federation.account, position)
        relayer.federation.answer_leaf(place, openings, Piece(roll.leaves[position], roll.path(position)))
    return len(demands)
