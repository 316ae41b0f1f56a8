"""Two tiers: regions sum their updates, the server adds the sums; the mean is the flat one to the last bit.

S_r = sum over silos i of region r of w_i * x_i;   aggregate = floor(sum over r of S_r / sum over r of W_r)

Sums of integers do not depend on how they are grouped, so any tree gives what one sum over all silos gives, which is
what the contract proves. Assumes that no sum leaves int64, which a task is checked for when it is made.

Source: client-edge-cloud averaging, algorithm 1 of Liu et al. 2020, https://arxiv.org/abs/1905.06641, with one edge
aggregation a round. Several of them would be another algorithm: an edge model between two rounds is on no chain.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.vector import Vector

Sums = NDArray[np.int64]
Words = NDArray[np.int32]
_BLOCK = 1 << 16


def region_sum(updates: Iterable[tuple[int, Vector]], d: int) -> Sums:
    """The sum of weight * word, int64 `[d]`.

    Args:
        updates: weight and words int32 `[d]` of each.

    >>> region_sum([(2, np.array([3, -1], np.int32)), (1, np.array([5, 0], np.int32))], d=2)
    array([11, -2])
    """
    total = np.zeros(d, np.int64)
    for weight, words in updates:
        for at in range(0, d, _BLOCK):
            total[at : at + _BLOCK] += np.multiply(words[at : at + _BLOCK], weight, dtype=np.int64)
    return total


def mean_of_sums(sums: Sequence[Sums], weight: int) -> Words:
    """floor(sum of the sums / weight), int32 `[d]`, rounded towards minus infinity.

    Args:
        sums: at least one, each int64 `[d]`.
        weight: of all updates behind them, above 0.

    Raises:
        ValueError: there is no weight to divide by.

    >>> mean_of_sums([np.array([11, -2]), np.array([1, -5])], weight=4)
    array([ 3, -2], dtype=int32)
    """
    if weight <= 0:
        raise ValueError(f"weight {weight} of {len(sums)} sums: there is nothing to average; leave the round void")
    result = np.empty(sums[0].size, np.int32)
    for at in range(0, result.size, _BLOCK):
        part = slice(at, at + _BLOCK)
        result[part] = np.floor_divide(np.sum([one[part] for one in sums], axis=0, dtype=np.int64), weight)
    return result
