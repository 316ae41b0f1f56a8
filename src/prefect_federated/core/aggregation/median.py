"""Coordinate-wise median, as integers."""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.sorted_columns import sorted_columns


def coordinate_median(matrix: NDArray[np.int32]) -> NDArray[np.int32]:
    """Median of each coordinate; of an even number of updates, the floor of the mean of the two middle ones.

    Assumes fewer than half of the participants lie: then every coordinate lies within the honest values.
    Weights are not used, since a participant could raise its own.

    Args:
        matrix: int32 `[n, d]`, one update a row.

    Raises:
        ShapeMismatch: not int32 `[n, d]`, or no row.

    Source: Definition 1 of Yin et al. 2018, https://arxiv.org/abs/1803.01498

    >>> coordinate_median(np.array([[1, 9], [4, -3], [100, -4]], np.int32))
    array([ 4, -3], dtype=int32)
    >>> coordinate_median(np.array([[1, -2], [2, -1]], np.int32))
    array([ 1, -2], dtype=int32)
    """
    n = matrix.shape[0]
    result = np.empty(matrix.shape[1:], np.int32)
    for columns, ascending in sorted_columns(matrix):
        low, high = ascending[:, (n - 1) // 2], ascending[:, n // 2]
        result[columns] = (low.astype(np.int64) + high) >> 1
    return result
