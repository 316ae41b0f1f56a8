"""Where a silo trains: which device `auto` takes, what is refused, and how a run tells it."""

from typing import Any

import pytest

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.machine import Machine, chosen
from prefect_federated.learning.plan import TrainingData
from tests.learning.sklearn_plans import plan as sklearn_plan
from tests.learning.together_plans import placed

NONE = {"cuda": 0, "mps": 0}


@pytest.mark.parametrize(
    ("there", "processes", "kind"),
    [
        (NONE, 1, "cpu"),
        (NONE, 8, "cpu"),
        ({"cuda": 1, "mps": 0}, 1, "cuda"),
        ({"cuda": 2, "mps": 1}, 2, "cuda"),
        ({"cuda": 0, "mps": 1}, 1, "mps"),
        ({"cuda": 0, "mps": 1}, 2, "cpu"),  # processes cannot sum there
    ],
)
def test_auto_takes_the_best_device_that_is_there(there: dict[str, int], processes: int, kind: str) -> None:
    assert chosen(Machine("auto", processes), there) == kind
    assert chosen(Machine("cpu", processes), there) == "cpu"


@pytest.mark.parametrize(
    ("device", "processes", "there", "words"),
    [
        ("cuda", 1, NONE, "1 processes on device cuda, each with a cuda device of its own, and torch sees 0"),
        ("cuda", 3, {"cuda": 2, "mps": 0}, "3 processes on device cuda, .* torch sees 2"),
        ("auto", 3, {"cuda": 2, "mps": 0}, "3 processes on device auto, .* torch sees 2"),
        ("mps", 2, {"cuda": 0, "mps": 1}, "2 processes on device mps, .* torch sees 1"),
    ],
)
def test_device_that_is_not_there_for_each_process_is_refused(
    device: str, processes: int, there: dict[str, int], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        chosen(Machine(device, processes), there)


@pytest.mark.parametrize("wrong", [{"device": "tpu"}, {"processes": 0}, {"limit_s": -1.0}])
def test_impossible_machine_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="must be one of auto, cpu, cuda, mps"):
        Machine(**wrong)


def test_training_refuses_a_device_that_is_not_there(data: TrainingData) -> None:
    plan = placed("Small", 1, device="mps")
    with pytest.raises(ConfigurationError, match="device mps"):
        plan.train(plan.build_model(0), data, 1)


def test_tags_name_device_and_processes() -> None:
    assert Machine("cpu", 2).tags == {"device:cpu", "processes:2"}


def test_plans_that_ask_for_no_machine_stay_as_they_are() -> None:
    from prefect_federated.core.spec import PlanSpec
    from prefect_federated.learning.machine import Assignment, assigned

    mine = sklearn_plan()
    spec = PlanSpec(ref="a:B", code_hash=bytes(32))
    assert assigned(mine, Assignment(spec, 1, Machine("cpu", 4))) is mine
