"""Squared Euclidean distances between all updates, as exact integers of any size.

|a - b|**2 = a.a + b.b - 2 a.b, and all a.b come from the Gram matrix

rows --blocks of 4096 columns, as float64--> products, exact while below 2**52 --int64 over 512 blocks--> integers
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.halves import EXACT_SQUARES, halves
from prefect_federated.core.aggregation.sorted_columns import Rows, check_rows

_COLUMNS = 4096  # at most halves.EXACT_COLUMNS
_BLOCKS = 512  # sums of so many numbers below 2**53 stay below 2**62


def squared_distances(updates: Rows) -> NDArray[np.object_]:
    """All pairwise squared distances, exactly.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.

    Returns:
        Python integers `[n, n]`, zero on the diagonal.

    Raises:
        ShapeMismatch: not int32 `[n, d]`, or no row.

    >>> squared_distances(np.array([[0, 0], [3, 4]], np.int32)).tolist()
    [[0, 25], [25, 0]]
    """
    inner = gram(updates)
    norms = inner.diagonal()
    distances: NDArray[np.object_] = norms[:, None] + norms[None, :] - 2 * inner
    return distances


def gram(updates: Rows) -> NDArray[np.object_]:
    """Inner products of all pairs of rows, exactly, as Python integers `[n, n]`.

    A block of columns is multiplied as it is where no row's sum of squares reaches 2**52: then no sum of products
    does either, whatever the order of additions, since `2 |a.b| <= a.a + b.b` over any part of the columns. Larger
    words are cut into halves; of the mixed products only `h_i l_j + l_i h_j` is needed, which is
    `(h + l)(h + l)' - hh' - ll'`: three symmetric products.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.

    >>> gram(np.array([[1, 2], [3, -4]], np.int32)).tolist()
    [[5, -5], [-5, 25]]
    """
    rows = check_rows(updates)
    n, d = len(rows), rows[0].size
    inner: NDArray[np.object_] = np.zeros((n, n), object)
    block = np.empty(n * min(_COLUMNS, d))
    for at in range(0, d, _COLUMNS * _BLOCKS):
        small, large = _stretch(rows, range(at, min(at + _COLUMNS * _BLOCKS, d), _COLUMNS), block)
        inner += small.astype(object)
        for shift, part in large.items():
            inner += part.astype(object) << shift
    return inner


def _stretch(
    rows: Sequence[NDArray[np.int32]], starts: range, block: NDArray[np.float64]
) -> tuple[NDArray[np.int64], dict[int, NDArray[np.int64]]]:
    """Sums over some blocks of columns, that int64 holds: as they are, and by how many bits to shift them."""
    n = len(rows)
    small, high, low, both = np.zeros((4, n, n), np.int64)
    for at in starts:
        parts = [row[at : min(at + _COLUMNS, starts.stop)] for row in rows]
        words = block[: n * parts[0].size]
        np.concatenate(parts, out=words)
        products = _square(words.reshape(n, -1))
        if products.diagonal().max() < EXACT_SQUARES:
            small += products.astype(np.int64)
            continue
        tops, bottoms = halves(np.stack(parts))
        high += _square(tops).astype(np.int64)
        low += _square(bottoms).astype(np.int64)
        both += _square(np.add(tops, bottoms, out=tops)).astype(np.int64)
    return small + low, {16: both - high - low, 32: high}


def _square(rows: NDArray[np.float64]) -> NDArray[Any]:
    """`rows rows'`, which numpy works out once for both halves of the result."""
    return rows @ rows.T
