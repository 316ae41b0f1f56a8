"""Squared Euclidean distances between all updates, as exact integers of any size.

|a - b|**2 = a.a + b.b - 2 a.b, and all a.b come from the Gram matrix

rows --some columns at a time, as float64--> products, exact while below 2**52 --int64 over 512 of them--> integers
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.halves import EXACT_SQUARES, halves
from prefect_federated.core.aggregation.sorted_columns import Rows, check_rows
from prefect_federated.core.aggregation.vector import Vector

_COLUMNS = 16_384  # at most; as many as the words of a few hundred updates make 16 MiB of float64
_FEWEST_COLUMNS = 1_024  # larger words are cut into halves; at most halves.EXACT_COLUMNS
_WORDS = 2**21
_BLOCKS = 512  # sums of so many numbers below 2**53 stay below 2**62

Products = NDArray[np.float64]


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

    Columns are multiplied as they are where no row's sum of squares reaches 2**52: then no sum of products does
    either, whatever the order of additions, since `2 |a.b| <= a.a + b.b` over any part of the columns. Where one
    does, fewer columns are taken from there on. Words too large for that are cut into halves; of the mixed products
    only `h_i l_j + l_i h_j` is needed, which is `(h + l)(h + l)' - hh' - ll'`: three symmetric products.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.

    >>> gram(np.array([[1, 2], [3, -4]], np.int32)).tolist()
    [[5, -5], [-5, 25]]
    """
    rows = check_rows(updates)
    n = len(rows)
    inner: NDArray[np.object_] = np.zeros((n, n), object)
    sums = np.zeros((3, n, n), np.int64)  # to be shifted by 0, 16 and 32 bits
    for count, products in enumerate(_products(rows), 1):
        for place, product in enumerate(products):
            sums[place] += product.astype(np.int64)
        if not count % _BLOCKS:
            inner += _joined(sums)
            sums.fill(0)
    inner += _joined(sums)
    return inner


def _products(rows: Sequence[Vector]) -> Iterator[tuple[Products, ...]]:
    """Some columns after the other: their products as they are, or the three of their halves."""
    n, d = len(rows), rows[0].size
    width = max(_FEWEST_COLUMNS, min(_COLUMNS, 1 << (_WORDS // n).bit_length() - 1))
    block = np.empty(n * min(width, d))
    at = 0
    while at < d:
        parts = [row[at : min(at + width, d)] for row in rows]
        words = block[: n * parts[0].size]
        np.concatenate(parts, out=words)
        products = _square(words.reshape(n, -1))
        if products.diagonal().max() < EXACT_SQUARES:
            yield (products,)
        elif width > _FEWEST_COLUMNS:
            width //= 4
            continue
        else:
            yield _of_halves(np.stack(parts))
        at += parts[0].size


def _of_halves(words: NDArray[np.int32]) -> tuple[Products, ...]:
    """`ll'`, `hl' + lh'` and `hh'`; each is far below 2**53 over so few columns."""
    high, low = halves(words)
    highs, lows = _square(high), _square(low)
    return lows, _square(np.add(high, low, out=high)) - highs - lows, highs


def _joined(sums: NDArray[np.int64]) -> NDArray[np.object_]:
    small, mixed, large = (part.astype(object) for part in sums)
    joined: NDArray[np.object_] = small + (mixed << 16) + (large << 32)
    return joined


def _square(rows: NDArray[np.float64]) -> NDArray[Any]:
    """`rows rows'`, which numpy works out once for both halves of the result."""
    return rows @ rows.T
