"""From verified updates to one aggregate: leave out by the named rules, then the exact combination.

updates --norm bound--> --weigh--> kept --mean | median | trimmed mean | shares--> aggregate --add--> next model
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prefect_federated.core.aggregation.median import coordinate_median
from prefect_federated.core.aggregation.norm_bound import within
from prefect_federated.core.aggregation.shares import shared_mean
from prefect_federated.core.aggregation.trimmed_mean import trimmed_mean
from prefect_federated.core.aggregation.two_tiers import Sums, mean_of_sums
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.round import Reason
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.weighing import Update, Words, weigh

__all__ = ["Combined", "GroupSum", "Update", "Words", "add", "apply_rule", "combine", "minus"]


_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Combined:
    """The aggregate int32 `[d]`, who is in it under which weight, and who was left out by which rule."""

    aggregate: Words
    kept: tuple[Update, ...]
    left_out: dict[str, Reason]


def combine(
    rule: RuleSpec, updates: Sequence[Update], size: int | None = None, limit: int = 2**31, threads: int = 1
) -> Combined:
    """Apply a task's rules to the updates of a round.

    Where too few are left for the rule to work, nobody is kept and the aggregate is zero.

    Args:
        updates: verified updates, each int32 `[d]`.
        size: d, needed where there may be no update at all.
        limit: largest magnitude of a word, where the updates have been checked for it; a small one is faster.
        threads: of a sum; the bits are the same.

    >>> two = [Update("a", 1, np.array([4], np.int32)), Update("b", 3, np.array([8], np.int32))]
    >>> combine(RuleSpec(), two).aggregate
    array([7], dtype=int32)
    """
    within_norm, left_out = _within_norm(rule, updates)
    kept = weigh(rule, within_norm)
    names = {update.participant for update in kept}
    left_out |= {u.participant: Reason.RULE for u in within_norm if u.participant not in names}
    if not kept:
        return Combined(np.zeros(updates[0].words.size if size is None else size, np.int32), (), left_out)
    return Combined(apply_rule(rule, kept, limit, threads), tuple(kept), left_out)


@dataclass(frozen=True, slots=True)
class GroupSum:
    """What a group masked together: its members' accounts, the sum of their weights, that of weight * word."""

    members: tuple[str, ...]
    weight: int
    total: Sums

    @property
    def mean(self) -> Words:
        """floor(total / weight), int32 `[d]`."""
        return mean_of_sums([self.total], self.weight)


def combine_groups(rule: RuleSpec, updates: Sequence[Update], groups: Sequence[GroupSum], size: int) -> Combined:
    """A rule across groups of which only the sums are known: under a rule by rank each group's mean counts once.

    The mean is that of all updates, bit for bit as without groups. Where too few groups are left for the rule nobody is
    kept and the aggregate is zero.

    Args:
        updates: all whose sums these are; their words are not looked at.
        groups: in any order.
        size: d.

    >>> three = [GroupSum((name,), 2, np.array([word])) for name, word in (("a", 9), ("b", 4), ("c", 800))]
    >>> some = [Update(name, 2, np.zeros(1, np.int32)) for name in "abc"]
    >>> combine_groups(RuleSpec(name="median"), some, three, 1).aggregate
    array([4], dtype=int32)
    >>> combine_groups(RuleSpec(), some, three, 1).aggregate
    array([135], dtype=int32)
    """
    if not groups or len(groups) < rule.fewest:
        return Combined(np.zeros(size, np.int32), (), {update.participant: Reason.RULE for update in updates})
    if rule.name == "mean":
        mean = mean_of_sums([group.total for group in groups], sum(group.weight for group in groups))
        return Combined(mean, tuple(updates), {})
    means = [Update(group.members[0], 1, group.mean) for group in groups]
    return Combined(apply_rule(rule, means), tuple(updates), {})


def combine_total(updates: Sequence[Update], total: Sums | None, size: int, lost: Reason = Reason.RULE) -> Combined:
    """The mean of masked updates, of which only the sum is known; without it nobody is kept and the aggregate is zero.

    Args:
        updates: whose sum it is; their words are not looked at.
        total: of weight * word, int64 `[d]`.
        size: d.
        lost: why there is none.

    >>> two = [Update("a", 1, np.zeros(1, np.int32)), Update("b", 3, np.zeros(1, np.int32))]
    >>> combine_total(two, np.array([28]), size=1).aggregate, len(combine_total(two, None, size=1).kept)
    (array([7], dtype=int32), 0)
    """
    if total is None:
        return Combined(np.zeros(size, np.int32), (), {update.participant: lost for update in updates})
    return Combined(mean_of_sums([total], sum(update.weight for update in updates)), tuple(updates), {})


def apply_rule(rule: RuleSpec, updates: Sequence[Update], limit: int = 2**31, threads: int = 1) -> Words:
    """The aggregate of updates that are in it, under the weights they have there; int32 `[d]`.

    Args:
        updates: at least one, each int32 `[d]`.
        limit: as in `combine`.
        threads: as in `combine`.

    Raises:
        WeightOverflow: the coefficients of a rule that reweights sum to more than it gives.
    """
    pairs = [(u.weight, u.words) for u in updates]
    if rule.reweights:
        return shared_mean(pairs, updates[0].words.size, limit=limit, most_scale=rule.most_scale, threads=threads)
    if rule.name in ("mean", "multi_krum"):
        return weighted_mean(pairs, d=updates[0].words.size, limit=limit, threads=threads)
    rows = [update.words for update in updates]
    return coordinate_median(rows) if rule.name == "median" else trimmed_mean(rows, rule.trimmed)


def add(base: Words, aggregate: Words) -> Words:
    """Next model: base + aggregate, held at the ends of int32.

    >>> add(np.array([2**31 - 1, 5], np.int32), np.array([1, -2], np.int32))
    array([2147483647,          3], dtype=int32)
    """
    return _held(np.add, base, aggregate)


def minus(model: Vector, before: Vector) -> Words:
    """The step from one model to another, held at the ends of int32.

    >>> minus(np.array([5, 2**31 - 1], np.int32), np.array([7, -9], np.int32))
    array([        -2, 2147483647], dtype=int32)
    """
    return _held(np.subtract, model, before)


def _held(operation: np.ufunc, first: Vector, second: Vector) -> Words:
    """In int64 and held at the ends of int32, a block at a time, so that no vector is held twice as wide."""
    result, bounds = np.empty(first.size, np.int32), np.iinfo(np.int32)
    for at in range(0, first.size, _BLOCK):
        part = slice(at, at + _BLOCK)
        wide = operation(first[part], second[part], dtype=np.int64)
        np.clip(wide, bounds.min, bounds.max, out=result[part], casting="unsafe")
    return result


def _within_norm(rule: RuleSpec, updates: Sequence[Update]) -> tuple[list[Update], dict[str, Reason]]:
    if rule.norm_bound is None:
        return list(updates), {}
    square = rule.norm_bound**2
    kept = [update for update in updates if within(update.words, square)]
    names = {update.participant for update in kept}
    return kept, {u.participant: Reason.NORM_BOUND for u in updates if u.participant not in names}
