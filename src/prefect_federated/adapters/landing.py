"""Rolled openings that the chain must know one by one: doubted, in two rolls, or claiming a floor.

standing leaf --land--> mark on chain: proofs, floors and receipts work for it as for any other
"""

from prefect_federated.adapters.evm.unrolling import StandingLeaf
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import ContentMissing, ProtocolError
from prefect_federated.core.rolls import read_commit, read_opening


def land(party: Party, task: int, round: int, account: str) -> bool:
    """Land the opening that stands for an account, unless the chain knows it; whether it does now."""
    federation = party.federation
    if federation.has_mark(task, round, account):
        return True
    leaf = federation.standing_leaf(task, round, account)
    if leaf is None or leaf.opening is None:
        return False
    _land(party, leaf)
    return True


def land_doubles(party: Party, task: int, round: int) -> list[str]:
    """Land who is opened in one roll and stands in another too; whose they are.

    Whoever signed for two rolls could otherwise have the other leaf landed or lifted once a proposal rests on this one.
    """
    federation = party.federation
    seen: dict[str, int] = {}
    for roll in federation.posted_rolls(task, round):
        members = [read_commit(leaf) for leaf in roll.commits.leaves] if roll.commits else []
        for account in {member.participant for member in members if member is not None}:
            seen[account] = seen.get(account, 0) + 1
    if all(count == 1 for count in seen.values()):
        return []
    leaves = [leaf for leaf in federation.standing_leaves(task, round) if leaf.opening is not None]
    doubles = [leaf for leaf in leaves if seen[leaf.commit.participant] > 1]
    for leaf in doubles:
        if not federation.has_mark(task, round, leaf.commit.participant):
            _land(party, leaf)
    return [leaf.commit.participant for leaf in doubles]


def void_openings(party: Party, task: int, round: int) -> list[int]:
    """An index for each rolled opening that stands for nobody, so that a proposal accounts for all that were counted.

    A roll that counted more than its list holds is filled up with an index of its own.

    Raises:
        ContentMissing: a list of openings is not to be had; whoever is in it could prove that it stands.
        ProtocolError: a roll counted fewer openings than stand in it.
    """
    federation = party.federation
    standing = {(leaf.roll.poster, leaf.position) for leaf in federation.standing_leaves(task, round) if leaf.opening}
    void: list[int] = []
    for roll in federation.posted_rolls(task, round):
        if roll.opened is None:
            continue
        if roll.withheld or roll.openings is None:
            raise ContentMissing(
                f"round {task}/{round}: the openings that {roll.poster} posted are not to be had, and any of them may"
                " stand; fetch the list elsewhere, or demand its leaves"
            )
        mine = {position for poster, position in standing if poster == roll.poster}
        filled = [position for position, leaf in enumerate(roll.openings.leaves) if leaf]
        bad = [_index(roll.openings.leaves[position]) for position in filled if position not in mine]
        surplus = roll.opened.args["opened"] - len(mine)
        if surplus < 0:
            raise ProtocolError(
                f"round {task}/{round}: {len(mine)} openings of {roll.poster}'s roll stand, it counted"
                f" {roll.opened.args['opened']}; no proposal can account for all of them, so propose none"
            )
        void += (bad + [0] * surplus)[:surplus]
    return void


def _land(party: Party, leaf: StandingLeaf) -> None:
    if leaf.roll.commits is not None and leaf.roll.openings is not None:
        party.federation.land(leaf.place, leaf.roll.commits, leaf.roll.openings)


def _index(leaf: bytes) -> int:
    """The index that a bad leaf names; 0 where it names none. Any index will do: the chain counts void leaves."""
    opening = read_opening(leaf)
    return opening.index if opening else 0
