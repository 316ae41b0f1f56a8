"""Bulyan: choose by Krum again and again, then trim each coordinate of the chosen; decided in integers."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.distances import squared_distances
from prefect_federated.core.aggregation.sorted_columns import Rows
from prefect_federated.core.errors import SpecError


def bulyan(updates: Rows, f: int) -> NDArray[np.bool_]:
    """Choose the n - 2f updates that Krum picks one after the other, each time among those that are left.

    With r left, `score_i = sum of the max(r - f - 2, 1) smallest |u_i - u_j|**2, j left`; the lowest score is
    chosen, of equal ones the lower index. The aggregate is the trimmed mean of the chosen, `trim = f`. It keeps an
    attacker from hiding a large change of one coordinate in a distance that looks ordinary, as Krum lets it.
    Assumes at most f of n >= 4f + 3 participants lie, and honest updates that scatter little around their mean.

    Two differences from the paper. Its second step averages, at each coordinate, the n - 4f chosen values closest
    to their median; here the f lowest and the f highest are dropped, which leaves as many and is a sum that
    `challengeSum` proves on chain from the smallest and largest value kept. And its Krum needs r >= 2f + 3, which
    its last choices no longer have: at least one neighbour is counted here. The chain proves the trimmed mean of
    those chosen, not the choice, which every reader recomputes.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.
        f: participants that may lie.

    Returns:
        bool `[n]`, True for the n - 2f chosen.

    Raises:
        SpecError: n and f do not fit together.
        ShapeMismatch: not int32 `[n, d]`, or no row.

    Source: Algorithm 2 (section 4) of El Mhamdi et al. 2018, https://arxiv.org/abs/1802.07927

    >>> bulyan(np.array([[0], [1], [2], [3], [4], [5], [90]], np.int32), f=1)
    array([ True,  True,  True,  True,  True, False, False])
    """
    n = len(updates)
    check_bulyan(n, f)
    distances = squared_distances(updates).tolist()
    near = [sorted(row[:i] + row[i + 1 :]) for i, row in enumerate(distances)]
    counted = n - f - 2
    scores = [sum(ascending[:counted]) for ascending in near]
    left, chosen = list(range(n)), np.zeros(n, np.bool_)
    for _ in range(n - 2 * f):
        best = min(left, key=lambda i: (scores[i], i))
        chosen[best] = True
        left.remove(best)
        for i in left:
            fall = _drop(near[i], distances[i][best], counted)
            scores[i] = scores[i] - fall if counted > 1 else sum(near[i][:1])
        counted = max(counted - 1, 1)
    return chosen


def check_bulyan(n: int, f: int) -> None:
    """Refuse a rule that n updates cannot serve; called when a task is created and when its cohort shrinks.

    Raises:
        SpecError: `f < 0` or `n < 4f + 3`.

    >>> check_bulyan(n=7, f=1)
    """
    if f < 0 or n < 4 * f + 3:
        raise SpecError(f"Bulyan with n={n} and f={f} cannot work; it needs f >= 0, n >= 4f + 3 = {4 * f + 3}")


def _drop(ascending: list[int], distance: int, counted: int) -> int:
    """Take a distance out; how much the sum of the first ones falls when one fewer is counted."""
    place = bisect_left(ascending, distance)
    fall = distance if place < counted else ascending[counted - 1]
    del ascending[place]
    return fall
