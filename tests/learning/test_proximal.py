"""FedProx: the term is that of the paper, it holds a model near its base, and private training refuses it."""

import numpy as np
import pytest
import torch

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.accountant import Sampling
from prefect_federated.learning.determinism import reproducible
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.tabular import TabularClassifier
from tests.learning.private_plans import LOUD, SECRET, Linear, flat, table


def planned(proximal: float, **training: object) -> TabularClassifier:
    settings = {"epochs": 6, "batch_size": 8, "lr": 0.1, **training}
    return TabularClassifier(means=[50.0] * 3, scales=[10.0] * 3, hidden=[4], proximal=proximal, **settings)


def trained(plan: TabularClassifier, data: TrainingData, seed: int = 3) -> np.ndarray:
    model = plan.build_model(1)
    plan.train(model, data, seed)
    return flat(plan, model)


@pytest.mark.parametrize("training", [{}, {"momentum": 0.9}, {"optimizer": "adam", "lr": 0.01}], ids=str)
def test_training_is_that_on_the_papers_objective(data: TrainingData, training: dict[str, object]) -> None:
    """Autograd differentiates the whole objective; the plan adds the term's gradient by hand."""
    mu, plan = 0.4, planned(0.4, **training)
    model = plan.build_model(1)
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
    assert np.allclose(trained(plan, data), flat(plan, model), atol=1e-5)
    assert not np.allclose(trained(planned(0.0, **training), data), flat(plan, model), atol=1e-3)


def test_the_stronger_the_term_the_nearer_the_model_stays(data: TrainingData) -> None:
    plan = planned(0.0)
    start = flat(plan, plan.build_model(1))
    away = [float(np.linalg.norm(trained(planned(mu), data) - start)) for mu in (0.0, 0.1, 1.0, 5.0)]
    assert away == sorted(away, reverse=True) and away[-1] < away[0] / 5


def test_reported_loss_is_the_silos_own(data: TrainingData) -> None:
    """One batch an epoch: the second epoch's loss is that of the model after one step, which no term has moved yet."""
    plans = [planned(mu, epochs=2, batch_size=90) for mu in (0.0, 5.0)]
    metrics = [plan.train(plan.build_model(1), data, 3).metrics for plan in plans]
    assert metrics[0] == pytest.approx(metrics[1], abs=1e-6)


@pytest.mark.parametrize("mu", [-0.1, float("nan"), float("inf")])
def test_term_that_is_no_number_from_zero_on_is_refused(mu: float) -> None:
    with pytest.raises(ConfigurationError, match=f"proximal={mu} must be a number >= 0"):
        planned(mu)


def test_private_training_refuses_the_term_when_the_task_is_made_and_when_it_trains() -> None:
    plan, data = Linear(proximal=0.5), table(20)
    with pytest.raises(ConfigurationError, match=r"proximal=0\.5 in a task with privacy"):
        plan.sampling(20)
    plan.sampling = lambda rows: Sampling(1.0, 1)  # as a plan of one's own may
    model = plan.build_model(1)
    before = flat(plan, model)
    with pytest.raises(ConfigurationError, match="set proximal to 0"):
        plan.train_privately(model, data, SECRET, LOUD)
    assert (flat(plan, model) == before).all()
