"""Who masks with whom: everybody with everybody, or each with k neighbours on a ring in an order that nobody chose.

public seed --SHA-256 of seed and index, sorted--> ring --k/2 to each side--> neighbours (a Harary graph)

The seed must be fixed after the cohort is: who knew the order before could enrol next to a victim.
Source: Bell et al. 2020, section 3, https://doi.org/10.1145/3372297.3417885
"""

import hashlib
from collections.abc import Iterable, Sequence

from prefect_federated.core.errors import SpecError

FEWEST_IN_GROUP = 3


def shuffled(indices: Iterable[int], seed: bytes) -> list[int]:
    """The indices in the order of SHA-256(seed || index as 4 bytes), which anybody can work out again.

    >>> shuffled(range(5), bytes(32)) == shuffled([4, 2, 0, 1, 3], bytes(32)) != list(range(5))
    True
    """
    return sorted(indices, key=lambda index: hashlib.sha256(seed + index.to_bytes(4, "big")).digest())


def neighbourhoods(indices: Sequence[int], degree: int, seed: bytes) -> dict[int, tuple[int, ...]]:
    """Of each index its neighbours and itself, ascending.

    Args:
        indices: distinct, ascending.
        degree: even, or one less than their number for the complete graph.
        seed: 32 public bytes; without meaning in the complete graph.

    >>> {i: len(some) for i, some in neighbourhoods([0, 1, 2, 3, 4, 5], 2, bytes(32)).items()}
    {0: 3, 1: 3, 2: 3, 3: 3, 4: 3, 5: 3}
    """
    if degree >= len(indices) - 1:
        everybody = tuple(indices)
        return dict.fromkeys(indices, everybody)
    ring = shuffled(indices, seed)
    twice, width = ring + ring, degree + 1
    start = len(ring) - degree // 2
    around = {index: tuple(sorted(twice[(start + at) % len(ring) :][:width])) for at, index in enumerate(ring)}
    return {index: around[index] for index in indices}


def sizes(cohort: int, size: int) -> tuple[int, int]:
    """Members of the smallest and of the largest group that `groups` makes of a cohort.

    >>> sizes(11, 3), sizes(5, 3)
    ((3, 4), (5, 5))
    """
    many = max(1, cohort // size)
    return cohort // many, -(-cohort // many)


def parts(indices: Iterable[int], around: dict[int, tuple[int, ...]]) -> list[set[int]]:
    """What the graph falls into when only these are left; masks cancel within each part.

    >>> parts([0, 2], {0: (0, 1), 1: (0, 1, 2), 2: (1, 2)})
    [{0}, {2}]
    """
    left, found = set(indices), []
    while left:
        part, edge = set[int](), {min(left)}
        while edge:
            part |= edge
            edge = {near for index in edge for near in around[index] if near in left} - part
        left -= part
        found.append(part)
    return found


def groups(indices: Sequence[int], size: int, seed: bytes) -> list[tuple[int, ...]]:
    """Split a cohort into groups of `size` members or a few more, each to mask within itself.

    As many groups as there can be, their sizes as even as can be. A dishonest participant then spoils one group's sum,
    and a robust rule may look across groups. What is seen of a member is the sum over its group.

    Args:
        indices: the whole cohort; at least `size`.
        size: members of a group, 3 at least.
        seed: 32 public bytes, fixed after the cohort is.

    Raises:
        SpecError: the size is below 3, or the cohort below the size.

    >>> sorted(len(group) for group in groups(range(11), 3, bytes(32)))
    [3, 4, 4]
    """
    if size < FEWEST_IN_GROUP or len(indices) < size:
        raise SpecError(
            f"{len(indices)} participants in groups of {size}; a group has {FEWEST_IN_GROUP} members or more, and"
            " the cohort fills one at least; lower the size or wait for more to enrol"
        )
    if len(seed) != 32:
        raise SpecError(f"the seed of the groups has {len(seed)} bytes; give 32, fixed after the cohort")
    order, many = shuffled(indices, seed), len(indices) // size
    return [tuple(sorted(order[number::many])) for number in range(many)]
