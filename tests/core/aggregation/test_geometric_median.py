"""Geometric median: it is where no direction is better, stays by the majority, and has the same bits everywhere."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.geometric_median import geometric_median
from prefect_federated.core.aggregation.shares import WHOLE
from prefect_federated.core.combine import Update, combine
from prefect_federated.core.rule_spec import RuleSpec

row = st.lists(st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(-3, 3)), min_size=3, max_size=3)


def cost(matrix: np.ndarray, point: np.ndarray) -> float:
    return float(np.linalg.norm(matrix - point, axis=1).sum())


def point_of(matrix: np.ndarray) -> np.ndarray:
    return np.array(geometric_median(matrix)) @ matrix / (len(matrix) * WHOLE)


def test_no_step_in_any_direction_shortens_the_sum_of_distances() -> None:
    rng = np.random.default_rng(5)
    matrix = rng.normal(0, 1e6, (9, 20)).astype(np.int32)
    point = point_of(matrix)
    pulls = matrix - point
    slope = (pulls / np.linalg.norm(pulls, axis=1, keepdims=True)).sum(axis=0)
    assert np.linalg.norm(slope) < 1e-3  # of 9 unit pulls
    for step in rng.normal(0, 1e4, (50, 20)):
        assert cost(matrix, point + step) > cost(matrix, point)


def test_known_answer_of_three_corners() -> None:
    """Fermat's point of a right triangle with legs of a million words, from its trilinear coordinates."""
    leg = 10**6
    matrix = np.array([[0, 0], [leg, 0], [0, leg]], np.int32)
    side = leg / (3 + 3**0.5)
    assert np.abs(point_of(matrix) - side).max() < 40  # words of a million: coefficients are cut to 2**-16


def test_less_than_half_of_the_updates_do_not_move_it_far() -> None:
    rng = np.random.default_rng(6)
    honest = rng.normal(1000, 30, (6, 50)).astype(np.int32)
    lies = np.full((5, 50), -(2**31), np.int32)
    with_lies = point_of(np.vstack([honest, lies]))
    assert np.linalg.norm(with_lies - honest.mean(axis=0)) < 6 * 30 * 50**0.5
    assert np.linalg.norm(np.vstack([honest, lies]).mean(axis=0)) > 10**9


@given(st.lists(row, min_size=1, max_size=9))
def test_coefficients_sum_to_whole_shares_but_for_what_is_cut(rows: list[list[int]]) -> None:
    found = geometric_median(np.array(rows, np.int32))
    assert len(rows) * (WHOLE - 1) <= sum(found) <= len(rows) * WHOLE
    assert min(found) >= 0


def test_equal_updates_count_the_same() -> None:
    assert geometric_median(np.full((4, 3), 7, np.int32)) == [WHOLE] * 4


def test_examples_do_not_count() -> None:
    rows = [[0, 1], [2, 3], [9, 9]]
    one, other = (
        combine(
            RuleSpec(name="geometric_median"),
            [Update(str(i), w, np.array(r, np.int32)) for i, (w, r) in enumerate(zip(weights, rows, strict=True))],
        )
        for weights in ([1, 1, 1], [1, 1000, 1])
    )
    assert [u.weight for u in one.kept] == [u.weight for u in other.kept]
    assert one.aggregate.tolist() == other.aggregate.tolist()


def test_update_so_far_away_that_it_gets_no_share_is_left_out() -> None:
    near = [Update(str(i), 1, np.array([i, 0], np.int32)) for i in range(4)]
    far = Update("mallory", 1, np.array([2**31 - 1, -(2**31)], np.int32))
    combined = combine(RuleSpec(name="geometric_median", byzantine=1), [*near, far])
    assert list(combined.left_out) == ["mallory"]
    assert len(combined.kept) == 4


_BITS = """
import numpy as np
from prefect_federated.core.aggregation.geometric_median import geometric_median
print(geometric_median(np.random.default_rng(8).integers(-2**24, 2**24, (40, 5000), dtype=np.int32)))
"""


def test_threads_of_the_linear_algebra_do_not_change_a_bit() -> None:
    runs = {
        subprocess.run(
            [sys.executable, "-c", _BITS],
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OPENBLAS_CORETYPE": kernel},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads, kernel in (("1", ""), ("2", "HASWELL"), ("1", "SANDYBRIDGE"))
    }
    assert len(runs) == 1 and "[" in runs.pop()


@pytest.mark.parametrize("n", [2, 3])
def test_cohort_that_shrank_below_the_majority_is_left_out_as_a_whole(n: int) -> None:
    updates = [Update(str(i), 1, np.array([i], np.int32)) for i in range(n)]
    combined = combine(RuleSpec(name="geometric_median", byzantine=1), updates)
    assert bool(combined.kept) == (n == 3)
