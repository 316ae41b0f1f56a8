"""What a plan must offer for an algorithm: refused before a task is made, and before a round trains."""

import numpy as np
import pytest

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.local_spec import FedBN, FedNova, FedProx, LocalSpec, Scaffold
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.algorithms.chosen import shared_manifest
from prefect_federated.learning.local import initial_vector, local_update
from prefect_federated.learning.offers import NormalisingPlan, SteppingPlan
from prefect_federated.learning.plan import Private, TrainResult, manifest
from prefect_federated.learning.torch_plan import TorchPlan
from tests.learning.algorithms.plans import Bare, Normed, OwnTrain, logistic, pair

STEPPING: list[LocalSpec] = [FedProx(mu=0.1), Scaffold(), FedNova()]


def test_torch_plans_offer_all() -> None:
    assert isinstance(Normed(), SteppingPlan) and isinstance(Normed(), NormalisingPlan)


@pytest.mark.parametrize("local", STEPPING, ids=lambda local: local.name)
def test_plan_with_the_bare_methods_is_told_what_it_lacks(local: LocalSpec) -> None:
    with pytest.raises(ConfigurationError, match=f"trains by {local.name}, and plan Bare lacks trained, local_steps"):
        shared_manifest(Bare(), local)


def test_plan_that_knows_no_normalisation_may_have_its_layers_named() -> None:
    with pytest.raises(ConfigurationError, match="plan Bare lacks normalisation; name the tensors"):
        shared_manifest(Bare(), FedBN())
    assert [tensor.name for tensor in shared_manifest(Bare(), FedBN(layers=("*.bias",)))] == ["0.weight"]


@pytest.mark.parametrize("local", STEPPING, ids=lambda local: local.name)
def test_training_of_a_plans_own_is_not_replaced_in_silence(local: LocalSpec) -> None:
    with pytest.raises(ConfigurationError, match="OwnTrain has a train of its own and inherits train_with"):
        shared_manifest(OwnTrain(), local)


def test_plan_that_brings_both_is_taken() -> None:
    class Both(OwnTrain):
        def train_with(self, *args: object) -> TrainResult:
            return TrainResult(7)

    plan = Both()
    tensors = shared_manifest(plan, FedProx(mu=0.1))
    base = initial_vector(plan, tensors, 0)
    assert local_update(plan, tensors, base, pair()["north"], 1, 1.0, local=FedProx(mu=0.1)).examples == 7


def test_refusal_comes_before_training() -> None:
    class Watched(OwnTrain):
        trained_times = 0

        def train(self, *args: object) -> TrainResult:
            self.trained_times += 1
            return TrainResult(1)

    plan = Watched()
    tensors = manifest(plan)
    with pytest.raises(ConfigurationError, match="override train_with"):
        local_update(plan, tensors, np.zeros(8, np.float32), pair()["north"], 1, 1.0, local=FedProx(mu=0.1))
    assert not plan.trained_times


@pytest.mark.parametrize("local", [*STEPPING, FedBN(layers=("*.bias",))], ids=lambda local: local.name)
def test_private_training_takes_no_algorithm_beside_it(local: LocalSpec) -> None:
    plan = logistic()
    tensors = shared_manifest(plan, local)
    base = initial_vector(plan, tensors, 0, local)
    private = Private(PrivacySpec(noise_multiplier=1, max_grad_norm=1), bytes(32))
    with pytest.raises(ConfigurationError, match=f"local {local.name} in private training: DP-SGD takes no other"):
        local_update(plan, tensors, base, pair()["north"], 1, 1.0, private, local)


def test_updates_set_the_number_of_batches_whatever_the_rows() -> None:
    class Counting(TorchPlan):
        def module(self) -> object:
            return logistic().module()

        def loss(self, output: object, y: object) -> object:
            self.seen = [*getattr(self, "seen", []), len(y)]
            return super().loss(output, y)

    plan = Counting(updates=12, batch_size=8)
    for name, rows in (("north", [8] * 12), ("south", [8] * 12)):
        plan.seen = []
        plan.train(plan.build_model(1), pair()[name], 1)
        assert plan.seen == rows and plan.local_steps(len(pair()[name])).count == 12
    assert plan.sampling(40).steps == 12
    odd = Counting(updates=5, batch_size=32)
    odd.train(odd.build_model(1), pair()["north"], 1)
    assert odd.seen == [32, 8, 32, 8, 32]


def test_negative_updates_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="updates=-1 must be >= 0"):
        logistic(updates=-1)
