"""Inner product of two updates, exactly."""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.halves import EXACT_COLUMNS, halves


def inner_product(one: NDArray[np.int32], other: NDArray[np.int32]) -> int:
    """Sum of the products word by word, however large, as a Python integer.

    Args:
        one: int32 `[d]`.
        other: int32 `[d]`.

    >>> inner_product(np.array([3, -(2**31)], np.int32), np.array([2, -(2**31)], np.int32)) == 6 + 2**62
    True
    """
    total = 0
    for at in range(0, one.size, EXACT_COLUMNS):
        (high, low), (top, bottom) = halves(one[at : at + EXACT_COLUMNS]), halves(other[at : at + EXACT_COLUMNS])
        mixed = int(high @ bottom) + int(low @ top)
        total += (int(high @ top) << 32) + (mixed << 16) + int(low @ bottom)
    return total
