"""Squared Euclidean distances between all updates, as exact integers of any size.

|a - b|**2 = a.a + b.b - 2 a.b, and all a.b come from the Gram matrix
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.halves import halves
from prefect_federated.core.aggregation.sorted_columns import check_matrix

_COLUMNS = 2048  # at most halves.EXACT_COLUMNS
_SMALL_WORD = 2**21  # 2048 products of such words sum to at most 2**53


def squared_distances(matrix: NDArray[np.int32]) -> NDArray[np.object_]:
    """All pairwise squared distances, exactly.

    Args:
        matrix: int32 `[n, d]`, one update a row.

    Returns:
        Python integers `[n, n]`, zero on the diagonal.

    Raises:
        ShapeMismatch: not int32 `[n, d]`, or no row.

    >>> squared_distances(np.array([[0, 0], [3, 4]], np.int32)).tolist()
    [[0, 25], [25, 0]]
    """
    inner = gram(matrix)
    norms = inner.diagonal()
    distances: NDArray[np.object_] = norms[:, None] + norms[None, :] - 2 * inner
    return distances


def gram(matrix: NDArray[np.int32]) -> NDArray[np.object_]:
    """Inner products of all pairs of rows, exactly, as Python integers `[n, n]`.

    Words up to 2**21 are multiplied as they are. Larger ones are cut into halves; of the mixed products only
    `h_i l_j + l_i h_j` is needed, which is `(h + l)(h + l)' - hh' - ll'`: three symmetric products.

    Args:
        matrix: int32 `[n, d]`, one update a row.

    >>> gram(np.array([[1, 2], [3, -4]], np.int32)).tolist()
    [[5, -5], [-5, 25]]
    """
    check_matrix(matrix)
    n, d = matrix.shape
    small, high, low, both = np.zeros((4, n, n), np.int64)
    for at in range(0, d, _COLUMNS):
        block = matrix[:, at : at + _COLUMNS]
        if block.max() <= _SMALL_WORD and block.min() >= -_SMALL_WORD:
            small += _square(block.astype(np.float64))
            continue
        tops, bottoms = halves(block)
        high += _square(tops)
        low += _square(bottoms)
        both += _square(np.add(tops, bottoms, out=tops))
    inner: NDArray[np.object_] = (small + low).astype(object)
    inner += (both - high - low).astype(object) << 16
    inner += high.astype(object) << 32
    return inner


def _square(rows: NDArray[np.float64]) -> NDArray[Any]:
    """`rows rows'` as int64; the caller has shown that float64 holds every sum exactly."""
    return (rows @ rows.T).astype(np.int64)
