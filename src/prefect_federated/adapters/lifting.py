"""A participant in a roll that puts its commit on chain, to open it by itself: not opened there, or not confirmed.

own leaf, empty among the openings --lift--> mark --> reveal        opened wrongly, or miscounted --> refuted first
own leaf, opened, no receipt of whoever will propose --lift--> mark --> reveal
"""

from prefect_federated.adapters.evm.unrolling import StandingLeaf
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.receipts import kept_receipt
from prefect_federated.core.rolls import EMPTY, Roll, gaps
from prefect_federated.core.round_spec import RoundSpec


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


def is_opened_in_roll(party: Party, task: int, round: int) -> bool:
    """Whether this party's opening stands in a roll."""
    leaf = party.federation.standing_leaf(task, round, party.account)
    return leaf is not None and leaf.opening is not None


def is_unconfirmed(party: Party, spec: RoundSpec) -> bool:
    """Whether this party's opening stands in a roll, and whoever will propose gave it no receipt.

    It could be passed over then, and prove nothing: an opening in a roll may have been kept from the aggregator.
    """
    if not is_opened_in_roll(party, spec.task, spec.round):
        return False
    duty = party.federation.task_of(spec.task)
    return kept_receipt(party, spec, duty.aggregator if duty.aggregator_bonded else duty.standby) is None


def _openings(party: Party, leaf: StandingLeaf) -> Roll | None:
    """The roll's openings, in which the leaf is empty; None where there are none, none any more, or none to be had.

    None also where the leaf is opened as it should be: its participant may take it out, and has nothing to show.
    """
    roll, place = leaf.roll, leaf.place
    if roll.opened is None or roll.commits is None or leaf.opening is not None:
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
