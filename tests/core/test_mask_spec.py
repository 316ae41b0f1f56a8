"""A masked task's words and numbers agree, and nothing in it needs single updates."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from prefect_federated.core.errors import SpecError, WeightOverflow
from prefect_federated.core.mask_spec import Clear, Masked
from prefect_federated.core.spec import TaskSpec
from tests.core.conftest import GROUPED, MASKED, Values

Bent = Callable[..., TaskSpec]


def test_masked_task_says_so_in_words_and_numbers(bent: Bent) -> None:
    task = bent(MASKED)
    assert task.masking == Masked(threshold=2) and task.enforced.masked
    assert (task.enforced.mode, task.enforced.threshold) == (1, 2)


def test_task_is_clear_where_nothing_is_said(bent: Bent) -> None:
    assert bent({}).masking == Clear() and not bent({}).enforced.masked


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"masking": {"name": "clear"}}, "mode is 0 by the spec's words, 1 in the enforced"),
        ({"masking": {"name": "masked", "threshold": 3}}, "threshold is 3 by the spec's words, 2 in the enforced"),
        ({"masking": {"name": "masked", "threshold": 1}}, "threshold"),
        ({"masking": {"name": "veiled"}}, "masking"),
        ({"detection": {}}, "detection in a masked task: nobody sees a single update"),
        (
            {"regions": [{"name": "north", "aggregator": "0x" + "71" * 20, "silos": ["0x" + "72" * 20]}]},
            "regions in a masked task",
        ),
    ],
)
def test_what_does_not_go_with_masks_is_refused_by_name(bent: Bent, changes: Values, words: str) -> None:
    with pytest.raises((ValidationError, SpecError), match=words):
        bent({**MASKED, **changes})


def test_sum_that_could_wrap_is_refused_when_the_task_is_made(bent: Bent) -> None:
    limit = 2**19  # 8 participants of weight 1000
    with pytest.raises((ValidationError, WeightOverflow), match="2147483648, where a masked or encrypted sum wraps"):
        bent({**MASKED, "update.limit": limit, "enforced.limit": limit})


def test_a_task_with_groups_says_so_and_may_have_a_rule_by_rank(bent: Bent) -> None:
    task = bent(GROUPED)
    assert task.masking == Masked(threshold=3, group=5) and task.enforced.group == 5
    assert task.rule.name == "trimmed_mean"


def test_only_one_group_must_fit_a_sum_and_not_the_cohort(bent: Bent) -> None:
    most = (2**31 - 1) // (9 * 100)  # of a cohort of nine, which is one group
    assert bent({**GROUPED, "update.limit": most, "enforced.limit": most}).update.limit == most
    with pytest.raises((ValidationError, WeightOverflow), match=r"9 participants \* weight 100 \* limit"):
        bent({**GROUPED, "update.limit": most + 1, "enforced.limit": most + 1})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"masking": {"name": "masked", "threshold": 6, "group": 5}}, "threshold 6 in groups of 5"),
        (
            {"masking": {"name": "masked", "threshold": 3, "group": 6}},
            "group is 6 by the spec's words, 5 in the enforced",
        ),
        (
            {"enforced.quorum": 14},
            "rule trimmed_mean needs 3 groups, the quorum is 14 in groups of 5; raise the quorum",
        ),
    ],
)
def test_groups_that_could_not_be_opened_or_ruled_over_are_refused(bent: Bent, changes: Values, words: str) -> None:
    with pytest.raises((ValidationError, SpecError), match=words):
        bent({**GROUPED, **changes})


def test_a_masked_task_may_have_more_than_128_participants_if_a_graph_stands_its_fractions(bent: Bent) -> None:
    many = {**MASKED, "enforced.max_participants": 10_000, "enforced.max_weight": 1}
    assert bent(many).enforced.max_participants == 10_000
    with pytest.raises((ValidationError, SpecError), match="129 members of whom 65 collude and 65 drop out"):
        bent({**many, "masking": {"name": "masked", "threshold": 2, "colluding": 0.5, "dropping": 0.5}})
