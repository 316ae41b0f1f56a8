"""Rolled openings that the chain must know one by one: passed over, left out, or claiming a floor.

standing leaf --land--> mark on chain: proofs, floors and receipts work for it as for any other
"""

from collections.abc import Iterable

from prefect_federated.adapters.evm.unrolling import StandingLeaf
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import ContentMissing
from prefect_federated.core.proofs import Piece
from prefect_federated.core.rolls import Roll
from prefect_federated.core.round_spec import RoundSpec


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


def land_for_quorum(party: Party, spec: RoundSpec, included: int, left_out: Iterable[str]) -> None:
    """Land whom a proposal leaves out, as many as its quorum needs: beside the included only who is on chain counts.

    Args:
        included: how many are in the aggregate; of none there is no quorum.
        left_out: accounts that are excluded.
    """
    enforced = spec.spec.enforced
    missing = enforced.quorum - included if included and enforced.rolled else 0
    for account in left_out:
        if missing <= 0:
            return
        missing -= land(party, spec.task, spec.round, account)


def rolled_proof(leaf: StandingLeaf) -> tuple[str, int, Piece, Piece]:
    """Poster and position of a record in a roll, with its commit and its opening."""
    commits, openings = leaf.roll.commits, leaf.roll.openings
    if commits is None or openings is None:
        raise ContentMissing(f"the roll of {leaf.place.poster} is not to be had; fetch its list elsewhere")
    at = leaf.position
    return leaf.place.poster, at, piece_at(commits, at), piece_at(openings, at)


def piece_at(roll: Roll, position: int) -> Piece:
    """A leaf with its path."""
    return Piece(roll.leaves[position], tuple(roll.path(position)))


def _land(party: Party, leaf: StandingLeaf) -> None:
    if leaf.roll.commits is not None and leaf.roll.openings is not None:
        party.federation.land(leaf.place, leaf.roll.commits, leaf.roll.openings)
