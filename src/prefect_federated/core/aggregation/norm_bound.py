"""Norm bound: an update whose Euclidean norm exceeds the task's bound is left out; decided in integers."""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.halves import EXACT_COLUMNS, EXACT_SQUARES, halves
from prefect_federated.core.aggregation.vector import Vector


def squared_norm(words: Vector) -> int:
    """Sum of the squared words, exactly, however large.

    Args:
        words: int32 `[d]`.

    >>> squared_norm(np.array([3, -4], np.int32)), squared_norm(np.full(3, -(2**31), np.int32)) == 3 * 2**62
    (25, True)
    """
    total = 0
    for at in range(0, words.size, EXACT_COLUMNS):
        part = words[at : at + EXACT_COLUMNS]
        numbers = part.astype(np.float64)
        if (squares := numbers @ numbers) < EXACT_SQUARES:
            total += int(squares)
            continue
        high, low = halves(part)
        total += (int(high @ high) << 32) + (int(high @ low) << 17) + int(low @ low)
    return total


def mean_within(total: NDArray[np.int32] | NDArray[np.int64], weight: int, norm: int) -> bool:
    """Tell whether a weighted sum could be one of vectors none of which is longer than `norm`.

    || sum of w_i x_i || <= sum of w_i || x_i || <= W norm, so of such vectors it is always true, whatever the weights:
    where it is false one of them was longer. That none was does not follow. Decided in integers.

    Args:
        total: the sum, `[d]`; a word at a time where one of them is beyond int32.
        weight: W, the sum of the weights.
        norm: in words.

    >>> mean_within(np.array([6, 8], np.int32), 2, 5), mean_within(np.array([6, 9], np.int32), 2, 5)
    (True, False)
    >>> mean_within(np.array([2**32, 0]), 1, 2**32), mean_within(np.array([2**32, 0]), 1, 2**32 - 1)
    (True, False)
    """
    narrow = total.astype(np.int32)
    fits = bool((narrow == total).all())
    squares = squared_norm(narrow) if fits else sum(word * word for word in total.tolist())
    return squares <= (weight * norm) ** 2


def within(words: Vector, limit_sq: int) -> bool:
    """Tell whether the squared norm is at most `limit_sq`.

    Bounds how far one participant moves a mean: by at most its share of the weights times the bound. It does
    not tell a lying update of ordinary length from an honest one.

    Args:
        words: int32 `[d]`.
        limit_sq: squared bound in squared words, an exact integer named in the task spec.

    Source: norm thresholding, section 4 of Sun et al. 2019, https://arxiv.org/abs/1911.07963

    >>> within(np.array([3, -4], np.int32), 25), within(np.array([3, -4], np.int32), 24)
    (True, False)
    """
    return squared_norm(words) <= limit_sq
