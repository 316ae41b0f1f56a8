"""Under which weight each update enters the aggregate by the task's rule; who is given none is left out.

updates --rule--> weight revealed (mean, ranks) | chosen (Krum, Bulyan) | coefficient (the rules that reweight)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.bulyan import bulyan
from prefect_federated.core.aggregation.centred_clip import centred_clip
from prefect_federated.core.aggregation.geometric_median import geometric_median
from prefect_federated.core.aggregation.multi_krum import multi_krum
from prefect_federated.core.aggregation.root_of_trust import root_of_trust
from prefect_federated.core.aggregation.shares import without_zeros
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.rule_spec import RuleSpec

Words = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Update:
    """One participant's decoded update: words int32 `[d]` and its weight, in examples or as a coefficient."""

    participant: str
    weight: int
    words: Vector


def weigh(rule: RuleSpec, updates: Sequence[Update]) -> list[Update]:
    """Those in the aggregate, each under its weight there; nobody where the rule cannot work on so few.

    >>> three = [Update(name, 9, np.array([word], np.int32)) for name, word in (("a", 8), ("b", 8), ("c", 80))]
    >>> [update.weight for update in weigh(RuleSpec(name="centred_clip", radius=8), three)]
    [65536, 65536, 6553]
    """
    if len(updates) < rule.fewest:
        return []
    if rule.reweights:
        found = without_zeros(range(len(updates)), lambda some: _coefficients(rule, updates, some))
        return [replace(updates[index], weight=coefficient) for index, coefficient in found.items()]
    if rule.name == "multi_krum":
        most = len(updates) - rule.byzantine
        return _chosen(updates, multi_krum(_rows(updates), rule.byzantine, min(rule.keep or most, most)))
    return _chosen(updates, bulyan(_rows(updates), rule.byzantine)) if rule.name == "bulyan" else list(updates)


def _coefficients(rule: RuleSpec, updates: Sequence[Update], some: Sequence[int]) -> list[int]:
    """Coefficients of these updates; all 0 where the root of trust is not among them."""
    those = [updates[index] for index in some]
    if rule.radius is not None:
        return centred_clip(_rows(those), rule.radius)
    if rule.root is None:
        return geometric_median(_rows(those))
    root = next((update.words for update in those if update.participant == rule.root), None)
    return [0] * len(those) if root is None else root_of_trust(_rows(those), root)


def _chosen(updates: Sequence[Update], mask: NDArray[np.bool_]) -> list[Update]:
    return [update for update, yes in zip(updates, mask, strict=True) if yes]


def _rows(updates: Sequence[Update]) -> list[Vector]:
    return [update.words for update in updates]
