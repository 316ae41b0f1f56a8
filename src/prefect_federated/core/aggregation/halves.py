"""Words cut into 16-bit halves, whose products float64 sums exactly.

word = 2**16 * high + low    with -2**15 <= high < 2**15 and 0 <= low < 2**16
"""

import numpy as np
from numpy.typing import NDArray

EXACT_COLUMNS = 8_192  # (high + low)**2 < 2**34, and 2**34 * 2**13 < 2**53
EXACT_SQUARES = 2.0**52  # a sum of squares below it is exact: half of 2**53, room for the rounding of what is tested


def halves(words: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """High and low halves as float64, shaped like the words.

    A sum of up to 8192 products of two numbers, each high, low or high + low, is an integer below 2**53:
    float64 gives it exactly, in whatever order a BLAS adds.

    Args:
        words: int32, any shape.

    >>> [half.tolist() for half in halves(np.array([65537, -1], np.int32))]
    [[1.0, -1.0], [1.0, 65535.0]]
    """
    return (words >> 16).astype(np.float64), (words & 0xFFFF).astype(np.float64)
