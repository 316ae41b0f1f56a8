"""Some tensors are shared and trained: the others are the same everywhere, do not move, and are not sent."""

from pathlib import Path

import mlflow
import numpy as np
import pytest
import torch
from torch import nn

from prefect_federated.adapters.mlflow.loader import load_weights
from prefect_federated.adapters.mlflow.package import save_package, write_weights
from prefect_federated.adapters.mlflow.pytorch_flavor import add_pytorch
from prefect_federated.adapters.mlflow.records import PackagedModel
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.fixed_point import Encoding, decode
from prefect_federated.core.local_spec import FedBN, FedNova, Scaffold
from prefect_federated.core.server_spec import FedAvg
from prefect_federated.core.server_spec import FedNova as NovaServer
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.batched_training import why_not_batched
from prefect_federated.learning.local import initial_vector, local_update, model_of
from prefect_federated.learning.plan import Private, TrainingData, code_hash, manifest
from prefect_federated.learning.rounds import Setting, after_round, first
from prefect_federated.learning.torch_plan import TorchPlan
from tests.learning.algorithms.plans import pair
from tests.learning.lora_plan import LoraPlan

SHARED = {"body.3.lora_a": (2, 8), "body.3.lora_b": (8, 2), "head.weight": (2, 8), "head.bias": (2,)}


def frozen(plan: TorchPlan, model: nn.Module) -> dict[str, torch.Tensor]:
    shared = plan.parameters(model)
    return {name: value.clone() for name, value in model.state_dict().items() if name not in shared}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def test_training_moves_what_is_shared_and_nothing_else(data: TrainingData) -> None:
    plan = LoraPlan(weight_decay=0.1, momentum=0.9, lr=0.02)
    model = plan.build_model(3)
    before, held, loss = plan.parameters(model), frozen(plan, model), plan.evaluate(model, data)["loss"]
    plan.train(model, data, 5)
    assert same(held, frozen(plan, model)), "running statistics are among them"
    assert all((before[name] != values).any() for name, values in plan.parameters(model).items())
    assert plan.evaluate(model, data)["loss"] < 0.6 * loss


def test_update_is_as_long_as_the_subset(data: TrainingData) -> None:
    plan = LoraPlan()
    tensors = manifest(plan)
    assert {tensor.name: tensor.shape for tensor in tensors} == SHARED
    found = local_update(plan, tensors, initial_vector(plan, tensors, 1), data, 5, 100.0)
    assert found.delta.shape == (16 + 16 + 16 + 2,)


def test_frozen_tensors_do_not_depend_on_the_tasks_seed() -> None:
    plan = LoraPlan()
    one, other = plan.build_model(0), plan.build_model(7)
    assert same(frozen(plan, one), frozen(plan, other))
    assert (plan.parameters(one)["head.weight"] != plan.parameters(other)["head.weight"]).any()


def test_update_of_a_linear_head_is_that_of_training_the_head_alone(data: TrainingData) -> None:
    """By hand: the body's output is a constant of the row, so plain training of a linear layer on it is the same."""
    plan = LoraPlan(share=("head.*",))
    model = plan.build_model(3)
    with torch.no_grad():
        features = model.eval().body(plan.tensors(data.x)).numpy()

    class Head(TorchPlan):
        def module(self) -> nn.Module:
            return nn.Linear(8, 2)

        def tensors(self, x: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(features)

    alone = Head(epochs=6, batch_size=8, lr=0.1)
    head = alone.build_model(0)
    alone.load(head, {name.removeprefix("head."): values for name, values in plan.parameters(model).items()})
    alone.train(head, data, 5)
    plan.train(model, data, 5)
    assert np.allclose(head.weight.detach(), model.head.weight.detach(), atol=1e-6)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (("head.*", "*.adapter_*"), r"share names '\*.adapter_\*', and none of the module's 12 tensors"),
        (("body.1.running_*",), r"leaves none of 10 parameters to train"),
    ],
)
def test_pattern_for_nothing_and_nothing_to_train_are_refused(share: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        LoraPlan(share=share).build_model(0)


class Tied(TorchPlan):
    """One matrix under two names."""

    def module(self) -> nn.Module:
        layers = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        layers[1].weight = layers[0].weight
        return layers


def test_one_tensor_under_two_names_is_shared_under_both_or_neither() -> None:
    with pytest.raises(ConfigurationError, match=r"0\.weight and 1\.weight are one tensor"):
        Tied(share=("1.*",)).build_model(0)
    assert "0.bias" not in Tied(share=("*.weight",)).parameters(Tied(share=("*.weight",)).build_model(0))


class Pretrained(LoraPlan):
    """What is frozen comes from a file."""

    def __init__(self, *, file: str, **settings) -> None:
        super().__init__(**settings)
        self.file = file

    def module(self) -> nn.Module:
        network = super().module()
        network.body[0].load_state_dict(torch.load(self.file, weights_only=True))
        return network


def test_silo_with_other_weights_in_its_file_is_refused_by_digest(tmp_path: Path) -> None:
    for seed, name in enumerate(("right.pt", "wrong.pt")):
        torch.manual_seed(seed)
        torch.save(nn.Linear(3, 8).state_dict(), tmp_path / name)
    digest = Pretrained(file=str(tmp_path / "right.pt")).frozen_digest()
    model = Pretrained(file=str(tmp_path / "right.pt"), frozen=digest).build_model(4)
    assert torch.equal(model.body[0].weight, torch.load(tmp_path / "right.pt", weights_only=True)["weight"])
    with pytest.raises(ConfigurationError, match=f"hash to 0x[0-9a-f]{{64}}, the task says {digest}"):
        Pretrained(file=str(tmp_path / "wrong.pt"), frozen=digest).build_model(4)


def test_digest_without_a_subset_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"frozen=0xab without share"):
        LoraPlan(share=(), frozen="0xab")


@pytest.mark.parametrize("local", [Scaffold(), FedNova()])
def test_scaffold_and_fednova_share_and_move_the_subset_alone(local: Scaffold | FedNova) -> None:
    settings = Setting(LoraPlan(centre=0.0), local, NovaServer() if isinstance(local, FedNova) else FedAvg())
    adds = {f"control/{name}" for name in SHARED} if isinstance(local, Scaffold) else {"local_steps"}
    assert {tensor.name for tensor in settings.manifest} == set(SHARED) | adds
    start = first(settings)
    assert (after_round(settings, start, pair()).words != start.words).any()


def test_fedbn_keeps_shared_normalisation_at_home_and_refuses_where_it_is_frozen() -> None:
    settings = Setting(LoraPlan(centre=0.0, share=("head.*", "body.1.*")), FedBN())
    assert [tensor.name for tensor in settings.manifest] == ["head.weight", "head.bias"]
    kept = after_round(settings, first(settings), pair()).personal["north"]
    assert set(kept) == {f"body.1.{name}" for name in ("weight", "bias", "running_mean", "running_var")}
    assert (kept["body.1.running_mean"] != 0).any(), "it is not frozen, so training updates it"
    with pytest.raises(ConfigurationError, match=r"0 of 4 tensors .* would stay at home"):
        first(Setting(LoraPlan(), FedBN()))


class Plain(TorchPlan):
    """Without normalisation, which private training refuses."""

    def module(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def test_private_training_moves_the_subset_alone(data: TrainingData) -> None:
    plan = Plain(share=("2.*",), weight_decay=0.1)
    tensors, model = manifest(plan), plan.build_model(0)
    held = frozen(plan, model)
    plan.train_privately(model, data, bytes(32), PrivacySpec(noise_multiplier=1.0, max_grad_norm=1.0, delta=1e-5))
    assert same(held, frozen(plan, model))
    private = Private(PrivacySpec(noise_multiplier=1.0, max_grad_norm=1.0, delta=1e-5), bytes(32))
    assert local_update(plan, tensors, initial_vector(plan, tensors, 0), data, 1, 9.0, private).delta.shape == (10,)


def test_subset_is_not_trained_as_one_program_with_others() -> None:
    assert why_not_batched(Plain(share=("2.*",))) == "parameter 0.weight is not trained in float32"


def test_packaged_model_takes_what_is_frozen_from_the_plan(data: TrainingData, tmp_path: Path) -> None:
    settings = Setting(LoraPlan(), frac_bits=24, seed=3)
    standing = after_round(settings, first(settings), {"north": data})
    vector = decode(standing.words, Encoding(24, 2**31 - 1)).astype(np.float32)
    model = model_of(settings.plan, settings.manifest, vector)
    packaged = PackagedModel(
        plan="tests.learning.lora_plan:LoraPlan",
        hyperparameters={"share": ["head.*", "*.lora_*"]},
        tensors=settings.plan.parameters(model),
        columns=dict.fromkeys(data.features, "double"),
    )
    inputs = data.frame[list(data.features)]
    loaded = load_weights(write_weights(packaged, tmp_path / "weights"))
    assert same(frozen(settings.plan, model), frozen(settings.plan, loaded.model))
    assert (loaded.predict(inputs) == settings.plan.predict(model, inputs)).all()


def test_module_that_mlflow_loads_as_torch_holds_what_is_frozen_too(data: TrainingData, tmp_path: Path) -> None:
    plan = LoraPlan()
    model = plan.build_model(3)
    plan.train(model, data, 5)
    ref = "tests.learning.lora_plan:LoraPlan"
    columns = dict.fromkeys(data.features, "double")
    packaged = PackagedModel(ref, {}, plan.parameters(model), columns, code_hash="0x" + code_hash(ref).hex())
    folder = save_package(packaged, tmp_path / "model", "m-1", "", {})
    assert add_pytorch(folder, packaged)
    x = plan.tensors(data.x)
    with torch.no_grad():
        assert torch.allclose(mlflow.pytorch.load_model(str(folder))(x), model.eval()(x), atol=1e-6)
