"""FedProx: the term is that of the paper, it holds a model near its base, and with mu 0 it is plain training."""

import numpy as np
import pytest
import torch

from prefect_federated.core.local_spec import FedProx, LocalSpec, Sgd
from prefect_federated.learning.determinism import reproducible
from prefect_federated.learning.local import initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, manifest
from prefect_federated.learning.tabular import TabularClassifier
from tests.learning.private_plans import flat


def planned(**training: object) -> TabularClassifier:
    settings = {"epochs": 6, "batch_size": 8, "lr": 0.1, **training}
    return TabularClassifier(means=[50.0] * 3, scales=[10.0] * 3, hidden=[4], **settings)


def moved(plan: TabularClassifier, data: TrainingData, local: LocalSpec) -> np.ndarray:
    """What a silo adds to version 0."""
    tensors = manifest(plan)
    base = initial_vector(plan, tensors, 1)
    return local_update(plan, tensors, base, data, 3, 1e6, local=local).delta


@pytest.mark.parametrize("training", [{}, {"momentum": 0.9}, {"optimizer": "adam", "lr": 0.01}], ids=str)
def test_training_is_that_on_the_papers_objective(data: TrainingData, training: dict[str, object]) -> None:
    """Autograd differentiates the whole objective; the plan adds the term's gradient by hand."""
    mu, plan = 0.4, planned(**training)
    model = plan.build_model(1)
    start = flat(plan, model)
    base = [p.detach().clone() for p in model.parameters()]
    x, y = plan.tensors(data.x), torch.from_numpy(data.y)
    with reproducible(3):
        step = plan._optimizer(model)
        for _ in range(plan.epochs):
            for rows in torch.split(torch.randperm(len(y)), plan.batch_size):
                step.zero_grad()
                away = sum(((p - old) ** 2).sum() for p, old in zip(model.parameters(), base, strict=True))
                (plan.loss(model(x[rows]), y[rows]) + mu / 2 * away).backward()
                step.step()
    theirs = flat(plan, model) - start
    assert np.allclose(moved(plan, data, FedProx(mu=mu)), theirs, atol=1e-5)
    assert not np.allclose(moved(plan, data, Sgd()), theirs, atol=1e-3)


@pytest.mark.parametrize("training", [{}, {"momentum": 0.9}, {"optimizer": "adam"}, {"updates": 7}], ids=str)
def test_without_its_term_it_is_plain_training_to_the_last_bit(data: TrainingData, training: dict[str, object]) -> None:
    plan = planned(**training)
    assert moved(plan, data, FedProx(mu=0)).tobytes() == moved(plan, data, Sgd()).tobytes()


def test_the_stronger_the_term_the_nearer_the_model_stays(data: TrainingData) -> None:
    away = [float(np.linalg.norm(moved(planned(), data, FedProx(mu=mu)))) for mu in (0.0, 0.1, 1.0, 5.0)]
    assert away == sorted(away, reverse=True) and away[-1] < away[0] / 5


def test_reported_loss_is_the_silos_own(data: TrainingData) -> None:
    """One batch an epoch: the second epoch's loss is that of the model after one step, which no term has moved yet."""
    plan = planned(epochs=2, batch_size=90)
    tensors = manifest(plan)
    base = initial_vector(plan, tensors, 1)
    plain, near = (
        local_update(plan, tensors, base, data, 3, 1e6, local=local).metrics["train_loss"]
        for local in (Sgd(), FedProx(mu=5))
    )
    assert plain == pytest.approx(near, abs=1e-6)
