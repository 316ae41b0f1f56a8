"""Geometric median: the point with the least sum of distances to the updates, as integer coefficients of them."""

import math

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.distances import squared_distances
from prefect_federated.core.aggregation.shares import WHOLE
from prefect_federated.core.aggregation.sorted_columns import Rows

_PASSES = 64  # each brings the point nearer by a factor; after these, coefficients differ by less than they are cut to
_SMOOTHING = 1.0  # words: distances below one word count as one, so that a point on an update divides by no zero


def geometric_median(updates: Rows) -> list[int]:
    """Coefficients `floor(n 2**16 b_i)` of the smoothed geometric median `sum_i b_i u_i`.

    `b_i = 1 / max(|u_i - v|, 1 word)`, normalised, then `v = sum_i b_i u_i`: 64 times, from the mean of the majority
    around the update that is nearest to all. (From the mean of all, a pass would take it no more than f / (n - f) of
    the way back from far lies.) The point stays in the span of the updates, so only b is kept, and
    `|u_i - v|**2 = sum_j b_j D_ij - sum_jk b_j b_k D_jk / 2` over the squared distances D, which are exact. Each step
    after them is one float64 operation a number, in the order written here, or a correctly rounded sum (`math.fsum`):
    the same bits on every machine. Coefficients are cut and never rounded up: who is far enough away has none.

    Assumes at most f of n >= 2f + 1 participants lie: then it stays within a bounded multiple of the honest updates'
    scatter, however far the others go. It does not tell many close lies from honest updates. Every update counts
    the same here, where the paper weighs it by its examples: a participant could raise those.
    The chain proves the sum under the coefficients that a proposal binds, not the coefficients.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.

    Raises:
        ShapeMismatch: not int32 `[n, d]`, or no row.

    Source: RFA, Algorithm 2 (smoothed Weiszfeld) of Pillutla et al. 2022, https://arxiv.org/abs/1912.13445

    >>> geometric_median(np.array([[0, 0], [3, 4], [3, 4]], np.int32))
    [19660, 88473, 88473]
    """
    distances = squared_distances(updates).astype(np.float64)  # [n, n], each the float64 nearest to the integer
    parts = _start(distances)
    for _ in range(_PASSES):
        nearness = 1.0 / np.maximum(np.sqrt(_squares_from(distances, parts)), _SMOOTHING)
        total = math.fsum(nearness.tolist())
        parts = nearness / total
    return [int(part) for part in np.floor(nearness * (len(parts) * WHOLE) / total).tolist()]


def _start(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Equal parts of the majority that lies nearest to the update with the least sum of distances; ties by index."""
    n = len(distances)
    sums = [math.fsum(row) for row in np.sqrt(distances).tolist()]
    centre = distances[sums.index(min(sums))].tolist()
    parts = np.zeros(n)
    parts[sorted(range(n), key=lambda i: (centre[i], i))[: n // 2 + 1]] = 1 / (n // 2 + 1)
    return parts


def _squares_from(distances: NDArray[np.float64], parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distance of each update from the point: `[n]`, at least 0."""
    towards = np.zeros(len(parts))
    for row, part in zip(distances, parts.tolist(), strict=True):
        towards += row * part
    spread = math.fsum((towards * parts).tolist())
    squares: NDArray[np.float64] = np.maximum(towards - spread / 2, 0.0)
    return squares
