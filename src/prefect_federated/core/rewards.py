"""Rewards: a round's pool split in exact integers, paid through one cumulative Merkle sum tree a task.

shares --floor--> amounts --added to what was owed before--> leaves (account, cumulative) --> (root, total)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prefect_federated.core.words import hash_words


@dataclass(frozen=True, slots=True)
class SumNode:
    """A node of the sum tree as a proof shows it: hash, sum of the leaves below, and its side."""

    hash: bytes
    total: int
    left: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What an account was owed before a round; `place` is 1 + its position among the included, 0 if it is not there."""

    account: str
    owed: int
    place: int


def ledger(owed: Mapping[str, int], included: Sequence[str], others: Iterable[str]) -> list[Entry]:
    """Everybody whose leaf a round can touch, ascending by account: what a challenge of rewards rebuilds trees from.

    Args:
        owed: cumulative amounts before the round, wei.
        included: participants in the order of the included updates.
        others: who may earn beside them: the proposer, validators.

    >>> [entry.place for entry in ledger({"0xb": 5}, ["0xc", "0xa"], ["0xd"])]
    [2, 0, 1, 0]
    """
    places = {account: place for place, account in enumerate(included, 1)}
    accounts = sorted({*owed, *included, *others}, key=str.lower)
    return [Entry(account, owed.get(account, 0), places.get(account, 0)) for account in accounts]


def split_pool(pool: int, shares: Mapping[str, int], most: int | None = None) -> dict[str, int]:
    """Split a pool in proportion to integer shares; what floor division and the cap leave over stays in escrow.

    Args:
        pool: amount to split, wei.
        shares: integer share of each account; zero shares get nothing.
        most: cap of a single amount, wei; None is none.

    Raises:
        ValueError: pool or a share is negative, so that somebody else would get more than the pool.

    >>> split_pool(100, {"a": 1, "b": 2})
    {'a': 33, 'b': 66}
    >>> split_pool(100, {"a": 1, "b": 2}, most=40)
    {'a': 33, 'b': 40}
    """
    if pool < 0 or any(share < 0 for share in shares.values()):
        raise ValueError(f"pool {pool} and shares {dict(shares)} must not be negative")
    total, cap = sum(shares.values()), pool if most is None else most
    return {account: min(pool * share // total, cap) for account, share in shares.items() if share} if total else {}


def add_rewards(owed: Mapping[str, int], earned: Mapping[str, int]) -> dict[str, int]:
    """Cumulative amounts after a round, in order of account; who is owed nothing has no entry.

    >>> add_rewards({"a": 5}, {"a": 1, "b": 0})
    {'a': 6}
    """
    after = {account: owed.get(account, 0) + earned.get(account, 0) for account in sorted({*owed, *earned})}
    return {account: amount for account, amount in after.items() if amount}


def sum_root(cumulative: Mapping[str, int]) -> tuple[bytes, int]:
    """Root hash and total of the tree; an empty tree has 32 zero bytes and 0.

    >>> sum_root({})[1]
    0
    """
    levels = _levels(cumulative)
    return levels[-1][0] if levels[0] else (bytes(32), 0)


def sum_proof(cumulative: Mapping[str, int], account: str) -> list[SumNode]:
    """Sibling nodes from an account's leaf to the root.

    Raises:
        KeyError: the account has no leaf.
    """
    ordered = sorted(cumulative, key=str.lower)
    if account not in cumulative:
        raise KeyError(account)
    index, nodes = ordered.index(account), []
    for level in _levels(cumulative)[:-1]:
        if index ^ 1 < len(level):
            nodes.append(SumNode(*level[index ^ 1], left=bool(index & 1)))
        index //= 2
    return nodes


def _levels(cumulative: Mapping[str, int]) -> list[list[tuple[bytes, int]]]:
    """All levels of the tree, leaves in order of account first; an odd node moves up."""
    ordered = sorted(cumulative, key=str.lower)
    if len({account.lower() for account in ordered}) != len(ordered):
        raise ValueError(f"an account has two leaves among {ordered}; write every account in one way")
    levels = [[(hash_words(0, account, cumulative[account]), cumulative[account]) for account in ordered]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_join(a, b) for a, b in zip(below[::2], below[1::2], strict=False)]
        levels.append(above + below[-1:] if len(below) % 2 else above)
    return levels


def _join(left: tuple[bytes, int], right: tuple[bytes, int]) -> tuple[bytes, int]:
    return hash_words(1, left[0], left[1], right[0], right[1]), left[1] + right[1]
