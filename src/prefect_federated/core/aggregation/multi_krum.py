"""Multi-Krum: keep the updates that lie closest to their neighbours, decided in integers."""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.distances import squared_distances
from prefect_federated.core.aggregation.sorted_columns import Rows
from prefect_federated.core.errors import SpecError


def multi_krum(updates: Rows, f: int, m: int) -> NDArray[np.bool_]:
    """Choose the m updates with the lowest scores.

    `score_i = sum of the n - f - 2 smallest |u_i - u_j|**2, j != i`; of equal scores the lower index wins.
    The result is weight 1 or 0 a participant; the aggregate is the mean of the chosen. Assumes at most f of
    n >= 2f + 3 participants lie, and honest updates that scatter little around their mean; strongly skewed
    data break the second, and honest outliers are left out.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.
        f: participants that may lie.
        m: updates to keep, 1 to n - f; 1 is Krum.

    Returns:
        bool `[n]`, True for the m chosen.

    Raises:
        SpecError: n, f and m do not fit together.
        ShapeMismatch: not int32 `[n, d]`, or no row.

    Source: sections 4 and 5 of Blanchard et al. 2017, https://arxiv.org/abs/1703.02757

    >>> multi_krum(np.array([[0], [1], [2], [3], [90]], np.int32), f=1, m=3)
    array([ True,  True,  True, False, False])
    """
    n = len(updates)
    check_krum(n, f, m)
    scores = krum_scores(updates, f)
    chosen = np.zeros(n, np.bool_)
    chosen[sorted(range(n), key=lambda i: (scores[i], i))[:m]] = True
    return chosen


def krum_scores(updates: Rows, f: int) -> list[int]:
    """Score of each update: the sum of its n - f - 2 smallest squared distances to the others.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.
        f: participants that may lie.

    >>> krum_scores(np.array([[0], [1], [2], [3], [90]], np.int32), f=1)
    [5, 2, 2, 5, 15313]
    """
    distances = squared_distances(updates)
    nearest = len(updates) - f - 2
    return [sum(sorted(row[:i] + row[i + 1 :])[:nearest]) for i, row in enumerate(distances.tolist())]


def check_krum(n: int, f: int, m: int) -> None:
    """Refuse a rule that n updates cannot serve; called when a task is created and when its cohort shrinks.

    Raises:
        SpecError: `f < 0`, `n < 2f + 3`, or m outside 1 to n - f.

    >>> check_krum(n=5, f=1, m=4)
    """
    if f < 0 or n < 2 * f + 3:
        raise SpecError(f"Multi-Krum with n={n} and f={f} cannot work; it needs f >= 0, n >= 2f + 3 = {2 * f + 3}")
    if not 1 <= m <= n - f:
        raise SpecError(f"Multi-Krum keeps m={m} of n={n} with f={f}; m lies between 1 and n - f = {n - f}")
