"""Two unlike silos, and plans that can do one algorithm and not another."""

from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from prefect_federated.learning.plan import TrainingData, TrainResult
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.learning.torch_plan import TorchPlan

FEATURES = ("a", "b", "c")


def silo(seed: int, rows: int, tilt: float) -> TrainingData:
    """Rows whose labels depend on the features in a way of the silo's own."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3)) + tilt
    y = (x @ np.array([1.0, tilt, -1.0]) + 0.3 * rng.normal(size=rows) > tilt).astype(np.int64)
    return TrainingData(pd.DataFrame(x, columns=list(FEATURES)).assign(label=y), FEATURES, "label")


def pair() -> dict[str, TrainingData]:
    return {"north": silo(1, 40, 1.5), "south": silo(2, 24, -1.5)}


def logistic(**training: Any) -> TabularClassifier:
    settings = {"epochs": 2, "batch_size": 8, "lr": 0.05, **training}
    return TabularClassifier(means=[0.0] * 3, scales=[1.0] * 3, **settings)


class Normed(TorchPlan):
    """Batch normalisation between two layers."""

    def module(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


class OwnTrain(TorchPlan):
    """Trains in a way of its own, which `train_with` of the class above it knows nothing of."""

    def module(self) -> nn.Module:
        return nn.Linear(3, 2)

    def train(self, model: nn.Module, data: TrainingData, seed: int) -> TrainResult:
        return TrainResult(len(data))


class Bare:
    """The methods of a plan, and nothing beyond."""

    def __init__(self) -> None:
        self.inner = logistic()

    def __getattr__(self, name: str) -> Any:
        if name in ("build_model", "parameters", "load", "train", "evaluate", "predict"):
            return getattr(self.inner, name)
        raise AttributeError(name)
