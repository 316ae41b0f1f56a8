"""Plans that try private training in one way each."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.torch_plan import TorchPlan

SECRET = bytes(range(32))
QUIET = PrivacySpec(noise_multiplier=1e-9, max_grad_norm=0.5)  # clipping alone
LOUD = PrivacySpec(noise_multiplier=1.3, max_grad_norm=0.7)


class Steps(torch.optim.SGD):
    """Counts how often it stepped."""

    taken = 0

    def step(self, closure: Any = None) -> None:
        self.taken += 1
        super().step(closure)


class Linear(TorchPlan):
    """One layer over k features, and the optimizer of the last training."""

    def __init__(self, features: int = 4, labels: int = 3, **training: Any) -> None:
        super().__init__(**training)
        self.features, self.labels, self.last = features, labels, None

    def module(self) -> nn.Module:
        return nn.Linear(self.features, self.labels)

    def _optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        self.last = Steps(model.parameters(), lr=self.lr)
        return self.last


class Indifferent(Linear):
    """Learns nothing: whatever moves its model is noise."""

    def loss(self, output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return 0 * output.sum()


class Layers(Linear):
    """A model made of given layers."""

    def __init__(self, *layers: nn.Module, **training: Any) -> None:
        super().__init__(**training)
        self.layers = layers

    def module(self) -> nn.Module:
        return nn.Sequential(*self.layers)


class Centred(nn.Module):
    """Mixes the rows of a batch by code of its own."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.mean(dim=0) / 2


class Counter(nn.Module):
    """Counts its calls in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return x


def table(rows: int, features: int = 4, labels: int = 3, seed: int = 7) -> TrainingData:
    """Random rows and labels."""
    rng = np.random.default_rng(seed)
    names = tuple(f"f{number}" for number in range(features))
    frame = pd.DataFrame(rng.normal(size=(rows, features)), columns=list(names))
    return TrainingData(frame.assign(label=rng.integers(0, labels, rows)), names, "label")


def moved(plan: TorchPlan, data: TrainingData, privacy: PrivacySpec, secret: bytes = SECRET) -> np.ndarray:
    """What private training adds to a fresh model, float64 [d]."""
    model = plan.build_model(1)
    before = flat(plan, model)
    plan.train_privately(model, data, secret, privacy)
    return flat(plan, model) - before


def flat(plan: TorchPlan, model: nn.Module) -> np.ndarray:
    return np.concatenate([values.ravel() for values in plan.parameters(model).values()]).astype(np.float64)
