"""Noise that hides a whole silo: an update's words are held to a norm, then each gets a discrete Gaussian.

words --norm proven in integers--> within max_norm --+ noise--> noisy words --held at +-limit--> sent
    two silos' words differ by 2 max_norm at most; RDP(order) = order (2 / noise_multiplier)^2 / 2

In a sum under masks everybody adds a part of the noise instead (`part_of`), large enough if only the fewest are left,
and `parts_cost` says what the sum gives away. Sums of discrete Gaussians are not discrete Gaussian, but at these sigmas
closer to one than any double could tell. Skellam noise sums exactly, but costs more at the same variance and needs
exact Poisson draws with means of 10^10, so it is not offered.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.norm_bound import squared_norm
from prefect_federated.core.discrete_noise import MOST_SIGMA
from prefect_federated.core.errors import ConfigurationError, SpecError
from prefect_federated.core.privacy import ORDERS, UNIT, pack

FAR = 6  # deviations; noise goes beyond them once in 5e8 numbers

Words = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class SiloNoise:
    """Bound and noise of an update, in words: integers that every reader of the task finds in the same way."""

    bound_sq: int  # largest squared norm before noise
    sigma: int  # of the discrete Gaussian in each word

    @classmethod
    def of(cls, noise_multiplier: float, max_norm: float, frac_bits: int) -> Self:
        """floor((max_norm 2^frac_bits)^2) and ceil(noise_multiplier max_norm 2^frac_bits): rounded to the safe side.

        Raises:
            SpecError: the norm is below one word, or sigma above what can be drawn.

        >>> SiloNoise.of(4.0, 1.5, 16)
        SiloNoise(bound_sq=9663676416, sigma=393216)
        """
        norm = Fraction(max_norm) * (1 << frac_bits)
        bound_sq, sigma = math.floor(norm * norm), math.ceil(norm * Fraction(noise_multiplier))
        if not bound_sq or sigma > MOST_SIGMA:
            raise SpecError(
                f"max_norm {max_norm:g} with noise_multiplier {noise_multiplier:g} is a norm of {float(norm):.4g} words"
                f" and noise of {sigma}; the norm must reach 1 word, the noise at most {MOST_SIGMA}: change frac_bits,"
                " max_norm or noise_multiplier"
            )
        return cls(bound_sq, sigma)

    @property
    def most_word(self) -> int:
        """The largest magnitude that a noisy word has but for once in 5e8 words."""
        return math.isqrt(self.bound_sq) + FAR * self.sigma

    def most_norm(self, count: int) -> int:
        """The largest norm, in words, that `count` noisy words have but for once in 6e7 updates: by ||n|| <= sigma
        (sqrt(count) + t) but for e^(-t^2 / 2).

        >>> SiloNoise(100, 3).most_norm(16)
        41
        """
        return math.isqrt(self.bound_sq) + self.sigma * (math.isqrt(count - 1) + 1 + FAR) + 1

    def held(self, words: Words) -> Words:
        """The words, shortened where their exact squared norm passes the bound: scaled in doubles, cut towards 0.

        Rounding to words can lengthen a clipped update; cutting cannot. A scale that a double rounds up is seen by the
        exact norm, and lowered.

        >>> SiloNoise(100, 3).held(np.array([9, -9, 0], np.int32))
        array([ 7, -7,  0], dtype=int32)
        """
        exact, held, scale = squared_norm(words), words, 1.0
        while exact > self.bound_sq:
            scale *= math.sqrt(self.bound_sq / exact) * (1 - 2.0**-50)
            held = np.trunc(words * scale).astype(np.int32)
            exact = squared_norm(held)
        return held

    def added(self, words: Words, noise: NDArray[np.int64], limit: int) -> tuple[Words, int]:
        """Words plus noise, int32 `[d]`, and how many were held at the limit: what is cut after noise tells no more.

        Raises:
            ConfigurationError: the words are longer than the noise was reckoned for.

        >>> SiloNoise(100, 3).added(np.array([7, -7], np.int32), np.array([2, -4]), 10)
        (array([  9, -10], dtype=int32), 1)
        """
        if (exact := squared_norm(words)) > self.bound_sq:
            raise ConfigurationError(
                f"an update of squared norm {exact} words is to get noise that hides {self.bound_sq}; shorten it first"
                " (`SiloNoise.held`)"
            )
        noisy = words + noise
        over = int(np.count_nonzero(np.abs(noisy) > limit))
        return np.clip(noisy, -limit, limit).astype(np.int32), over


def participant_cost(noise_multiplier: float) -> int:
    """The RDP vector of one noisy update: what it reveals of all that a silo has, against any other data in its place.

    order (2 max_norm)^2 / (2 sigma^2) at each order: two updates within max_norm are at most 2 max_norm apart.

    Source: Section 2 of Canonne, Kamath and Steinke 2020, https://arxiv.org/abs/2004.00010 (no more than the
    continuous Gaussian, at every order and in any number of coordinates).

    Raises:
        ConfigurationError: the noise is not above 0.

    >>> from prefect_federated.core.privacy import unpack
    >>> [round(nats, 6) for nats in unpack(participant_cost(10.0))]
    [0.05, 0.08, 0.1, 0.16, 0.2, 0.4, 0.64, 1.28]
    """
    _require_noise(noise_multiplier)
    return row_cost(noise_multiplier / 2)


def row_cost(noise_multiplier: float) -> int:
    """The RDP vector of one release with discrete Gaussian noise: order / (2 noise_multiplier^2) at each order.

    Args:
        noise_multiplier: sigma over the L2 distance by which what is hidden moves the release: a row that is there or
            is not, in a statistics round.

    Same source as `participant_cost`. No sampling: every row is in.

    Raises:
        ConfigurationError: the noise is not above 0.

    >>> row_cost(5.0) == participant_cost(10.0)
    True
    """
    _require_noise(noise_multiplier)
    scale = 1 / noise_multiplier
    return pack([max(order * scale * scale / 2, UNIT) for order in ORDERS])


def _require_noise(noise_multiplier: float) -> None:
    if not noise_multiplier > 0:
        raise ConfigurationError(
            f"noise multiplier {noise_multiplier} must be above 0; mend the task's privacy, or leave it out"
        )


def part_of(sigma: int, fewest: int) -> int:
    """Sigma of each participant's part, ceil(sigma / sqrt(fewest)): so many parts together have sigma or more.

    Args:
        sigma: that the sum shall have, in words.
        fewest: honest parts that are in the sum at least: dropouts, and who tells its noise to others, do not count.

    Raises:
        ConfigurationError: nobody is left.

    >>> part_of(100, 4), part_of(100, 5)
    (50, 45)
    """
    if fewest < 1:
        raise ConfigurationError(f"noise is split over {fewest} participants at least; it takes one or more")
    root = math.isqrt((sigma * sigma - 1) // fewest)
    return root + 1


def parts_cost(part: int, parts: int, distance: float, count: int) -> int:
    """The RDP vector of an exact sum in which so many participants added a part: order D^2 / (2 n part^2) + tau d.

    tau = 10 sum over k = 1 .. n - 1 of exp(-2 pi^2 part^2 k / (k + 1)) is how far such a sum is from one discrete
    Gaussian; from a sigma of 3 words on it is below a unit of the vector for a model of any size.

    Source: Proposition 14 of Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387

    Args:
        part: sigma of each part, words; 1 or more.
        parts: n, participants whose parts are in the sum and unknown to who looks at it.
        distance: D, L2 distance in words by which one silo can move the sum; twice its largest norm where its data are
            replaced.
        count: d, numbers in the sum.

    Raises:
        ConfigurationError: there is no part, or no noise in it.

    >>> parts_cost(50, 4, 200.0, 10) == participant_cost(1.0)
    True
    """
    if part < 1 or parts < 1:
        raise ConfigurationError(f"{parts} parts of sigma {part} words hide nothing; it takes one or more of each")
    tau = 10 * sum(math.exp(-2 * (math.pi * part) ** 2 * k / (k + 1)) for k in range(1, parts))
    ratio = distance * distance / (parts * part * part)
    return pack([max(order * ratio / 2 + tau * count, UNIT) for order in ORDERS])
