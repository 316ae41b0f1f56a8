"""Noise on a whole update: the words are proven short, the noise hides the rest, and the price is the known one."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opacus.accountants.analysis.rdp import compute_rdp

from prefect_federated.core.aggregation.norm_bound import squared_norm
from prefect_federated.core.discrete_noise import MOST_SIGMA, discrete_gaussian
from prefect_federated.core.errors import ConfigurationError, SpecError
from prefect_federated.core.privacy import NO_BOUND, ORDERS, UNIT, add, covers, epsilon_of, lanes, unpack
from prefect_federated.core.silo_noise import SiloNoise, part_of, participant_cost, parts_cost, row_cost
from prefect_federated.learning.secret_noise import SecretNoise

words = st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=40).map(lambda one: np.array(one, np.int32))


@given(words, st.integers(1, 2**40))
@settings(max_examples=300, deadline=None)
def test_no_word_vector_passes_the_bound_and_short_ones_are_left_alone(update: np.ndarray, bound_sq: int) -> None:
    held = SiloNoise(bound_sq, 1).held(update)
    assert held.dtype == np.int32 and squared_norm(held) <= bound_sq
    if squared_norm(update) <= bound_sq:
        assert np.array_equal(held, update)
    else:
        reach = math.sqrt(squared_norm(held))
        assert reach >= math.sqrt(bound_sq) - math.sqrt(update.size) - 1, "cut by a word a number at most"
        assert (np.sign(held) * np.sign(update) >= 0).all()


def test_rounding_that_lengthened_an_update_is_taken_back() -> None:
    """Four numbers of 0.626 become words of 0.75 at two binary digits: 1.5 in place of 1.252."""
    noise = SiloNoise.of(1.0, 1.252, 2)
    assert squared_norm(np.full(4, 3, np.int32)) > noise.bound_sq
    assert noise.held(np.full(4, 3, np.int32)).tolist() == [2] * 4


@given(words)
def test_the_next_larger_norm_is_refused_before_noise(update: np.ndarray) -> None:
    exact = squared_norm(update)
    if exact:
        SiloNoise(exact, 1).added(update, np.zeros(update.size, np.int64), 2**31 - 1)
        with pytest.raises(ConfigurationError, match=f"squared norm {exact} words .* hides {exact - 1}; shorten it"):
            SiloNoise(exact - 1, 1).added(update, np.zeros(update.size, np.int64), 2**31 - 1)


def test_noise_is_added_whole_and_what_the_limit_cuts_is_counted() -> None:
    noisy, cut = SiloNoise(25, 1).added(np.array([3, -4, 0], np.int32), np.array([2**40, -(2**40), 7]), 2**31 - 1)
    assert noisy.tolist() == [2**31 - 1, -(2**31) + 1, 7] and noisy.dtype == np.int32 and cut == 2


def test_bound_and_sigma_err_on_the_side_of_privacy() -> None:
    noise = SiloNoise.of(0.1, 0.3, 10)
    assert noise.bound_sq <= (0.3 * 1024) ** 2 < noise.bound_sq + 1
    assert noise.sigma - 1 < 0.1 * 0.3 * 1024 <= noise.sigma


def test_six_deviations_are_hardly_ever_left() -> None:
    noise = SiloNoise.of(2.0, 1.0, 16)
    drawn = discrete_gaussian(noise.sigma, 500_000, SecretNoise(bytes(32), "far").words)
    assert np.abs(drawn).max() < noise.most_word - math.isqrt(noise.bound_sq)
    for part in np.split(drawn, 500):
        far = math.isqrt(noise.bound_sq) + math.sqrt(squared_norm(part.astype(np.int32)))
        assert 0.75 * noise.most_norm(1000) < far < noise.most_norm(1000)


@pytest.mark.parametrize(
    ("multiplier", "norm", "bits", "said"),
    [(1.0, 0.4, 1, "norm of 0.8 words"), (2.0**20, 1.0, 16, f"noise of {2**36}; .* at most {MOST_SIGMA}")],
)
def test_norm_and_noise_that_words_cannot_hold_are_refused(
    multiplier: float, norm: float, bits: int, said: str
) -> None:
    with pytest.raises(SpecError, match=said):
        SiloNoise.of(multiplier, norm, bits)


# dp-accounting 0.6.0 (`rdp.RdpAccountant` at our orders, `GaussianDpEvent(multiplier / 2)` so many times): epsilon.
# Half the multiplier, since its sensitivity of 1 stands for the distance of 2 max_norm.
DP_ACCOUNTING = [
    (10.0, 1, 1e-5, 0.796980031476462),
    (20.0, 10, 1e-5, 1.396980031476462),
    (40.0, 50, 1e-6, 1.7681687205814116),
    (4.0, 1, 1e-3, 1.5562277127043775),
]


@pytest.mark.parametrize(("multiplier", "rounds", "delta", "expected"), DP_ACCOUNTING)
def test_rounds_added_up_cost_what_dp_accounting_says(
    multiplier: float, rounds: int, delta: float, expected: float
) -> None:
    spent = 0
    for _ in range(rounds):
        spent = add(spent, participant_cost(multiplier))
    assert epsilon_of(spent, delta) == pytest.approx(expected, abs=1e-6)
    assert epsilon_of(spent, delta) >= expected - 1e-12


@given(st.floats(2.0, 1e4))
def test_a_round_costs_what_opacus_says_of_noise_of_half_the_multiplier(multiplier: float) -> None:
    theirs = compute_rdp(q=1.0, noise_multiplier=multiplier / 2, steps=1, orders=list(ORDERS))
    for ours, nats in zip(unpack(participant_cost(multiplier)), theirs, strict=True):
        assert nats - 1e-12 <= ours <= nats + 2 * UNIT or (nats > 31.9 and ours == math.inf)


def test_price_is_the_divergence_of_the_very_numbers_that_are_drawn() -> None:
    """Renyi divergence of two discrete Gaussians, summed term by term: replaced data move one word by 2 max_norm."""
    noise = SiloNoise.of(4.0, 3.0, 0)
    x = np.arange(-4000, 4000).astype(np.float64)
    apart = 2 * math.isqrt(noise.bound_sq)
    for order, told in zip(ORDERS, unpack(participant_cost(4.0)), strict=True):
        here, there = (-((x - at) ** 2) / (2 * noise.sigma**2) for at in (0, apart))
        terms = order * here + (1 - order) * there
        whole = math.log(np.exp(-(x**2) / (2 * noise.sigma**2)).sum())
        found = (math.log(np.exp(terms - terms.max()).sum()) + terms.max() - whole) / (order - 1)
        assert found == pytest.approx(told, rel=1e-6)


def test_hiding_whole_silos_costs_at_least_what_a_row_in_it_would() -> None:
    """One budget counts rows and silos: a row that comes or goes is one way to replace all data."""
    twice_the_norm_apart = compute_rdp(q=1.0, noise_multiplier=5.0, steps=1, orders=list(ORDERS))
    assert all(a >= b for a, b in zip(unpack(participant_cost(10.0)), twice_the_norm_apart, strict=True))


def test_hardly_any_noise_is_no_bound_and_hardly_any_cost_is_not_nothing() -> None:
    assert lanes(participant_cost(1e-3)) == (NO_BOUND,) * 8
    assert lanes(participant_cost(1e9)) == (1,) * 8


@pytest.mark.parametrize("multiplier", [0.0, -1.0, math.nan])
@pytest.mark.parametrize("cost", [participant_cost, row_cost])
def test_what_has_no_noise_has_no_price(cost: Callable[[float], int], multiplier: float) -> None:
    with pytest.raises(ConfigurationError, match=f"noise multiplier {multiplier} must be above 0"):
        cost(multiplier)


@given(st.integers(1, MOST_SIGMA), st.integers(1, 10_000))
def test_the_fewest_parts_have_the_whole_noise_and_no_smaller_part_would_do(sigma: int, fewest: int) -> None:
    part = part_of(sigma, fewest)
    assert part * part * fewest >= sigma * sigma
    assert part == 1 or (part - 1) ** 2 * fewest < sigma * sigma


def test_sum_of_parts_hides_as_much_as_the_noise_that_was_split() -> None:
    noise = SiloNoise.of(10.0, 1.0, 16)
    part, apart = part_of(noise.sigma, 5), 2 * math.sqrt(noise.bound_sq)
    assert covers(participant_cost(10.0), parts_cost(part, 5, apart, 10**6))
    assert covers(participant_cost(10.0), parts_cost(part, 9, apart, 10**6)), "who stays adds more"
    assert not covers(participant_cost(10.0), parts_cost(part, 4, apart, 10**6)), "one dropout too many"


def test_summed_parts_have_the_deviation_that_was_asked_for() -> None:
    part = part_of(1000, 7)
    total = sum(discrete_gaussian(part, 100_000, SecretNoise(bytes([who]) * 32, "silo").words) for who in range(7))
    assert np.asarray(total).std() == pytest.approx(1000, rel=0.01)


def test_parts_of_a_word_or_two_pay_for_being_no_gaussian() -> None:
    """Proposition 14 of Kairouz, Liu and Steinke: tau is 10 e^(-pi^2 sigma^2) for two parts, times each number."""
    tau = 10 * math.exp(-(math.pi**2))
    assert unpack(parts_cost(1, 2, 1.0, 100))[0] == pytest.approx(2.5 / 4 + 100 * tau, abs=UNIT)
    exact, told = unpack(participant_cost(math.sqrt(2) * 2)), unpack(parts_cost(1, 2, 1.0, 1))
    assert all(b > a for a, b in zip(exact, told, strict=True))
    assert parts_cost(3, 10_000, 60.0, 2**31) == parts_cost(3, 10_000, 60.0, 1), "from three words on nobody notices"


@pytest.mark.parametrize(("part", "parts"), [(0, 3), (3, 0)])
def test_no_parts_have_no_price(part: int, parts: int) -> None:
    with pytest.raises(ConfigurationError, match=f"{parts} parts of sigma {part} words hide nothing"):
        parts_cost(part, parts, 1.0, 1)


def test_noise_is_not_split_over_nobody() -> None:
    with pytest.raises(ConfigurationError, match="split over 0 participants"):
        part_of(10, 0)
