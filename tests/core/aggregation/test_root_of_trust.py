"""Root of trust: updates count by their direction beside one trusted update, at its length, whatever most say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.root_of_trust import root_of_trust
from prefect_federated.core.aggregation.shares import MOST_SCALE, WHOLE
from prefect_federated.core.combine import Combined, Update, combine
from prefect_federated.core.errors import WeightOverflow
from prefect_federated.core.round import Reason
from prefect_federated.core.rule_spec import RuleSpec, check_sums

ROOT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
row = st.lists(st.integers(-(2**24), 2**24), min_size=3, max_size=3)


def fltrust(rows: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Cao et al. 2021, equations 1 to 3, in floats."""
    lengths = np.linalg.norm(rows, axis=1)
    scores = np.maximum(0, rows @ root / (lengths * np.linalg.norm(root)))
    scaled = rows * (np.linalg.norm(root) / lengths)[:, None]
    return np.asarray(scores @ scaled / scores.sum())


def with_root(rows: "np.ndarray | list[list[int]]") -> Combined:
    updates = [Update(ROOT if i == 0 else str(i), 1 + i, np.array(row, np.int32)) for i, row in enumerate(rows)]
    return combine(RuleSpec(name="root_of_trust", root=ROOT), updates)


def test_aggregate_is_that_of_the_paper_over_the_same_updates() -> None:
    rng = np.random.default_rng(4)
    rows = rng.normal(0, 2**20, (12, 30)).astype(np.int32)
    rows[1:6] += rows[0]
    expected = fltrust(rows.astype(float), rows[0].astype(float))
    assert np.abs(with_root(rows).aggregate - expected).max() < 2**22 / 2**15


def test_majority_that_points_the_other_way_is_left_out() -> None:
    honest, lie = [100, 50, -30], [-(2**24), -(2**24), 2**24]
    combined = with_root([honest, [90, 60, -30], lie, lie, lie, lie])
    assert combined.left_out == {str(i): Reason.RULE for i in range(2, 6)}
    assert np.abs(combined.aggregate - np.array([96, 56, -31])).max() <= 2


def test_length_of_an_update_does_not_count() -> None:
    for factor in (1, 1000):
        combined = with_root([[300, 400], [400 * factor, 300 * factor]])
        assert np.abs(combined.aggregate - np.array([348, 351])).max() <= 1, combined.aggregate


def test_tiny_update_is_brought_to_no_more_than_four_times_its_length() -> None:
    combined = with_root([[2**20, 0], [1, 0]])
    assert [u.weight for u in combined.kept] == [WHOLE, MOST_SCALE * WHOLE]


@given(st.lists(row, min_size=1, max_size=8))
def test_coefficients_stay_within_what_a_word_holds(rows: list[list[int]]) -> None:
    found = root_of_trust([np.array(values, np.int32) for values in rows], np.array(rows[0], np.int32))
    assert all(w >= 0 for w in found)
    assert sum(found) <= len(rows) * MOST_SCALE * WHOLE
    if any(rows[0]):
        norm = np.linalg.norm(np.array(rows[0], float))
        aggregate = np.array(found) @ np.array(rows, float) / (len(rows) * WHOLE)
        assert np.linalg.norm(aggregate) <= norm * (1 + 1e-6) + 1e-6


@pytest.mark.parametrize("rows", [[[0, 0], [3, 4]], [[0, 0]]])
def test_root_that_says_nothing_leaves_nobody(rows: list[list[int]]) -> None:
    combined = with_root(rows)
    assert not combined.kept and combined.aggregate.tolist() == [0, 0]


def test_round_in_which_the_root_did_not_reveal_keeps_nobody() -> None:
    updates = [Update(str(i), 1, np.array([5, 6], np.int32)) for i in range(3)]
    combined = combine(RuleSpec(name="root_of_trust", root=ROOT), updates)
    assert combined.left_out == {str(i): Reason.RULE for i in range(3)}
    assert combined.aggregate.tolist() == [0, 0]


def test_limit_that_four_times_a_word_could_exceed_is_refused_when_the_task_is_made() -> None:
    rule = RuleSpec(name="root_of_trust", root=ROOT)
    check_sums(rule, 10_000, 1, 2**29 - 1)
    with pytest.raises(WeightOverflow, match=r"up to 4 times, and limit 536870912 .* lower the limit"):
        check_sums(rule, 10_000, 1, 2**29)
