"""Shapley values of a round's updates, by walks through them in guided random order that end where nothing is left."""

import hashlib
from collections.abc import Iterable, Iterator

from prefect_federated.core.scoring.score_vector import Scores
from prefect_federated.core.scoring.utility import Utility


def shapley(utility: Utility, members: Iterable[int], length: int, seed: bytes, most: int = 64) -> Scores:
    """score[i] = max(0, sum over walks of U(those before i, and i) - U(those before i)).

    GTG-Shapley: a walk ends once it has reached what everybody together reaches (within-round truncation), which in a
    round that gains nothing is at its start (between-round truncation); every member leads as many walks as any other
    (guided sampling). As many walks as there are members, at most `most`; no search for convergence.
    The walks follow from the seed, so that everybody with the same held-out set gets the same integers.

    Source: Algorithm 1 of Liu et al. 2022, https://arxiv.org/abs/2109.02053

    Args:
        utility: a count for each set of indices; asked once for each set.
        members: indices of those in the aggregate.
        length: how many scores the vector holds; above every index.
        seed: public, and unknown until the updates are fixed.

    >>> shapley(lambda some: 2 * (0 in some) + (1 in some), [0, 1], 3, b"")
    (4, 2, 0)
    """
    everybody = sorted(set(members))
    known: dict[frozenset[int], int] = {}

    def worth(some: frozenset[int]) -> int:
        if some not in known:
            known[some] = utility(some)
        return known[some]

    whole = worth(frozenset(everybody))
    gained = dict.fromkeys(everybody, 0)
    for walk in _walks(everybody, seed, most):
        before: frozenset[int] = frozenset()
        for index in walk:
            if worth(before) == whole:
                break
            gained[index] += worth(before | {index}) - worth(before)
            before |= {index}
    return tuple(max(gained.get(index, 0), 0) for index in range(length))


def _walks(everybody: list[int], seed: bytes, most: int) -> Iterator[list[int]]:
    """Orders of all members, in which another leads each time; where there are too many, the seed says who."""
    leads = sorted(everybody, key=lambda index: _ticket(seed, most, index))[:most]
    for number, lead in enumerate(leads):
        rest = [index for index in everybody if index != lead]
        yield [lead, *sorted(rest, key=lambda index: _ticket(seed, number, index))]


def _ticket(seed: bytes, walk: int, index: int) -> bytes:
    return hashlib.sha256(seed + walk.to_bytes(4, "big") + index.to_bytes(4, "big")).digest()
