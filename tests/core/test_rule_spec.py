"""The rule of a task: what it needs, how many it takes, and how it can be paid by; refused when the task is made."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.core.enforced import REWEIGHTED, RULES
from prefect_federated.core.errors import SpecError, WeightOverflow
from prefect_federated.core.spec import TaskSpec
from tests.core.conftest import ALICE

Bent = Callable[[dict[str, Any]], TaskSpec]


def under(rule: dict[str, Any]) -> dict[str, Any]:
    """The changes that put a task under a rule, paid equally."""
    return {
        "rule": rule,
        "rewards.policy": "equal",
        "enforced.rule": RULES.index(rule["name"]),
        "enforced.trim": rule["byzantine"] if rule["name"] == "bulyan" else rule.get("trim", 0),
        "enforced.reward_by": 1,
    }


@pytest.mark.parametrize(
    ("rule", "quorum", "possible"),
    [
        ({"name": "trimmed_mean", "trim": 1}, 2, False),
        ({"name": "trimmed_mean", "trim": 1}, 3, True),
        ({"name": "multi_krum", "byzantine": 1}, 4, False),
        ({"name": "multi_krum", "byzantine": 1}, 5, True),
        ({"name": "median"}, 1, True),
        ({"name": "bulyan", "byzantine": 1}, 6, False),
        ({"name": "bulyan", "byzantine": 1}, 7, True),
        ({"name": "geometric_median", "byzantine": 3}, 6, False),
        ({"name": "geometric_median", "byzantine": 3}, 7, True),
        ({"name": "centred_clip", "byzantine": 1, "radius": 9}, 9, False),
        ({"name": "centred_clip", "byzantine": 1, "radius": 9}, 10, True),
        ({"name": "root_of_trust", "root": ALICE}, 1, True),
    ],
    ids=str,
)
def test_rule_that_cannot_work_at_the_quorum_is_refused(
    rule: dict[str, Any], quorum: int, possible: bool, bent: Bent
) -> None:
    changes = under(rule) | {"enforced.quorum": quorum, "enforced.max_participants": 10}
    if possible:
        assert bent(changes).rule.fewest <= quorum
    else:
        with pytest.raises(SpecError, match=f"the quorum is {quorum}"):
            bent(changes)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"name": "centred_clip"}, "centred_clip with radius None: centred_clip needs it"),
        ({"name": "geometric_median", "radius": 5}, "with radius 5: centred_clip needs it, no other rule takes it"),
        ({"name": "root_of_trust"}, "root_of_trust with root None"),
        ({"name": "mean", "root": ALICE}, "no other rule takes it"),
        ({"name": "root_of_trust", "root": ALICE[:-1] + "9"}, "wrong checksum"),
        ({"name": "centred_clip", "radius": 0}, "radius"),
    ],
    ids=str,
)
def test_rule_without_what_it_needs_or_with_what_it_ignores_is_refused(
    rule: dict[str, Any], words: str, bent: Bent
) -> None:
    with pytest.raises(ValidationError, match=words):
        bent(under(rule))


@pytest.mark.parametrize("name", RULES[REWEIGHTED:])
def test_rule_that_reweights_cannot_pay_by_the_examples_it_replaces(name: str, bent: Bent) -> None:
    needs = {"centred_clip": {"radius": 9}, "root_of_trust": {"root": ALICE}}
    changes = under({"name": name, **needs.get(name, {})})
    assert bent(changes).rule.reweights
    with pytest.raises(ValidationError, match=f"rule {name} with reward_by 0: .* pay equally"):
        bent(changes | {"rewards.policy": "examples", "enforced.reward_by": 0})


def test_weights_that_a_rule_does_not_use_are_no_reason_to_refuse_a_task(bent: Bent) -> None:
    largest = {"update.limit": 2**31 - 1, "enforced.limit": 2**31 - 1, "enforced.max_participants": 10_000}
    changes = under({"name": "geometric_median"}) | largest | {"enforced.max_weight": 2**32 - 1}
    assert bent(changes).rule.name == "geometric_median"
    with pytest.raises(WeightOverflow, match="limit 2147483647 times that exceeds"):
        bent(changes | under({"name": "root_of_trust", "root": ALICE}))
