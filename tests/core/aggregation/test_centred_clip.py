"""Centred clipping: coefficients by integers, and nobody moves the aggregate by more than its share of the radius."""

from fractions import Fraction
from math import isqrt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.centred_clip import centred_clip
from prefect_federated.core.aggregation.shares import WHOLE
from prefect_federated.core.combine import Update, combine
from prefect_federated.core.round import Reason
from prefect_federated.core.rule_spec import RuleSpec

words = st.lists(st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(-3, 3)), min_size=3, max_size=3)


@given(words, st.integers(1, 2**40))
def test_coefficient_is_the_largest_that_keeps_the_radius(row: list[int], radius: int) -> None:
    """w |u| <= 2^16 radius < (w + 1) |u|, decided on squares."""
    (w,) = centred_clip([np.array(row, np.int32)], radius)
    square = sum(word**2 for word in row)
    assert w**2 * square <= (WHOLE * radius) ** 2
    assert w == WHOLE or (w + 1) ** 2 * square > (WHOLE * radius) ** 2


@given(st.lists(words, min_size=1, max_size=6), st.integers(1, 1000))
def test_aggregate_is_the_clipped_mean_over_everybody(rows: list[list[int]], radius: int) -> None:
    combined = combine(
        RuleSpec(name="centred_clip", radius=radius),
        [Update(str(i), 5 + i, np.array(row, np.int32)) for i, row in enumerate(rows)],
    )
    kept = [rows[int(u.participant)] for u in combined.kept]
    for k in range(3) if kept else ():
        exact = sum(u.weight * row[k] for u, row in zip(combined.kept, kept, strict=True))
        assert int(combined.aggregate[k]) == exact // (len(kept) * WHOLE)
        real = sum(Fraction(row[k]) * min(1, Fraction(radius) / _norm(row)) for row in kept) / len(kept)
        assert abs(int(combined.aggregate[k]) - real) <= 1 + Fraction(max(map(_norm, kept)), WHOLE)


def _norm(row: list[int]) -> Fraction:
    """L2 norm, to 2^-32."""
    return Fraction(isqrt(sum(word**2 for word in row) << 64), 2**32) or Fraction(1)


def test_attacker_moves_the_aggregate_by_no_more_than_its_share_of_the_radius() -> None:
    honest = [Update(str(i), 1, np.array([10, i], np.int32)) for i in range(9)]
    rule = RuleSpec(name="centred_clip", radius=20)
    for lie in ([2**20, 0], [0, -(2**20)], [-20, 0]):
        attacked = combine(rule, [*honest, Update("mallory", 2**31, np.array(lie, np.int32))])
        calm = combine(rule, [*honest, Update("mallory", 1, np.zeros(2, np.int32))])
        moved = attacked.aggregate.astype(np.int64) - calm.aggregate
        assert np.linalg.norm(moved) <= 20 / 10 + 2**0.5  # and the floors


def test_who_is_scaled_down_leaves_its_share_to_nobody() -> None:
    """A weighted mean would give 10: the clipped update would only lend the others its weight."""
    updates = [Update("a", 1, np.array([10], np.int32)), Update("b", 1, np.array([1000], np.int32))]
    combined = combine(RuleSpec(name="centred_clip", radius=10), updates)
    assert [u.weight for u in combined.kept] == [WHOLE, WHOLE // 100]
    assert combined.aggregate.tolist() == [9]  # floor((10 + 9.99) / 2)


def test_update_of_a_million_radii_counts_for_nothing_and_is_left_out() -> None:
    updates = [Update("a", 1, np.array([1], np.int32)), Update("mallory", 1, np.array([2**30], np.int32))]
    combined = combine(RuleSpec(name="centred_clip", radius=1), updates)
    assert combined.left_out == {"mallory": Reason.RULE}
    assert combined.aggregate.tolist() == [1]


def test_cohort_of_fewer_than_ten_an_attacker_is_left_out_as_a_whole() -> None:
    updates = [Update(str(i), 1, np.array([i], np.int32)) for i in range(9)]
    rule = RuleSpec(name="centred_clip", radius=5, byzantine=1)
    assert combine(rule, updates).left_out == {u.participant: Reason.RULE for u in updates}
    assert len(combine(rule, [*updates, Update("9", 1, np.array([9], np.int32))]).kept) == 10
