"""Groups that mask within themselves: who is in which, what their sums must hold to, and the rule across them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from prefect_federated.core.aggregation.median import coordinate_median
from prefect_federated.core.aggregation.norm_bound import mean_within
from prefect_federated.core.aggregation.trimmed_mean import trimmed_mean
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import GroupSum, Update, Words, combine_groups
from prefect_federated.core.errors import SpecError
from prefect_federated.core.fixed_point import Encoding, encode
from prefect_federated.core.mask_spec import Masked
from prefect_federated.core.masking.cohort import session_with, sessions
from prefect_federated.core.masking.graph import groups, sizes
from prefect_federated.core.masking.session import Session
from prefect_federated.core.round import Reason
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.learning.clip import clip, norm_bound_words
from tests.core.masking.masked_cohort import CHAIN, COORDINATOR, members

SEED = b"\x07" * 32
FRAC_BITS = 16


def split(count: int, group: int, threshold: int = 2, seed: bytes = SEED) -> tuple[Session, ...]:
    masking = Masked(threshold=threshold, group=group)
    return sessions(CHAIN, COORDINATOR, 1, 1, members(range(count)), masking, seed)


# --- who is in which


def test_everybody_is_in_one_group_and_all_of_a_round_find_the_same() -> None:
    made = split(11, 3)
    assert sorted(member.index for one in made for member in one.members) == list(range(11))
    assert [len(one.members) for one in made] == [4, 4, 3]
    again = sessions(CHAIN, COORDINATOR, 1, 1, reversed(members(range(11))), Masked(threshold=2, group=3), SEED)
    assert [one.digest for one in again] == [one.digest for one in made]
    assert len({one.digest for one in made}) == 3
    for one in made:
        for member in one.members:
            assert session_with(made, member.account) is one
    assert session_with(made, COORDINATOR) is None


def test_another_block_makes_other_groups() -> None:
    other = split(11, 3, seed=b"\x08" * 32)
    assert {one.members for one in other} != {one.members for one in split(11, 3)}


@pytest.mark.parametrize(
    ("count", "group", "asked", "threshold"), [(6, 3, 2, 3), (10, 5, 2, 3), (10, 5, 4, 4), (14, 7, 2, 4)]
)
def test_more_than_half_of_a_group_opens_it_and_never_two(count: int, group: int, asked: int, threshold: int) -> None:
    assert {one.threshold for one in split(count, group, asked)} == {threshold}


def test_too_few_for_one_group_mask_in_none() -> None:
    with pytest.raises(SpecError, match="4 participants in groups of 5"):
        split(4, 5)


@given(st.integers(3, 300), st.integers(3, 40))
def test_sizes_are_those_of_the_groups(count: int, size: int) -> None:
    if count >= size:
        made = [len(one) for one in groups(range(count), size, SEED)]
        assert sizes(count, size) == (min(made), max(made))
        assert max(made) <= 2 * size - 1


# --- what an honest sum holds to


def honest(rng: np.random.Generator, size: int, bound: float) -> Words:
    """The words of an update that is clipped as silos clip, of any length and shape before."""
    delta = rng.standard_normal(size) * 10 ** rng.uniform(-3, 3)
    delta[: int(rng.integers(0, size))] = 0  # few numbers carry all of it
    return encode(clip(delta.astype(np.float32), bound).delta, Encoding(FRAC_BITS, 2**24))[0]


def total_of(updates: list[Words], weights: list[int]) -> Words:
    total: NDArray[np.int64] = np.zeros(updates[0].size, np.int64)
    for words, weight in zip(updates, weights, strict=True):
        total += weight * words.astype(np.int64)
    return total.astype(np.int32)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 400), st.floats(0.01, 20), st.booleans())
def test_an_honest_group_is_never_refused(seed: int, count: int, size: int, bound: float, same: bool) -> None:
    rng = np.random.default_rng(seed)
    updates = [honest(rng, size, bound) for _ in range(count)]
    if same:
        updates = [updates[0]] * count  # the longest mean there can be
    weights = [int(weight) for weight in rng.integers(1, 60, count)]
    assert mean_within(total_of(updates, weights), sum(weights), norm_bound_words(bound, size, FRAC_BITS))


@pytest.mark.parametrize("factor", [100, -100, 10])
def test_one_update_that_is_much_longer_betrays_its_group(factor: int) -> None:
    rng = np.random.default_rng(3)
    updates = [honest(rng, 50, 1.0) for _ in range(4)] + [
        factor * encode(np.full(50, 50**-0.5), Encoding(16, 2**24))[0]
    ]
    assert not mean_within(total_of(updates, [10] * 5), 50, norm_bound_words(1.0, 50, FRAC_BITS))


# --- the rule across them


def grouped(rows: list[list[int]], weights: list[list[int]]) -> tuple[list[Update], list[GroupSum]]:
    """Groups of two members each, whose words are a row's number and its double."""
    updates, made = [], []
    for number, (values, heavy) in enumerate(zip(rows, weights, strict=True)):
        some = [
            Update(f"{number}{side}", weight, np.array([value, 2 * value], np.int32))
            for side, value, weight in zip("ab", values, heavy, strict=True)
        ]
        total = total_of([np.asarray(one.words[:]) for one in some], heavy).astype(np.int64)
        made.append(GroupSum(tuple(one.participant for one in some), sum(heavy), total))
        updates += some
    return updates, made


ROWS, WEIGHTS = [[10, -3], [7, 8], [9, 1], [2**20, -5]], [[1, 2], [5, 1], [3, 3], [1, 7]]


def test_the_mean_is_that_of_all_updates_bit_for_bit() -> None:
    updates, made = grouped(ROWS, WEIGHTS)
    flat = weighted_mean([(one.weight, one.words) for one in updates], d=2)
    combined = combine_groups(RuleSpec(), updates, made, 2)
    assert (combined.aggregate == flat).all() and combined.kept == tuple(updates)


@pytest.mark.parametrize("rule", [RuleSpec(name="median"), RuleSpec(name="trimmed_mean", trim=1)])
def test_under_a_rule_by_rank_each_groups_mean_counts_once(rule: RuleSpec) -> None:
    updates, made = grouped(ROWS, WEIGHTS)
    means = [np.array([int(word) // one.weight for word in one.total], np.int32) for one in made]
    expected: Any = coordinate_median(means) if rule.name == "median" else trimmed_mean(means, 1)
    combined = combine_groups(rule, updates, made, 2)
    assert (combined.aggregate == expected).all() and abs(combined.aggregate).max() < 20
    assert combined.kept == tuple(updates) and not combined.left_out


def test_too_few_groups_for_the_rule_leave_nobody() -> None:
    updates, made = grouped(ROWS[:2], WEIGHTS[:2])
    combined = combine_groups(RuleSpec(name="trimmed_mean", trim=1), updates, made, 2)
    assert not combined.kept and not combined.aggregate.any()
    assert combined.left_out == {one.participant: Reason.RULE for one in updates}
    assert not combine_groups(RuleSpec(), [], [], 2).kept
