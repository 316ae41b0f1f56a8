"""What training costs: the chain's sum and opacus' own accountant agree."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opacus.accountants import RDPAccountant
from opacus.accountants.analysis.rdp import get_privacy_spent

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.privacy import NO_BOUND, ORDERS, UNIT, add, covers, epsilon_of, lanes, limit_of, unpack
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.accountant import Sampling, charged, cost_of, floor_of, own_cost
from prefect_federated.learning.tabular import TabularClassifier

PRIVACY = PrivacySpec(noise_multiplier=1.0, max_grad_norm=1.0)
Rounds = list[tuple[float, Sampling]]

sampling = st.builds(Sampling, st.floats(0.001, 1), st.integers(1, 60))
histories = st.lists(st.tuples(st.floats(0.7, 20), sampling), min_size=1, max_size=12)


def ours(rounds: Rounds) -> int:
    spent = 0
    for noise, one in rounds:
        spent = add(spent, cost_of(noise, one))
    return spent


def theirs(rounds: Rounds, delta: float) -> float:
    accountant = RDPAccountant()
    for noise, one in rounds:
        for _ in range(one.steps):
            accountant.step(noise_multiplier=noise, sample_rate=one.rate)
    return accountant.get_epsilon(delta, alphas=list(ORDERS))


@pytest.mark.parametrize("delta", [1e-3, 1e-5, 1e-8])
def test_sixteen_rounds_added_up_give_the_epsilon_of_opacus(delta: float) -> None:
    rounds = [(0.8 + 0.1 * number, Sampling(1 / (3 + 2 * number), 4 * (3 + 2 * number))) for number in range(16)]
    assert epsilon_of(ours(rounds), delta) == pytest.approx(theirs(rounds, delta), abs=1e-6)
    assert epsilon_of(ours(rounds), delta) >= theirs(rounds, delta) - 1e-12


@given(histories, st.floats(1e-9, 0.01))
@settings(max_examples=25, deadline=None)
def test_any_history_added_up_gives_the_epsilon_of_opacus(rounds: Rounds, delta: float) -> None:
    vector, expected = ours(rounds), max(0.0, theirs(rounds, delta))
    if NO_BOUND in lanes(vector):  # opacus goes on where a lane ends, so it may know more
        assert epsilon_of(vector, delta) >= expected - 1e-12
    else:
        assert expected - 1e-12 <= epsilon_of(vector, delta) <= expected + 1e-6


@pytest.mark.parametrize(("epsilon", "delta"), [(1.0, 1e-5), (3.0, 1e-6), (0.5, 1e-3), (8.0, 1e-5)])
def test_limit_is_the_epsilon_of_opacus_at_each_order(epsilon: float, delta: float) -> None:
    for order, nats in zip(ORDERS, unpack(limit_of(epsilon, delta)), strict=True):
        if nats:
            least, _ = get_privacy_spent(orders=[order], rdp=[nats], delta=delta)
            most, _ = get_privacy_spent(orders=[order], rdp=[nats + 2 * UNIT], delta=delta)
            assert least <= epsilon < most
        else:
            assert get_privacy_spent(orders=[order], rdp=[UNIT], delta=delta)[0] > epsilon


def test_gaussian_mechanism_without_sampling_costs_what_the_formula_says() -> None:
    expected = [3 * order / (2 * 4.0**2) for order in ORDERS]
    assert unpack(cost_of(4.0, Sampling(1.0, 3))) == pytest.approx(expected, abs=UNIT)


@given(st.floats(1e-9, 1), st.floats(0.01, 1e4), st.integers(1, 10**6))
@example(2.8118126482464386e-08, 1659.8197620724989, 1)  # opacus finds less than 0
@settings(max_examples=200, deadline=None)
def test_anything_read_costs_something_and_noise_never_makes_it_dearer(rate: float, noise: float, steps: int) -> None:
    cost = cost_of(noise, Sampling(rate, steps))
    assert min(lanes(cost)) >= 1
    assert covers(add(cost, (2**256 - 1) // NO_BOUND), cost_of(2 * noise, Sampling(rate, steps)))


def test_no_step_costs_nothing() -> None:
    assert cost_of(1.0, Sampling(0.5, 0)) == 0


def test_hardly_any_noise_is_no_bound() -> None:
    assert epsilon_of(cost_of(1e-3, Sampling(1.0, 10)), 1e-5) == math.inf


@pytest.mark.parametrize(
    ("noise", "rate", "steps"), [(0, 0.5, 1), (-1, 0.5, 1), (math.nan, 0.5, 1), (1, 0, 1), (1, 1.1, 1), (1, 0.5, -1)]
)
def test_impossible_training_has_no_price(noise: float, rate: float, steps: int) -> None:
    with pytest.raises(ConfigurationError, match=f"noise multiplier {noise} must be above 0, sampling rate {rate}"):
        cost_of(noise, Sampling(rate, steps))


def test_small_silo_pays_more_than_the_floor_and_the_largest_pays_it(plan: TabularClassifier) -> None:
    floor = floor_of(plan, PRIVACY, 1000)
    assert own_cost(plan, PRIVACY, 1000) == charged(plan, PRIVACY, 1000, floor) == floor
    small = charged(plan, PRIVACY, 40, floor)
    assert small == own_cost(plan, PRIVACY, 40) and covers(small, floor) and small != floor


def test_silo_with_more_rows_than_count_pays_the_floor_all_the_same(plan: TabularClassifier) -> None:
    floor = floor_of(plan, PRIVACY, 1000)
    assert not covers(own_cost(plan, PRIVACY, 50_000), floor)
    assert charged(plan, PRIVACY, 50_000, floor) == floor


def test_plan_samples_its_batch_size_on_average(plan: TabularClassifier) -> None:
    assert plan.sampling(80) == Sampling(0.1, 6 * 10)
    assert plan.sampling(81) == Sampling(8 / 81, 6 * 11)
    assert plan.sampling(8) == plan.sampling(1) == Sampling(1.0, 6)
    steps = [plan.sampling(rows).steps / 6 for rows in range(1, 3000)]
    assert steps == np.ceil(np.arange(1, 3000) / 8).tolist()
    with pytest.raises(ConfigurationError, match="0 rows cannot be sampled"):
        plan.sampling(0)
