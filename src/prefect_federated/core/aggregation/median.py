"""Coordinate-wise median, as integers."""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.sorted_columns import Rows, check_rows, sorted_columns


def coordinate_median(updates: Rows) -> NDArray[np.int32]:
    """Median of each coordinate; of an even number of updates, the floor of the mean of the two middle ones.

    Assumes fewer than half of the participants lie: then every coordinate lies within the honest values.
    Weights are not used, since a participant could raise its own.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.

    Raises:
        ShapeMismatch: not int32 `[n, d]`, or no row.

    Source: Definition 1 of Yin et al. 2018, https://arxiv.org/abs/1803.01498

    >>> coordinate_median(np.array([[1, 9], [4, -3], [100, -4]], np.int32))
    array([ 4, -3], dtype=int32)
    >>> coordinate_median(np.array([[1, -2], [2, -1]], np.int32))
    array([ 1, -2], dtype=int32)
    """
    rows = check_rows(updates)
    n, result = len(rows), np.empty(rows[0].size, np.int32)
    for columns, ascending in sorted_columns(rows):
        low, high = ascending[:, (n - 1) // 2], ascending[:, n // 2]
        result[columns] = (low.astype(np.int64) + high) >> 1
    return result
