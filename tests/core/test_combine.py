"""Combination: misbehaving updates are left out by the rule named in the task, and only by that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.combine import Update, add, combine, minus
from prefect_federated.core.round import Reason
from prefect_federated.core.spec import RuleSpec

LOW, HIGH = -(2**31), 2**31 - 1

words = st.lists(st.integers(LOW, HIGH), min_size=3, max_size=3)


def update(name: str, values: list[int], weight: int = 1) -> Update:
    return Update(name, weight, np.array(values, np.int32))


HONEST = [update("a", [10, 0, -10]), update("b", [12, 0, -12]), update("c", [11, 1, -11]), update("d", [13, 0, -9])]
FLIPPED = update("mallory", [-110, 0, 110])


@given(st.lists(st.tuples(words, st.integers(1, 2**16)), min_size=1, max_size=6))
def test_mean_is_the_floor_of_the_exact_weighted_mean(rows: list[tuple[list[int], int]]) -> None:
    combined = combine(RuleSpec(), [update(str(i), values, weight) for i, (values, weight) in enumerate(rows)])
    total = sum(weight for _, weight in rows)
    assert combined.aggregate.tolist() == [sum(v[k] * w for v, w in rows) // total for k in range(3)]


@given(st.permutations(range(4)))
def test_order_in_which_updates_come_does_not_change_a_bit(order: list[int]) -> None:
    robust = [RuleSpec(name="geometric_median"), RuleSpec(name="centred_clip", radius=11), RuleSpec(name="bulyan")]
    for rule in (RuleSpec(), RuleSpec(name="median"), RuleSpec(name="trimmed_mean", trim=1), *robust):
        one, other = combine(rule, HONEST), combine(rule, [HONEST[i] for i in order])
        assert np.array_equal(one.aggregate, other.aggregate)


def test_flipped_update_is_left_out_by_the_norm_bound_and_not_without_it() -> None:
    bounded, free = combine(RuleSpec(norm_bound=30), [*HONEST, FLIPPED]), combine(RuleSpec(), [*HONEST, FLIPPED])
    assert bounded.left_out == {"mallory": Reason.NORM_BOUND}
    assert bounded.aggregate.tolist() == [11, 0, -11]
    assert not free.left_out
    assert free.aggregate[0] < 0


def test_update_exactly_on_the_norm_bound_is_kept() -> None:
    combined = combine(RuleSpec(norm_bound=5), [update("on", [3, 4, 0]), update("over", [3, 4, 1])])
    assert [u.participant for u in combined.kept] == ["on"]


def test_norm_of_the_most_extreme_words_does_not_wrap_around() -> None:
    combined = combine(RuleSpec(norm_bound=1), [update("mallory", [LOW, LOW, LOW])])
    assert combined.left_out == {"mallory": Reason.NORM_BOUND} and not combined.kept


def test_outlier_is_left_out_by_multi_krum_under_the_reason_rule() -> None:
    combined = combine(RuleSpec(name="multi_krum", byzantine=1), [*HONEST, FLIPPED])
    assert combined.left_out == {"mallory": Reason.RULE}
    assert [u.participant for u in combined.kept] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "rule",
    [
        RuleSpec(name="multi_krum", byzantine=1),
        RuleSpec(name="multi_krum", byzantine=1, keep=4),
        RuleSpec(name="trimmed_mean", trim=2),
        RuleSpec(name="bulyan", byzantine=1),
        RuleSpec(name="geometric_median", byzantine=2),
        RuleSpec(name="centred_clip", byzantine=1, radius=10),
        RuleSpec(name="root_of_trust", root="0x" + "51" * 20),
    ],
    ids=str,
)
def test_withheld_update_makes_the_round_unusable_and_not_the_aggregator_crash(rule: RuleSpec) -> None:
    combined = combine(rule, HONEST)
    assert not combined.kept
    assert combined.aggregate.tolist() == [0, 0, 0]
    assert combined.left_out == {u.participant: Reason.RULE for u in HONEST}


def test_multi_krum_keeps_no_more_than_are_honest_when_the_cohort_shrank() -> None:
    combined = combine(RuleSpec(name="multi_krum", byzantine=1, keep=6), [*HONEST, FLIPPED])
    assert len(combined.kept) == 4


def test_everybody_is_kept_or_has_a_reason() -> None:
    for bound in (1, 16, 30, 1000):
        combined = combine(RuleSpec(name="multi_krum", byzantine=1, norm_bound=bound), [*HONEST, FLIPPED])
        named = [u.participant for u in combined.kept] + list(combined.left_out)
        assert sorted(named) == ["a", "b", "c", "d", "mallory"]


def test_round_without_a_single_usable_update_leaves_the_model_as_it_is() -> None:
    combined = combine(RuleSpec(), [], size=3)
    assert (combined.aggregate.tolist(), combined.kept, combined.left_out) == ([0, 0, 0], (), {})


@pytest.mark.parametrize("rule", [RuleSpec(name="median"), RuleSpec(name="trimmed_mean", trim=1)])
def test_one_extreme_update_cannot_move_a_robust_rule_beyond_the_honest(rule: RuleSpec) -> None:
    for extreme in (LOW, HIGH):
        combined = combine(rule, [*HONEST, update("mallory", [extreme] * 3, weight=2**31)])
        for k in range(3):
            column = [int(u.words[k]) for u in HONEST]
            assert min(column) <= int(combined.aggregate[k]) <= max(column)


@given(words, words)
def test_next_model_is_held_at_the_ends_of_int32(base: list[int], step: list[int]) -> None:
    found = add(np.array(base, np.int32), np.array(step, np.int32))
    assert found.dtype == np.int32
    assert found.tolist() == [max(LOW, min(HIGH, b + s)) for b, s in zip(base, step, strict=True)]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_001])
def test_models_of_any_size_are_added_and_subtracted_in_full_and_held_at_both_ends(size: int) -> None:
    rng = np.random.default_rng(size)
    one, other = rng.integers(LOW, HIGH, (2, size), np.int32, endpoint=True)
    wide = one.astype(np.int64)
    assert np.array_equal(add(one, other), np.clip(wide + other, LOW, HIGH))
    assert np.array_equal(minus(one, other), np.clip(wide - other, LOW, HIGH))
