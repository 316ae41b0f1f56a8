"""Coordinate-wise trimmed mean, as integers."""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.sorted_columns import Rows, check_rows, sorted_columns
from prefect_federated.core.errors import SpecError


def trimmed_mean(updates: Rows, trim: int) -> NDArray[np.int32]:
    """Of each coordinate, leave out the `trim` lowest and highest values; floor of the mean of the rest.

    `floor(sum of the middle n - 2 trim / (n - 2 trim))`, towards minus infinity as Python's `//`. Assumes at
    most `trim` participants lie. Weights are not used, since a participant could raise its own.

    Args:
        updates: int32 `[n, d]`, one update a row, or n of int32 `[d]`.
        trim: values left out at each end, with `n > 2 * trim`.

    Raises:
        SpecError: nothing would be left.
        ShapeMismatch: not int32 `[n, d]`, or no row.

    Source: Definition 2 of Yin et al. 2018, https://arxiv.org/abs/1803.01498

    >>> trimmed_mean(np.array([[1], [2], [3], [-1000]], np.int32), trim=1)
    array([1], dtype=int32)
    """
    n = len(updates)
    check_trim(n, trim)
    rows = check_rows(updates)
    result = np.empty(rows[0].size, np.int32)
    for columns, ascending in sorted_columns(rows):
        kept = ascending[:, trim : n - trim]
        result[columns] = kept.sum(axis=1, dtype=np.int64) // kept.shape[1]
    return result


def check_trim(n: int, trim: int) -> None:
    """Refuse a rule that n updates cannot serve; called when a task is created and when its cohort shrinks.

    Raises:
        SpecError: `trim < 0` or `n <= 2 * trim`.

    >>> check_trim(n=5, trim=2)
    """
    if trim < 0 or n <= 2 * trim:
        raise SpecError(f"trimmed mean of n={n} updates cannot lose trim={trim} at each end; n > 2 * trim >= 0")
