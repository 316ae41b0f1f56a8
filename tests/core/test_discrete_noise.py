"""Whole-number noise: as the formula has it, from the bits alone, the same on every machine."""

import random
from fractions import Fraction
from math import exp, floor

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from prefect_federated.core.discrete_noise import MOST_SIGMA, Draw, discrete_gaussian
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.secret_noise import SecretNoise


def secret(label: str) -> Draw:
    return SecretNoise(bytes(range(32)), label).words


def told(*words: int) -> Draw:
    """Exactly these words, in this order."""
    left = list(words)
    return lambda count: np.array([left.pop(0) for _ in range(count)], np.uint64)


def expected(sigma: float, most: int) -> NDArray[np.float64]:
    """Probabilities of -most to most by the formula, float64 [2 most + 1]."""
    weights = np.array([exp(-(x * x) / (2 * sigma * sigma)) for x in range(-most, most + 1)])
    return weights / weights.sum()


def chi_square(drawn: NDArray[np.int64], sigma: float) -> float:
    """The p-value of what was drawn, of numbers that are expected five times at least; the tails are one bin each."""
    most = max(1, floor(3.5 * sigma))
    seen = np.bincount(np.clip(drawn, -most, most) + most, minlength=2 * most + 1)
    far = int(12 * sigma) + 2
    wide = expected(sigma, far)
    bins = wide[far - most : far + most + 1].copy()
    bins[0], bins[-1] = wide[: far - most + 1].sum(), wide[far + most :].sum()
    return float(stats.chisquare(seen, bins * drawn.size).pvalue)


@pytest.mark.parametrize("sigma", [1, 2, 3, 7, 40])
def test_every_number_comes_as_often_as_the_formula_says(sigma: int) -> None:
    drawn = discrete_gaussian(sigma, 400_000, secret(f"fit {sigma}"))
    assert chi_square(drawn, sigma) > 0.001
    assert chi_square(drawn, sigma * 1.02) < 1e-6, "the test would see two percent"


@pytest.mark.parametrize("sigma", [1, 3, 1000, 327_680, MOST_SIGMA])
def test_deviation_is_sigma_within_two_percent_and_signs_are_even(sigma: int) -> None:
    drawn = discrete_gaussian(sigma, 200_000, secret(f"std {sigma}"))
    assert drawn.std() == pytest.approx(sigma, rel=0.02)
    plus, minus = int((drawn > 0).sum()), int((drawn < 0).sum())
    assert stats.binomtest(plus, plus + minus).pvalue > 0.001
    assert abs(stats.skew(drawn)) < 0.02 and abs(stats.kurtosis(drawn)) < 0.05
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.01


def test_large_sigma_is_a_normal_of_its_own_deviation() -> None:
    drawn = discrete_gaussian(10**6, 200_000, secret("normal"))
    assert stats.kstest(drawn / 1e6, "norm").pvalue > 0.001
    assert stats.kstest(drawn / 1.02e6, "norm").pvalue < 1e-5, "the test would see two percent"
    assert stats.chisquare(np.bincount(drawn % 16)).pvalue > 0.001, "the last digits are as even as the first"


def test_numbers_are_those_of_algorithm_3_of_canonne_kamath_and_steinke() -> None:
    """The paper's own steps in rationals, one number at a time: both samples are of one distribution."""
    rng, sigma = random.Random(9), 3
    theirs = np.array([algorithm_3(rng, Fraction(sigma**2)) for _ in range(4000)])
    ours = discrete_gaussian(sigma, 40_000, secret("oracle"))
    table = [[int((sample == x).sum()) for x in range(-7, 8)] for sample in (ours, theirs)]
    assert stats.chi2_contingency(table).pvalue > 0.001


def algorithm_3(rng: random.Random, variance: Fraction) -> int:
    t = floor(float(variance) ** 0.5) + 1
    while True:
        u = rng.randrange(t)
        if not coin(rng, Fraction(u, t)):
            continue
        v = 0
        while coin(rng, Fraction(1)):
            v += 1
        y = u + t * v
        if rng.randrange(2):
            if not y:
                continue
            y = -y
        gap = (abs(y) - variance / t) ** 2 / (2 * variance)
        if all(coin(rng, Fraction(1)) for _ in range(floor(gap))) and coin(rng, gap - floor(gap)):
            return y


def coin(rng: random.Random, gamma: Fraction) -> bool:
    number = 1
    while rng.randrange((gamma / number).denominator) < (gamma / number).numerator:
        number += 1
    return number % 2 == 1


SENTINELS = {
    1: [-2, 0, 0, 0, 3, -1],
    1000: [-978, 937, 1000, 923, -48, 1068],
    327_680: [137218, -40504, 83537, 92938, -119480, -77104],
    MOST_SIGMA: [-976419299, -5817568667, 1547855559, -2249152940, -917704121, -2406269830],
}


@pytest.mark.parametrize("sigma", SENTINELS)
def test_same_secret_gives_these_numbers_on_every_machine(sigma: int) -> None:
    assert (
        discrete_gaussian(sigma, 100_000, secret("sentinel"))[[0, 1, 2, 65_535, 65_536, 99_999]].tolist()
        == (SENTINELS[sigma])
    )


def test_another_secret_gives_others() -> None:
    one, other = (discrete_gaussian(1000, 50_000, secret(label)) for label in ("one", "other"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


TAILS = (0, 1, 0)  # of a coin of exp(-1/2): 0 < 1 goes on to the second try, 1 ends it there, its half is not looked at
KEPT = 17  # below 18 = 2 sigma^2, and not below u^2


def test_words_that_would_favour_small_numbers_are_drawn_again() -> None:
    """2^64 is no multiple of 3: with its last word 0 would come a little oftener than 2."""
    assert discrete_gaussian(3, 1, told(*TAILS, 2**64 - 1, 5, KEPT, 1)).tolist() == [-2]


def test_minus_zero_is_no_second_zero() -> None:
    zero, plus, minus = (*TAILS, 0, KEPT), 0, 1
    assert discrete_gaussian(3, 1, told(*zero, plus)).tolist() == [0]
    assert discrete_gaussian(3, 1, told(*zero, minus, *TAILS, 1, KEPT, minus)).tolist() == [-1]


def test_a_million_numbers_take_few_words_each() -> None:
    asked = 0

    def counting(count: int) -> NDArray[np.uint64]:
        nonlocal asked
        asked += count
        return stream(count)

    stream = secret("cost")
    assert discrete_gaussian(327_680, 1_000_000, counting).size == 1_000_000
    assert asked < 22_000_000


def test_no_number_is_asked_for_and_none_is_drawn() -> None:
    assert discrete_gaussian(5, 0, told()).size == 0


@pytest.mark.parametrize("sigma", [0, -1, MOST_SIGMA + 1])
def test_impossible_sigma_is_refused(sigma: int) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"sigma of discrete noise is {sigma} words, it must be 1 to 2147483647"
    ):
        discrete_gaussian(sigma, 1, told())
