"""Multi-Krum and norm bound: integers of any size decide, never a rounded float."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation import distances as module
from prefect_federated.core.aggregation.distances import gram, squared_distances
from prefect_federated.core.aggregation.halves import EXACT_COLUMNS, EXACT_SQUARES
from prefect_federated.core.aggregation.multi_krum import check_krum, krum_scores, multi_krum
from prefect_federated.core.aggregation.norm_bound import squared_norm, within
from prefect_federated.core.errors import ShapeMismatch, SpecError

EDGES = (-(2**31), 2**31 - 1, -(2**21), 2**21, 2**21 + 1, -65_536, 65_535, 32_768, -32_769, 0, -1)
words = st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from(EDGES), st.integers(-3, 3))
Rows = list[list[int]]


@st.composite
def matrices(draw: st.DrawFn, most: int = 9) -> Rows:
    d = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(words, min_size=d, max_size=d), min_size=1, max_size=most))


def plain_distance(a: list[int], b: list[int]) -> int:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def plain_krum(rows: Rows, f: int, m: int) -> list[bool]:
    """Blanchard et al. 2017, word for word."""
    n = len(rows)
    scores = []
    for i in range(n):
        others = sorted(plain_distance(rows[i], rows[j]) for j in range(n) if j != i)
        scores.append(sum(others[: n - f - 2]))
    best = sorted(range(n), key=lambda i: (scores[i], i))[:m]
    return [i in best for i in range(n)]


@given(matrices())
def test_distances_are_those_of_plain_integers(rows: Rows) -> None:
    expected = [[plain_distance(a, b) for b in rows] for a in rows]
    assert squared_distances(np.array(rows, np.int32)).tolist() == expected


@given(matrices(), st.data())
def test_choice_is_that_of_plain_integers(rows: Rows, data: st.DataObject) -> None:
    f = data.draw(st.integers(0, max(0, (len(rows) - 3) // 2)))
    if len(rows) < 3:
        return
    m = data.draw(st.integers(1, len(rows) - f))
    assert multi_krum(np.array(rows, np.int32), f, m).tolist() == plain_krum(rows, f, m)


@pytest.mark.parametrize("worst", [-(2**31), 2**31 - 1, 2**21, -(2**21) - 1, 2**23 - 1, 65_535])
def test_the_worst_words_do_not_overflow_across_blocks(worst: int) -> None:
    d = 2 * EXACT_COLUMNS + 3
    matrix = np.full((2, d), worst, np.int32)
    matrix[1, ::2] = -1
    exact = matrix.astype(object)
    assert gram(matrix).tolist() == (exact @ exact.T).tolist()
    assert squared_norm(matrix[0]) == d * worst**2
    assert squared_norm(matrix[1]) == (exact[1] * exact[1]).sum()


def test_small_and_large_words_may_share_a_matrix() -> None:
    matrix = np.random.default_rng(9).integers(-1000, 1000, (4, 3 * module._COLUMNS)).astype(np.int32)
    matrix[2, 2 * module._COLUMNS] = -(2**31)
    exact = matrix.astype(object)
    assert gram(matrix).tolist() == (exact @ exact.T).tolist()


@pytest.mark.parametrize("limit", [2**17, 2**20, 2**21, 2**22, 2**31], ids=str)
@pytest.mark.parametrize("n", [2, 100, 3000])
def test_words_of_every_size_give_plain_integers_however_many_columns_are_taken(limit: int, n: int) -> None:
    some, d = min(n, 7), module._COLUMNS + module._FEWEST_COLUMNS + 5
    matrix = np.random.default_rng(limit % 97).integers(-limit, limit, (some, d)).astype(np.int32)
    rows = [matrix[i % some] for i in range(n)]
    if n > 100:
        rows = [row[: module._FEWEST_COLUMNS * 2 + 5] for row in rows]
    exact = np.stack(rows[:some]).astype(object)
    assert (gram(rows)[:some, -some:] == (exact @ exact.T)[:, [i % some for i in range(n - some, n)]]).all()


def test_sum_over_more_columns_than_int64_holds_does_not_wrap_around() -> None:
    """Of words just below where a block is cut smaller: each block is exact, and 2,050 of them exceed int64."""
    word, d = 2**19 - 1, 2_050 * module._COLUMNS
    assert module._COLUMNS * word**2 < EXACT_SQUARES and d * word**2 > 2**63
    assert gram([np.full(d, word, np.int32)]).tolist() == [[d * word**2]]


@pytest.mark.parametrize("beyond", [0, 1])
def test_block_at_the_edge_of_what_float64_sums_exactly(beyond: int) -> None:
    """Sums of squares just below 2^52, which are multiplied as they are, and of 2^52, which are cut into halves."""
    rows = np.full((3, 4), 2**25 - 1 + beyond, np.int32)
    rows[1, 3] *= -1
    rows[2] = [1, -1, 2**20, 3]
    exact = rows.astype(object)
    assert gram(rows).tolist() == (exact @ exact.T).tolist()


def test_updates_that_are_no_matrix_give_the_same() -> None:
    matrix = np.random.default_rng(10).integers(-(2**31), 2**31, (5, 7), dtype=np.int64).astype(np.int32)
    assert gram(list(matrix)).tolist() == gram(matrix).tolist()
    with pytest.raises(ShapeMismatch, match=r"2 of int32 \[6\], int32 \[7\]"):
        gram([matrix[0], matrix[1, :6]])


def test_one_unit_in_2_to_the_63_decides() -> None:
    """Float distances would call these two equal and take the wrong one."""
    far = 2**31 - 1
    rows = [[far, 0], [far, 1], [-far, 0], [-far, 0], [0, 0]]
    assert multi_krum(np.array(rows, np.int32), f=0, m=2).tolist() == plain_krum(rows, 0, 2)
    assert krum_scores(np.array(rows, np.int32), 0)[1] - krum_scores(np.array(rows, np.int32), 0)[0] > 0


def test_of_equal_scores_the_lower_index_wins() -> None:
    assert multi_krum(np.zeros((6, 3), np.int32), f=1, m=2).tolist() == [True, True, False, False, False, False]


def test_sign_flipped_and_scaled_updates_are_left_out() -> None:
    rng = np.random.default_rng(11)
    honest = 1000 + rng.integers(-100, 100, (8, 200))
    flipped = -10 * (1000 + rng.integers(-100, 100, (2, 200)))
    matrix = np.vstack([honest[:3], flipped, honest[3:]]).astype(np.int32)
    assert multi_krum(matrix, f=2, m=8).tolist() == [True] * 3 + [False] * 2 + [True] * 5


def test_the_chosen_updates_do_not_depend_on_the_order_of_arrival() -> None:
    rng = np.random.default_rng(12)
    matrix = rng.integers(-(2**31), 2**31, (11, 40)).astype(np.int32)
    order = rng.permutation(11)
    chosen = multi_krum(matrix, f=3, m=5)
    assert (multi_krum(matrix[order], f=3, m=5) == chosen[order]).all()


@pytest.mark.parametrize(("n", "f"), [(2, 0), (4, 1), (6, 2), (5, -1), (12, 5)])
def test_too_few_participants_for_the_liars_are_refused_with_both_numbers(n: int, f: int) -> None:
    with pytest.raises(SpecError, match=rf"n={n} and f={f}"):
        check_krum(n, f, 1)
    with pytest.raises(SpecError):
        multi_krum(np.zeros((n, 2), np.int32), f, 1)


@pytest.mark.parametrize("m", [0, -1, 5])
def test_keeping_none_or_more_than_the_honest_is_refused(m: int) -> None:
    with pytest.raises(SpecError, match=rf"m={m} of n=5 with f=1; .* = 4"):
        multi_krum(np.zeros((5, 2), np.int32), 1, m)


@pytest.mark.parametrize("matrix", [np.zeros((5, 2)), np.zeros((5, 2), np.int64), np.zeros((0, 2), np.int32)])
def test_distances_of_other_arrays_than_int32_matrices_are_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ShapeMismatch, match=r"int32 \[n, d\]"):
        squared_distances(matrix)


@given(st.lists(words, max_size=50))
def test_squared_norm_is_that_of_plain_integers(values: list[int]) -> None:
    norm = squared_norm(np.array(values, np.int32))
    assert norm == sum(value**2 for value in values)
    assert type(norm) is int


def test_an_update_on_the_bound_is_within_and_one_unit_beyond_is_not() -> None:
    update = np.full(EXACT_COLUMNS + 1, 2**31 - 1, np.int32)
    bound = (EXACT_COLUMNS + 1) * (2**31 - 1) ** 2
    assert within(update, bound)
    assert not within(update, bound - 1)
