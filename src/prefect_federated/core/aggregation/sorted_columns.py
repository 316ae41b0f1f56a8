"""Columns of a matrix of updates, sorted: what median and trimmed mean have in common.

matrix [n, d] --blocks of 4096 columns, transposed--> [4096, n] --each row sorted--> rule
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.errors import ShapeMismatch

Rows = NDArray[np.int32] | Sequence[Vector]

_COLUMNS = 4096  # a transposed block of 100 updates takes 1.6 MB and stays in the cache


def sorted_columns(updates: Rows) -> Iterator[tuple[slice, NDArray[np.int32]]]:
    """Yield blocks of columns and, for each coordinate, its n values in ascending order.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`, which are never held as one matrix.

    Yields:
        The slice of coordinates and int32 `[columns, n]`.

    >>> [(at.start, block.tolist()) for at, block in sorted_columns(np.array([[3, 1], [2, 5]], np.int32))]
    [(0, [[2, 3], [1, 5]])]
    """
    rows = check_rows(updates)
    d = rows[0].size
    for at in range(0, d, _COLUMNS):
        columns = slice(at, min(at + _COLUMNS, d))
        together = np.concatenate([row[columns] for row in rows]).reshape(len(rows), -1)
        block = together.T.copy()  # faster than to gather from rows that lie far apart
        block.sort(axis=1)
        yield columns, block


def check_rows(updates: NDArray[Any] | Sequence[Vector]) -> list[Vector]:
    """The rows of what is int32 `[n, d]` with at least one row.

    Raises:
        ShapeMismatch: another dtype, another number of dimensions, rows of different lengths, or no row.
    """
    if isinstance(updates, np.ndarray) and updates.ndim != 2:
        raise ShapeMismatch(f"updates are {updates.dtype} {list(updates.shape)}, a rule takes int32 [n, d] with n >= 1")
    rows: list[Vector] = list(updates)
    kinds = {(str(row.dtype), row.shape) for row in rows}
    if len(kinds) != 1 or rows[0].dtype != np.int32 or len(rows[0].shape) != 1:
        shown = ", ".join(f"{dtype} {list(shape)}" for dtype, shape in sorted(kinds))
        raise ShapeMismatch(f"updates are {len(rows)} of {shown or 'nothing'}; a rule takes int32 [n, d] with n >= 1")
    return rows
