"""Inner product of two updates, exactly."""

import numpy as np

from prefect_federated.core.aggregation.halves import EXACT_COLUMNS, EXACT_SQUARES, halves
from prefect_federated.core.aggregation.vector import Vector


def inner_product(one: Vector, other: Vector) -> int:
    """Sum of the products word by word, however large, as a Python integer.

    Args:
        one: int32 `[d]`.
        other: int32 `[d]`.

    >>> inner_product(np.array([3, -(2**31)], np.int32), np.array([2, -(2**31)], np.int32)) == 6 + 2**62
    True
    """
    total = 0  # where both sums of squares are exact, so is that of the products: 2 |a.b| <= a.a + b.b
    for at in range(0, one.size, EXACT_COLUMNS):
        left, right = one[at : at + EXACT_COLUMNS], other[at : at + EXACT_COLUMNS]
        a, b = left.astype(np.float64), right.astype(np.float64)
        if max(a @ a, b @ b) < EXACT_SQUARES:
            total += int(a @ b)
            continue
        (high, low), (top, bottom) = halves(left), halves(right)
        mixed = int(high @ bottom) + int(low @ top)
        total += (int(high @ top) << 32) + (mixed << 16) + int(low @ bottom)
    return total
