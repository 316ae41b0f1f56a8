"""When a round ends its Commit: named in the spec, hashed with it, and the same in words and in numbers."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.core.errors import SpecError
from prefect_federated.core.schedule_spec import FedBuff, Synchronous, counted_weight
from prefect_federated.core.spec import TaskSpec, parse_spec

Bent = Callable[[dict[str, Any]], TaskSpec]
BUFFERED = {
    "schedule": {"name": "fedbuff", "buffer": 4, "max_staleness": 2},
    "enforced.buffer": 4,
    "enforced.max_staleness": 2,
    "enforced.modes": 1,
    "enforced.max_misses": 0,
}


def test_task_without_a_word_on_it_waits_for_everybody(task: TaskSpec) -> None:
    assert task.schedule == Synchronous() and task.enforced.buffer == task.enforced.max_staleness == 0


def test_schedule_is_part_of_the_spec_and_its_hash(bent: Bent, task: TaskSpec) -> None:
    spec = bent(BUFFERED)
    assert spec.schedule == FedBuff(buffer=4, max_staleness=2) and spec.spec_hash != task.spec_hash
    assert parse_spec(spec.canonical(), spec.spec_hash) == spec


@pytest.mark.parametrize(("field", "value"), [("buffer", 3), ("max_staleness", 1)])
def test_numbers_that_differ_from_the_words_are_refused(field: str, value: int, bent: Bent) -> None:
    with pytest.raises(SpecError, match=f"{field} is .* by the spec's words, {value} in the enforced"):
        bent({**BUFFERED, f"enforced.{field}": value})


@pytest.mark.parametrize("wrong", [{"buffer": 0}, {"max_staleness": 17}, {"max_staleness": -1}, {"alpha": 0.5}])
def test_impossible_settings_are_refused(wrong: dict[str, Any], bent: Bent) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        bent({**BUFFERED, "schedule": {"name": "fedbuff", "buffer": 4, **wrong}})


def test_algorithm_that_counts_on_every_silo_is_refused(bent: Bent) -> None:
    assert bent({**BUFFERED, "local": {"name": "fedprox", "mu": 0.1}}).local.name == "fedprox"
    with pytest.raises(SpecError, match="local fedbn with schedule fedbuff"):
        bent({**BUFFERED, "local": {"name": "fedbn", "layers": ["bias"]}})


def test_an_older_update_never_counts_more_and_never_nothing() -> None:
    for weight in (1, 2, 7, 1000, 2**32 - 1):
        counted = [counted_weight(weight, behind) for behind in range(17)]
        assert counted[0] == weight and counted == sorted(counted, reverse=True) and counted[-1] >= 1
