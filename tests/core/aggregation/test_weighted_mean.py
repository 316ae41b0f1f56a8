"""Weighted mean: exact, whatever the order, the accumulators and the blocks."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation import weighted_sum as kernels
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.aggregation.weighted_sum import Accumulator, Weighted, weighted_floor, weighted_sums
from prefect_federated.core.errors import PayloadError, ShapeMismatch, SpecError, WeightOverflow

INT32 = st.integers(-(2**31), 2**31 - 1)
Plain = list[tuple[int, list[int]]]


@st.composite
def rounds(draw: st.DrawFn) -> Plain:
    """Up to 40 weighted updates of up to 5 coordinates, small and large ones."""
    d = draw(st.integers(0, 5))
    words = draw(st.sampled_from([INT32, st.integers(-50, 50), st.sampled_from([-(2**31), 2**31 - 1])]))
    weights = st.integers(0, draw(st.sampled_from([1, 1000, 2**21, 2**26])))
    return draw(st.lists(st.tuples(weights, st.lists(words, min_size=d, max_size=d)), min_size=1, max_size=40))


def arrays(updates: Plain) -> list[tuple[int, np.ndarray]]:
    return [(weight, np.array(words, np.int32)) for weight, words in updates]


def exact_sum(updates: Plain) -> list[int]:
    d = len(updates[0][1])
    return [sum(weight * words[i] for weight, words in updates) for i in range(d)]


def summed(updates: Sequence[Weighted], d: int, limit: int = 2**31) -> Accumulator:
    """All blocks together, in the order of the columns."""
    blocks = list(weighted_sums(updates, range(d), limit=limit))
    assert [(block.start, block.stop - block.start) for block, _ in blocks] == [
        (sum(len(total) for _, total in blocks[:i]), len(total)) for i, (_, total) in enumerate(blocks)
    ]
    return np.concatenate([np.zeros(0, np.int32), *(total for _, total in blocks)])


@given(rounds())
def test_sum_and_mean_are_those_of_plain_integers(updates: Plain) -> None:
    d, weight = len(updates[0][1]), sum(weight for weight, _ in updates)
    assert summed(arrays(updates), d).tolist() == exact_sum(updates)
    if weight:
        mean = weighted_mean(arrays(updates), d)
        assert mean.dtype == np.int32
        assert mean.tolist() == [value // weight for value in exact_sum(updates)]


@given(rounds(), st.integers(0, 2**32))
def test_mean_has_the_same_bits_in_any_order_of_arrival(updates: Plain, seed: int) -> None:
    if not any(weight for weight, _ in updates):
        return
    shuffled = random.Random(seed).sample(updates, len(updates))
    d = len(updates[0][1])
    assert weighted_mean(arrays(updates), d).tobytes() == weighted_mean(arrays(shuffled), d).tobytes()


@given(rounds(), st.integers(2**40, 2**70))
def test_a_divisor_wider_than_the_accumulators_divides_as_plain_integers(updates: Plain, divisor: int) -> None:
    divisor = min(divisor, 2**63 - 1)
    found = weighted_floor(arrays(updates), len(updates[0][1]), divisor)
    assert found.tolist() == [value // divisor for value in exact_sum(updates)]


@pytest.mark.parametrize(
    ("limit", "max_weight"),
    [(2**10, 100), (2**20, 1000), (2**24, 1000), (2**31, 1000), (2**31, 2**24)],
    ids=["int32", "int32 runs", "float64 product", "any word", "int64"],
)
def test_every_way_to_add_gives_plain_integers_across_blocks(limit: int, max_weight: int) -> None:
    rng = np.random.default_rng(3)
    n, d = 37, kernels._COLUMNS + kernels._PRODUCT_COLUMNS + 5
    matrix = rng.integers(-limit, limit, (n, d)).astype(np.int32)
    matrix[:, 0], matrix[:, -1] = limit - 1, -limit  # the worst that the bound allows
    weights = [max_weight, *rng.integers(0, max_weight, n - 1).tolist()]
    expected = np.zeros(d, object)
    for weight, words in zip(weights, matrix, strict=True):
        expected += words.astype(object) * weight
    updates = list(zip(weights, matrix, strict=True))
    assert (summed(updates, d, limit) == expected).all()
    assert (weighted_mean(updates, d, limit=limit) == expected // sum(weights)).all()


@pytest.mark.parametrize("threads", [2, 3, 64])
@pytest.mark.parametrize(("limit", "max_weight"), [(2**12, 50), (2**31 - 1, 10**6)])
def test_threads_share_the_columns_and_change_no_bit(limit: int, max_weight: int, threads: int) -> None:
    rng = np.random.default_rng(13)
    updates = [
        (int(rng.integers(1, max_weight)), rng.integers(-limit, limit, 10_007, dtype=np.int32)) for _ in range(20)
    ]
    alone, shared = (weighted_mean(updates, 10_007, limit=limit, threads=count) for count in (1, threads))
    assert alone.tobytes() == shared.tobytes()


def test_float64_is_used_up_to_the_last_exact_integer_and_no_further() -> None:
    """2**22 * 2**31 is 2**53: odd sums beyond it would be rounded."""
    for weights in ([2**21, 2**21], [2**21, 2**21 + 1], [2**22 - 1, 2], [2**31 - 4, 3]):
        rows = np.array([[2**31 - 1, -(2**31), 1], [2**31 - 1, -(2**31), -1]], np.int32)
        total = summed(list(zip(weights, rows, strict=True)), 3)
        assert total.tolist() == [sum(w * int(x) for w, x in zip(weights, rows[:, i], strict=True)) for i in range(3)]


def test_accumulators_widen_when_the_weights_need_it() -> None:
    word = np.array([-(2**20)], np.int32)
    narrow = summed([(2047, word)], 1, limit=2**20)
    wide = summed([(2047, word), (1, word), (3, word)], 1, limit=2**20)
    assert (narrow.dtype, wide.dtype) == (np.int32, np.int64)
    assert wide.tolist() == [-(2**20) * 2051]


@pytest.mark.parametrize(("words", "mean"), [([-1, 0], -1), ([1, 0], 0), ([-3, -4], -4), ([3, 4], 3)])
def test_mean_rounds_towards_minus_infinity(words: list[int], mean: int) -> None:
    updates = [(1, np.array([word], np.int32)) for word in words]
    assert weighted_mean(updates, 1).tolist() == [mean]


def test_updates_of_weight_zero_are_left_out() -> None:
    updates = [(0, np.array([1000], np.int32)), (2, np.array([7], np.int32))]
    assert weighted_mean(updates, 1).tolist() == [7]


def test_updates_are_not_changed() -> None:
    words = np.array([5, -5], np.int32)
    weighted_mean([(3, words), (4, words)], 2)
    assert words.tolist() == [5, -5]


def test_float64_sums_of_more_weight_than_it_holds_are_made_in_runs() -> None:
    """Three weights of 2**21 at 2**31 exceed 2**53; two do not."""
    weights, rows = [2**21, 2**21, 2**21], np.array([[2**31 - 1, 1], [2**31 - 1, 1], [2**31 - 1, -1]], np.int32)
    total = summed(list(zip(weights, rows, strict=True)), 2)
    assert total.tolist() == [3 * 2**21 * (2**31 - 1), 2**21]


@pytest.mark.parametrize(
    "words", [np.zeros(2, np.int32), np.zeros(3, np.int64), np.zeros(3, np.float32), np.zeros((1, 3), np.int32)]
)
def test_an_update_of_another_shape_or_type_is_refused_by_its_place(words: np.ndarray) -> None:
    good = np.zeros(3, np.int32)
    with pytest.raises(ShapeMismatch, match=r"update 1 is .* not int32 \[3\]"):
        weighted_mean([(1, good), (1, words)], 3)


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(PayloadError, match="update 0 has weight -1"):
        weighted_mean([(-1, np.zeros(1, np.int32))], 1)


@pytest.mark.parametrize("updates", [[], [(0, np.zeros(1, np.int32))]])
def test_a_mean_of_nothing_is_refused(updates: list[tuple[int, np.ndarray]]) -> None:
    with pytest.raises(SpecError, match="void the round"):
        weighted_mean(updates, 1)


def test_weights_that_could_leave_int64_are_refused_before_they_do() -> None:
    word = np.array([2**31 - 1], np.int32)
    assert weighted_mean([(2**32 - 1, word)], 1).tolist() == [2**31 - 1]
    with pytest.raises(WeightOverflow, match=f"total weight {2**32}"):
        weighted_mean([(2**32 - 1, word), (1, word)], 1)
