"""The privacy budget: nothing is rounded in favour of whoever spends it."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.privacy import (
    LANE_BITS,
    NO_BOUND,
    ORDERS,
    UNIT,
    add,
    at_least,
    covers,
    epsilon_of,
    lanes,
    limit_of,
    pack,
    unpack,
    within,
)

word = st.lists(st.one_of(st.integers(0, NO_BOUND), st.just(NO_BOUND)), min_size=8, max_size=8)
vectors = word.map(lambda values: sum(lane << LANE_BITS * place for place, lane in enumerate(values)))
nats = st.lists(st.floats(0, 64, allow_nan=False), min_size=8, max_size=8)
targets = st.tuples(st.floats(0.3, 30), st.floats(1e-12, 0.5))


@given(vectors, vectors, vectors)
def test_costs_add_up_in_any_order(a: int, b: int, c: int) -> None:
    assert add(a, b) == add(b, a)
    assert add(add(a, b), c) == add(a, add(b, c))
    assert add(a, 0) == a and covers(add(a, b), a)


@given(nats)
def test_a_cost_is_rounded_up_by_less_than_one_unit(rdp: list[float]) -> None:
    for given_, kept in zip(rdp, unpack(pack(rdp)), strict=True):
        assert given_ <= kept
        assert kept - UNIT < given_ or (kept == math.inf and given_ > (NO_BOUND - 1) * UNIT)


@given(vectors)
def test_a_vector_survives_unpacking(vector: int) -> None:
    assert pack(unpack(vector)) == vector


def test_the_first_order_lies_in_the_lowest_bits() -> None:
    for place in range(len(ORDERS)):
        assert pack([UNIT if other == place else 0 for other in range(8)]) == 1 << 32 * place


@pytest.mark.parametrize("value", [math.inf, 32.0, 1e308, (NO_BOUND - 0.5) * UNIT])
def test_what_does_not_fit_is_no_bound_and_not_a_small_one(value: float) -> None:
    assert pack([value] * 8) == 2**256 - 1
    assert lanes(pack([(NO_BOUND - 1) * UNIT] * 8)) == (NO_BOUND - 1,) * 8


@given(st.integers(0, 7))
def test_lanes_do_not_carry_into_each_other(place: int) -> None:
    full, one = NO_BOUND - 1 << LANE_BITS * place, 1 << LANE_BITS * place
    assert add(full, one) == add(full, full) == NO_BOUND << LANE_BITS * place


@given(vectors, vectors)
def test_the_raised_cost_is_the_least_that_covers_both(cost: int, floor: int) -> None:
    raised = at_least(cost, floor)
    assert covers(raised, cost) and covers(raised, floor)
    assert (raised == cost) == covers(cost, floor)


@given(vectors, vectors, vectors)
def test_who_spends_more_is_never_within_where_less_was_not(spent: int, more: int, limit: int) -> None:
    if not within(spent, limit):
        assert not within(add(spent, more), limit)


@given(vectors, targets)
def test_what_is_within_a_limit_has_at_most_its_epsilon(spent: int, target: tuple[float, float]) -> None:
    epsilon, delta = target
    try:
        limit = limit_of(epsilon, delta)
    except ConfigurationError:
        return
    assert within(limit, limit) and 0 < epsilon_of(limit, delta) <= epsilon
    if within(spent, limit):
        assert epsilon_of(spent, delta) <= epsilon


@given(targets)
@example((15.41824817314781, 2.396894025877302e-11))  # here the quotient is rounded up, and a lane would be too high
@example((14.17235567470614, 5.104143564795273e-07))
def test_each_lane_of_a_limit_keeps_it_by_itself(target: tuple[float, float]) -> None:
    try:
        limit = limit_of(*target)
    except ConfigurationError:
        return
    for place, nats in enumerate(unpack(limit)):
        if nats:
            alone = pack([nats if other == place else math.inf for other in range(8)])
            assert epsilon_of(alone, target[1]) <= target[0]


@given(targets)
def test_one_unit_above_the_limit_in_all_lanes_is_over_it(target: tuple[float, float]) -> None:
    try:
        limit = limit_of(*target)
    except ConfigurationError:
        return
    assert not within(add(limit, pack([UNIT] * 8)), limit)
    over = add(limit, pack([2 * UNIT] * 8))
    if NO_BOUND not in lanes(over):  # 32 nats and more are cut off
        assert epsilon_of(over, target[1]) > target[0]


def test_lane_of_a_limit_that_is_0_forbids_and_does_not_allow_all() -> None:
    limit = limit_of(1.0, 1e-5)
    assert lanes(limit)[0] == 0 and lanes(limit)[-1] > 0
    assert not within(pack([0.0] + [31.0] * 7), limit)


def test_lane_without_a_bound_is_within_no_limit_but_none() -> None:
    assert not within(2**256 - 1, 2**256 - 1)
    assert not within(2**256 - 1, limit_of(100.0, 0.5))
    assert within(2**256 - 1, 0)


def test_generous_limit_is_cut_to_what_a_lane_can_hold() -> None:
    assert lanes(limit_of(1e6, 1e-5)) == (NO_BOUND - 1,) * 8


@pytest.mark.parametrize(
    ("epsilon", "delta", "words"),
    [
        (0, 1e-5, "epsilon is 0 with delta 1e-05"),
        (-1, 1e-5, "above 0"),
        (math.nan, 1e-5, "epsilon is nan"),
        (math.inf, 1e-5, "epsilon is inf"),
        (1.0, 0, "delta is 0"),
        (1.0, 1, "delta is 1"),
        (1.0, math.nan, "delta is nan"),
        (0.01, 1e-5, r"can show epsilon 0.01 at delta 1e-05: the least there is 0.101; raise"),
    ],
)
def test_impossible_limit_is_refused(epsilon: float, delta: float, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        limit_of(epsilon, delta)


@pytest.mark.parametrize("rdp", [[0.0] * 7, [0.0] * 9, [0.0] * 7 + [-1e-9], [math.nan] * 8])
def test_impossible_cost_is_refused(rdp: list[float]) -> None:
    with pytest.raises(ConfigurationError, match="8 numbers of 0 or more"):
        pack(rdp)


@pytest.mark.parametrize("vector", [-1, 2**256])
def test_vector_that_is_no_word_is_refused(vector: int) -> None:
    with pytest.raises(ConfigurationError, match="a word of 256 bits"):
        add(vector, 0)


def test_delta_without_meaning_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"delta is 1\.5"):
        epsilon_of(0, 1.5)


def test_nothing_spent_is_epsilon_0() -> None:
    assert epsilon_of(0, 0.5) == 0
