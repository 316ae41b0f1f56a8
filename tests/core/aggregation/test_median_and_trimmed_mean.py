"""Coordinate-wise rules: exact, order-free, and deaf to a lying minority."""

import random
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.median import coordinate_median
from prefect_federated.core.aggregation.sorted_columns import sorted_columns
from prefect_federated.core.aggregation.trimmed_mean import check_trim, trimmed_mean
from prefect_federated.core.errors import ShapeMismatch, SpecError

INT32 = st.integers(-(2**31), 2**31 - 1)
Rows = list[list[int]]


@st.composite
def matrices(draw: st.DrawFn) -> Rows:
    d = draw(st.integers(0, 4))
    word = draw(st.sampled_from([INT32, st.integers(-3, 3), st.sampled_from([-(2**31), 2**31 - 1])]))
    return draw(st.lists(st.lists(word, min_size=d, max_size=d), min_size=1, max_size=12))


def plain_median(column: list[int]) -> int:
    return (statistics.median_low(column) + statistics.median_high(column)) // 2


def plain_trimmed(column: list[int], trim: int) -> int:
    kept = sorted(column)[trim : len(column) - trim]
    return sum(kept) // len(kept)


def array(rows: Rows) -> np.ndarray:
    return np.array(rows, np.int32).reshape(len(rows), -1)


@given(matrices())
def test_median_is_that_of_plain_integers(rows: Rows) -> None:
    assert coordinate_median(array(rows)).tolist() == [plain_median(list(c)) for c in zip(*rows, strict=True)]


@given(matrices(), st.data())
def test_trimmed_mean_is_that_of_plain_integers(rows: Rows, data: st.DataObject) -> None:
    trim = data.draw(st.integers(0, (len(rows) - 1) // 2))
    expected = [plain_trimmed(list(column), trim) for column in zip(*rows, strict=True)]
    result = trimmed_mean(array(rows), trim)
    assert (result.dtype, result.tolist()) == (np.int32, expected)


@given(matrices(), st.integers(0, 2**32))
def test_neither_depends_on_the_order_of_arrival(rows: Rows, seed: int) -> None:
    shuffled = random.Random(seed).sample(rows, len(rows))
    trim = (len(rows) - 1) // 2
    assert coordinate_median(array(rows)).tobytes() == coordinate_median(array(shuffled)).tobytes()
    assert trimmed_mean(array(rows), trim).tobytes() == trimmed_mean(array(shuffled), trim).tobytes()


def test_blocks_of_columns_join_without_a_seam() -> None:
    matrix = np.random.default_rng(5).integers(-(2**31), 2**31, (7, 9001)).astype(np.int32)
    before = matrix.copy()
    assert coordinate_median(matrix).tolist() == np.sort(matrix, axis=0)[3].tolist()
    assert trimmed_mean(matrix, 3).tolist() == coordinate_median(matrix).tolist()
    assert (matrix == before).all()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (5, 3)])
def test_sorting_leaves_the_updates_alone_however_they_lie_in_memory(shape: tuple[int, int], order: str) -> None:
    matrix = np.array(np.arange(15)[::-1][: shape[0] * shape[1]].reshape(shape), np.int32, order=order)
    before = matrix.tolist()
    list(sorted_columns(matrix))
    assert matrix.tolist() == before


def test_a_lying_minority_cannot_leave_the_honest_range() -> None:
    honest = np.random.default_rng(6).integers(-100, 100, (6, 50)).astype(np.int32)
    lies = np.full((5, 50), 2**31 - 1, np.int32)
    for result in (coordinate_median(np.vstack([honest, lies])), trimmed_mean(np.vstack([honest, lies]), 5)):
        assert (result >= honest.min(axis=0)).all()
        assert (result <= honest.max(axis=0)).all()


@pytest.mark.parametrize(("n", "trim"), [(4, 2), (1, 1), (5, 3), (3, -1), (0, 0)])
def test_trimming_everything_away_is_refused_with_both_numbers(n: int, trim: int) -> None:
    with pytest.raises(SpecError, match=rf"n={n} .*trim={trim} "):
        check_trim(n, trim)
    with pytest.raises(SpecError):
        trimmed_mean(np.zeros((n, 2), np.int32), trim)


@pytest.mark.parametrize("matrix", [np.zeros((3, 2)), np.zeros(3, np.int32), np.zeros((3, 2), np.int64)])
def test_other_arrays_than_int32_matrices_are_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ShapeMismatch, match=r"int32 \[n, d\]"):
        coordinate_median(matrix)
    with pytest.raises(ShapeMismatch):
        trimmed_mean(matrix, 1)


def test_a_median_of_nothing_is_refused() -> None:
    with pytest.raises(ShapeMismatch, match="n >= 1"):
        coordinate_median(np.zeros((0, 2), np.int32))
