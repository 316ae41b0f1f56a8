"""A participant in a roll that did not open its commit: it puts the commit on chain, to open it by itself.

own leaf, empty among the openings --lift--> mark --> reveal        opened wrongly, or miscounted --> refuted first
"""

from prefect_federated.adapters.evm.unrolling import StandingLeaf
from prefect_federated.adapters.party import Party
from prefect_federated.core.rolls import EMPTY, Roll, gaps


def lift_own(party: Party, task: int, round: int) -> bool:
    """Lift this party's commit, unless the chain has it or nobody rolled it; whether it was lifted."""
    federation = party.federation
    if federation.has_mark(task, round, party.account):
        return False
    leaf = federation.standing_leaf(task, round, party.account)
    if leaf is None or leaf.roll.commits is None:
        return False
    openings = _openings(party, leaf)
    _refute_counts(party, task, round)
    federation.lift(leaf.place, leaf.roll.commits, openings)
    return True


def _openings(party: Party, leaf: StandingLeaf) -> Roll | None:
    """The roll's openings, in which the leaf is empty; None where there are none, none any more, or none to be had."""
    roll, place = leaf.roll, leaf.place
    if roll.opened is None or roll.commits is None:
        return None
    if roll.openings is None:
        return None  # withheld: its participant may take a commit out of a roll, opened there or not
    if roll.openings.leaves[leaf.position] == EMPTY:
        return roll.openings
    party.federation.refute_opening(place, roll.commits, roll.openings)
    return None


def _refute_counts(party: Party, task: int, round: int) -> None:
    """A roll that says it opened more than it did leaves no room to lift."""
    for roll in party.federation.posted_rolls(task, round):
        if roll.opened is None or roll.openings is None:
            continue
        empty = gaps(roll.openings)
        if len(empty) + roll.opened.args["opened"] > len(roll.openings.leaves):
            party.federation.refute_count(task, round, roll.poster, roll.openings, empty)
