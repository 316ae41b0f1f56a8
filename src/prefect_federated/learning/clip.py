"""Clip an update to an L2 bound, so that one participant moves the model only so far.

Source: Algorithm 1 of McMahan et al. 2018, Learning Differentially Private Recurrent Language Models,
https://arxiv.org/abs/1710.06963 (clipping of a participant's whole update)
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import NonFiniteUpdate


@dataclass(frozen=True, slots=True)
class Clipped:
    """An update within its bound, and what it took."""

    delta: NDArray[np.float32]
    norm: float  # before clipping
    factor: float  # 1.0 where nothing was cut


def clip(delta: NDArray[np.float32], bound: float) -> Clipped:
    """Scale an update to norm `bound` if it is longer: delta * min(1, bound / ||delta||).

    Args:
        delta: trained minus base, float32 [d].
        bound: largest L2 norm; the norm is taken in float64.

    Raises:
        NonFiniteUpdate: the update holds NaN or infinity.

    >>> clip(np.array([3.0, 4.0], np.float32), 2.5)
    Clipped(delta=array([1.5, 2. ], dtype=float32), norm=5.0, factor=0.5)
    """
    exact = delta.astype(np.float64)
    norm = math.sqrt(float(exact @ exact))
    if not math.isfinite(norm):
        bad = ~np.isfinite(delta)
        first = int(bad.argmax())
        raise NonFiniteUpdate(
            f"{int(bad.sum())} of {delta.size} numbers of the update are NaN or infinite, the first is"
            f" {float(delta[first])} at index {first}; lower the learning rate or check the data"
        )
    factor = 1.0 if norm <= bound else bound / norm
    return Clipped((exact * factor).astype(np.float32), norm, factor)


def norm_bound_words(bound: float, count: int, frac_bits: int) -> int:
    """An integer norm that no honestly clipped and rounded update exceeds, in words, and hardly more.

    ||q|| <= bound * 2^frac_bits * (1 + 2^-20) + sqrt(count) / 2. Rounding to words moves each of the `count` numbers by
    half a word at most, and a limit only shortens. What `clip` rounds is within the 2^-20: each number by 2^-24 of
    itself in float32, the norm by count * 2^-54 in float64, which is 2^-23 for the largest payload, and the factor by
    less than 2^-50. Decided in exact fractions, so no bound is too large for it.

    >>> norm_bound_words(1.0, 4, 8)
    258
    """
    exact = Fraction(bound) * (1 << frac_bits) * (1 + Fraction(1, 2**20))
    return math.floor(exact + Fraction(math.sqrt(count)) / 2) + 1
