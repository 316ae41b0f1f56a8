"""How a round's updates lie to each other and to the last step of the model: all that the tests look at.

words --exact inner products--> norms, cosines, distances, shares of the last step
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.distances import gram
from prefect_federated.core.aggregation.vector import Vector

Words = NDArray[np.int32]
Table = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Figures of n updates, float64 from exact integers: the same bits on every machine, in whatever order they came.

    Only division, square root, comparison and correctly rounded sums (`math.fsum`) follow the integers.
    """

    norms: tuple[float, ...]  # [n], in words
    distances: Table  # [n, n], Euclidean, in words
    agreement: tuple[float, ...]  # [n]: cosine to the sum of the other updates, each made one long
    chords: tuple[float, ...] | None  # [n]: |u/|u| - s/|s|| to the last step s, 0 to 2; None without a step
    shares: tuple[float, ...] | None  # [n]: <u, s> / <s, s>

    @property
    def usual_distance(self) -> float:
        """Lower quartile of all distances between two updates: one of honest pairs, which are a quarter at least."""
        pairs = sorted(value for i, row in enumerate(self.distances) for value in row[:i])
        return pairs[len(pairs) // 4]


def geometry(updates: Sequence[Vector], step: Words | None) -> Geometry:
    """Measure a round.

    Args:
        updates: at least two, int32 `[d]` each.
        step: the last step of the model, int32 `[d]`: base minus the version before it.

    >>> two = geometry([np.array([3, 4], np.int32), np.array([6, 8], np.int32)], np.array([3, 4], np.int32))
    >>> two.norms, two.agreement, two.chords, two.shares
    ((5.0, 10.0), (1.0, 1.0), (0.0, 0.0), (1.0, 2.0))
    """
    n = len(updates)
    inner = gram([*updates, *([] if step is None else [step])]).tolist()
    norms = tuple(sqrt(inner[i][i]) for i in range(n))
    cosines = [[_cosine(inner, i, j) for j in range(n)] for i in range(n)]
    if step is None or inner[n][n] == 0:
        chords, shares = None, None
    else:
        chords = tuple(sqrt(2 - 2 * _cosine(inner, i, n)) for i in range(n))
        shares = tuple(inner[i][n] / inner[n][n] for i in range(n))
    return Geometry(
        norms=norms,
        distances=tuple(tuple(sqrt(inner[i][i] + inner[j][j] - 2 * inner[i][j]) for j in range(n)) for i in range(n)),
        agreement=_agreement(cosines),
        chords=chords,
        shares=shares,
    )


def _cosine(inner: list[list[int]], i: int, j: int) -> float:
    """Cosine of two vectors; 0 where one of them has no length."""
    square = inner[i][i] * inner[j][j]
    return max(-1.0, min(1.0, inner[i][j] / sqrt(square))) if square else 0.0


def _agreement(cosines: list[list[float]]) -> tuple[float, ...]:
    """<u_i, S - u_i> / |S - u_i| of unit vectors u with sum S, from their cosines alone."""
    rows = [fsum(row) for row in cosines]
    total = fsum(rows)
    found = []
    for i, row in enumerate(rows):
        own = cosines[i][i]
        rest = total - 2 * row + own
        found.append((row - own) / sqrt(rest) if own and rest > 0 else 0.0)
    return tuple(found)
