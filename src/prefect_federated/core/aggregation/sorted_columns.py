"""Columns of a matrix of updates, sorted: what median and trimmed mean have in common.

matrix [n, d] --blocks of 4096 columns, transposed--> [4096, n] --each row sorted--> rule
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ShapeMismatch

_COLUMNS = 4096  # a transposed block of 100 updates takes 1.6 MB and stays in the cache


def sorted_columns(matrix: NDArray[np.int32]) -> Iterator[tuple[slice, NDArray[np.int32]]]:
    """Yield blocks of columns and, for each coordinate, its n values in ascending order.

    Args:
        matrix: int32 `[n, d]`, one update a row.

    Yields:
        The slice of coordinates and int32 `[columns, n]`.

    >>> [(at.start, block.tolist()) for at, block in sorted_columns(np.array([[3, 1], [2, 5]], np.int32))]
    [(0, [[2, 3], [1, 5]])]
    """
    check_matrix(matrix)
    for at in range(0, matrix.shape[1], _COLUMNS):
        columns = slice(at, min(at + _COLUMNS, matrix.shape[1]))
        block = np.ascontiguousarray(matrix[:, columns].T)
        if np.shares_memory(block, matrix):  # a single column is contiguous already
            block = block.copy()
        block.sort(axis=1)
        yield columns, block


def check_matrix(matrix: NDArray[Any]) -> None:
    """Refuse what is not int32 `[n, d]` with at least one row.

    Raises:
        ShapeMismatch: another dtype, another number of dimensions, or no row.
    """
    if matrix.ndim != 2 or matrix.dtype != np.int32 or not matrix.shape[0]:
        raise ShapeMismatch(f"updates are {matrix.dtype} {list(matrix.shape)}, a rule takes int32 [n, d] with n >= 1")
