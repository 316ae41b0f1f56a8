"""The silos' algorithm of a task: named in the spec, hashed with it, and refused where the rest does not go with it."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.core.errors import SpecError
from prefect_federated.core.local_spec import FedNova, Scaffold, Sgd, shared_tensors
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.payload import header_chunk, plain_header
from prefect_federated.core.spec import TaskSpec, Tensor, parse_spec

Bent = Callable[[dict[str, Any]], TaskSpec]
OWN = [{"name": "weight", "shape": [1, 2]}, {"name": "bias", "shape": [1]}]
CONTROLS = [{"name": "control/weight", "shape": [1, 2]}, {"name": "control/bias", "shape": [1]}]
STEPS = [{"name": "local_steps", "shape": [1]}]


def header(size: int) -> str:
    return "0x" + leaf_hash(header_chunk(plain_header("aggregate", size, 16))).hex()


SCAFFOLD = {
    "local": {"name": "scaffold"},
    "model.tensors": OWN + CONTROLS,
    "enforced.aggregate_header": header(6),
}
NOVA = {
    "local": {"name": "fednova", "nominal_steps": 20},
    "server": {"name": "fednova"},
    "model.tensors": OWN + STEPS,
    "enforced.aggregate_header": header(4),
    "enforced.step": 1,
}


def test_task_without_a_word_on_it_trains_by_the_plan_alone(task: TaskSpec) -> None:
    assert task.local == Sgd() and task.model_tensors == task.model.tensors


@pytest.mark.parametrize(
    "changes",
    [SCAFFOLD, NOVA, {"local": {"name": "fedprox", "mu": 0.1}}, {"local": {"name": "fedbn", "layers": ["norm.*"]}}],
    ids=lambda changes: changes["local"]["name"],
)
def test_algorithm_is_hashed_and_read_back_and_adds_nothing_to_the_model(bent: Bent, changes: dict[str, Any]) -> None:
    plain, spec = bent({}).spec_hash, bent(changes)
    assert parse_spec(spec.canonical(), spec.spec_hash) == spec and spec.spec_hash != plain
    assert [tensor.name for tensor in spec.model_tensors] == ["weight", "bias"]


def test_shared_tensors_are_what_the_spec_asks_for(bent: Bent) -> None:
    own = tuple(Tensor.model_validate(one) for one in OWN)
    assert shared_tensors(Scaffold(), own, ["weight", "bias"]) == bent(SCAFFOLD).model.tensors
    assert [one.name for one in shared_tensors(Scaffold(), own, ["bias"])] == ["weight", "bias", "control/bias"]
    assert shared_tensors(FedNova(), own, []) == bent(NOVA).model.tensors


@pytest.mark.parametrize(
    ("given", "changes", "message"),
    [
        (SCAFFOLD, {"model.tensors": OWN, "enforced.aggregate_header": header(3)}, "the spec has nothing there"),
        (SCAFFOLD, {"model.tensors": CONTROLS + OWN}, "needs its own tensors behind the model's"),
        (
            SCAFFOLD,
            {"model.tensors": [*OWN, {"name": "control/weight", "shape": [3]}]},
            "the spec has control/weight there; leave model.tensors out",
        ),
        (SCAFFOLD, {"model.tensors": [*OWN, {"name": "control/other", "shape": [3]}]}, "control/other there"),
        (NOVA, {"model.tensors": [*OWN, {"name": "local_steps", "shape": [3]}]}, "local_steps there"),
        (NOVA, {"server": {"name": "fedavg"}, "enforced.step": 0}, "local fednova with server fedavg"),
        ({}, {"server": {"name": "fednova"}, "enforced.step": 1}, "local sgd with server fednova"),
        (SCAFFOLD, {"server": {"name": "fedadam"}, "enforced.step": 1}, "local scaffold with server fedadam: only"),
        (SCAFFOLD, {"rule": {"name": "median"}, "enforced.rule": 1}, "local scaffold with rule median"),
        (NOVA, {"rule": {"name": "median"}, "enforced.rule": 1}, "local fednova with rule median"),
        (NOVA, {"rule": {"norm_bound": 99}, "enforced.norm_bound": 99}, "fednova with norm_bound 99"),
    ],
)
def test_what_does_not_go_with_the_algorithm_is_named(
    bent: Bent, given: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    header_of = {"enforced.aggregate_header": header(size(changes))} if "model.tensors" in changes else {}
    with pytest.raises(SpecError, match=message):
        bent({**given, **changes, **header_of})


def size(changes: dict[str, Any]) -> int:
    return sum(Tensor.model_validate(one).size for one in changes["model.tensors"])


@pytest.mark.parametrize("changes", [SCAFFOLD, NOVA, {"local": {"name": "fedprox", "mu": 0}}, {"local.name": "fedbn"}])
def test_every_algorithm_is_refused_in_a_task_with_privacy(bent: Bent, changes: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"in a task with privacy: DP-SGD takes no other term"):
        bent({**changes, "privacy": {"noise_multiplier": 1, "max_grad_norm": 1}})


@pytest.mark.parametrize(
    ("local", "message"),
    [
        ({"name": "fedfoo"}, "'fedfoo' found using 'name' does not match any of the expected tags: 'sgd', 'fedprox'"),
        ({"name": "fedprox"}, "local.fedprox.mu\n  Field required"),
        ({"name": "fedprox", "mu": -0.1}, "local.fedprox.mu\n  Input should be greater than or equal to 0"),
        ({"name": "fedprox", "mu": float("nan")}, "local.fedprox.mu\n  Input should be"),
        ({"name": "scaffold", "mu": 1}, "local.scaffold.mu\n  Extra inputs are not permitted"),
        ({"name": "fednova", "nominal_steps": 0}, "local.fednova.nominal_steps\n  Input should be greater than 0"),
        ({"name": "fedbn", "layers": "norm"}, "local.fedbn.layers\n  Input should be a valid tuple"),
    ],
)
def test_unknown_algorithm_setting_or_value_is_named(bent: Bent, local: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        bent({"local": local})
    assert message in str(caught.value)
