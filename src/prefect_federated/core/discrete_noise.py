"""The discrete Gaussian, drawn exactly: whole numbers x with P(x) ~ exp(-x^2 / (2 sigma^2)), from random bits alone.

random words --uniform below m, Bernoulli(exp(-n / m))--> k, u, sign --x = +-(k sigma + u)--> integers [n]

With 0 <= u < sigma every x >= 0 is k sigma + u in one way, and x^2 / (2 sigma^2) = k^2 / 2 + k u / sigma +
u^2 / (2 sigma^2): k is drawn by the first term, u evenly, and both are kept by the other two. Each choice compares a
uniform whole number below 2^63 with another, so no logarithm, table or float stands between the bits and the
distribution: its distance from the formula is 0, and nothing is added to a delta.

Sources: Bernoulli(exp(-gamma)) is Algorithm 1 of Canonne, Kamath and Steinke 2020, https://arxiv.org/abs/2004.00010;
the split into k and u is Algorithm D of Karney 2016, https://arxiv.org/abs/1303.6257, in place of their Algorithm 3,
whose rationals outgrow 64 bits. Both are exact; tests hold this one to the formula and to their Algorithm 3.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError

MOST_SIGMA = 2**31 - 1  # 2 sigma^2 stays below 2^63
_BLOCK = 1 << 16  # candidates at a time; another size would be another use of the same bits

Words = NDArray[np.uint64]
Draw = Callable[[int], Words]  # so many uniform words of 64 bits, each asked for once


def discrete_gaussian(sigma: int, count: int, draw: Draw) -> NDArray[np.int64]:
    """Independent discrete Gaussians, int64 `[count]`; the same words give the same numbers on every machine.

    How many words it takes depends on what is drawn: its time tells a little of the noise to who can measure it.

    Args:
        sigma: the formula's, 1 to 2^31 - 1; the deviation is below it by less than 1e-15 of it.

    Raises:
        ConfigurationError: sigma is out of range.

    >>> rng = np.random.default_rng(5)
    >>> discrete_gaussian(1000, 4, lambda n: rng.integers(0, 2**64, n, np.uint64)).tolist()
    [406, 651, -1719, -531]
    """
    if not 1 <= sigma <= MOST_SIGMA:
        raise ConfigurationError(
            f"sigma of discrete noise is {sigma} words, it must be 1 to {MOST_SIGMA}; take more or fewer frac_bits, or"
            " another noise_multiplier or max_norm"
        )
    drawn, have = np.empty(count, np.int64), 0
    while have < count:
        found = _candidates(sigma, min(count - have, _BLOCK), draw)
        drawn[have : have + found.size] = found
        have += found.size
    return drawn


def _candidates(sigma: int, count: int, draw: Draw) -> NDArray[np.int64]:
    """What is kept of so many tries."""
    k = _steps(count, draw)
    u = _below(sigma, k.size, draw)
    kept = _coins(u * u, 2 * sigma * sigma, draw)  # u^2 / (2 sigma^2)
    k, u = k[kept], u[kept]
    kept = _all_heads(u, sigma, k, draw)  # k u / sigma
    k, u = k[kept], u[kept]
    found = (k * np.uint64(sigma) + u).astype(np.int64)
    minus = _below(2, found.size, draw) == 1
    once = ~(minus & (found == 0))  # 0 has one sign
    found[minus] *= -1
    signed: NDArray[np.int64] = found[once]
    return signed


def _steps(count: int, draw: Draw) -> Words:
    """Numbers k >= 0 with P(k) ~ exp(-k^2 / 2): heads of exp(-1/2) in a row, kept with exp(-k (k - 1) / 2)."""
    k, going = np.zeros(count, np.uint64), np.arange(count)
    while going.size:
        going = going[_coins(np.ones(going.size, np.uint64), 2, draw)]
        k[going] += np.uint64(1)
    return k[_all_heads(np.ones(count, np.uint64), 2, k * (k - np.minimum(k, np.uint64(1))), draw)]


def _all_heads(numerators: Words, denominator: int, tosses: Words, draw: Draw) -> NDArray[np.bool_]:
    """Whether all tosses of a coin of exp(-numerator / denominator) fall on heads, bool `[n]`; no toss is heads."""
    heads, going, tossed = np.ones(tosses.size, np.bool_), np.flatnonzero(tosses), 0
    while going.size:
        fell = _coins(numerators[going], denominator, draw)
        heads[going[~fell]] = False
        tossed += 1
        going = going[fell & (tosses[going] > tossed)]
    return heads


def _coins(numerators: Words, denominator: int, draw: Draw) -> NDArray[np.bool_]:
    """True with probability exp(-numerator / denominator), 0 <= numerator <= denominator, bool `[n]`.

    The first of Bernoulli(gamma / 1), Bernoulli(gamma / 2), ... to fail has an odd number with that probability.
    """
    odd, going, number = np.zeros(numerators.size, np.bool_), np.arange(numerators.size), 1
    while going.size:
        held = _below(denominator, going.size, draw) < numerators[going]
        if number > 1:
            held &= _below(number, going.size, draw) == 0
        odd[going[~held]] = number % 2 == 1
        going, number = going[held], number + 1
    return odd


def _below(bound: int, count: int, draw: Draw) -> Words:
    """Uniform whole numbers from 0 to bound - 1, uint64 `[count]`: words that would favour some are drawn again."""
    words, most = draw(count), 2**64 // bound * bound - 1
    over = np.flatnonzero(words > np.uint64(most))
    while over.size:
        words[over] = draw(over.size)
        over = over[words[over] > np.uint64(most)]
    return words % np.uint64(bound)
