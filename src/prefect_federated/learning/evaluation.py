"""Judging a model vector on a held-out table, as the task's plan does it.

Of a vector only the model's part counts; tensors that stay at home in silos are a fresh model's here.
"""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.spec import TaskSpec
from prefect_federated.learning.determinism import reproducible
from prefect_federated.learning.local import evaluate, model_of
from prefect_federated.learning.plan import TrainingData, load_plan
from prefect_federated.learning.vector import size_of

if TYPE_CHECKING:
    from pandas import DataFrame


def held_out(spec: TaskSpec, frame: "DataFrame") -> TrainingData:
    """A table as the task's features and target."""
    return TrainingData(frame, spec.data.features, spec.data.target)


class _Read(TrainingData):
    """A table whose numbers are taken out once; who asks for them gets copies."""

    @cached_property
    def _taken(self) -> NDArray[np.float64]:
        return super().x

    @cached_property
    def inputs(self) -> "DataFrame":
        """The features, as `predict` takes them."""
        return self.frame[list(self.features)].copy()

    @property
    def x(self) -> NDArray[np.float64]:
        """Features, float64 [n, k]."""
        return self._taken.copy()


class Bench:
    """A held-out table on which one model after the other is measured, all by the task's plan.

    On one thread: a sum over rows depends on how many threads share it, and small ones wait for each other.
    """

    def __init__(self, spec: TaskSpec, frame: "DataFrame") -> None:
        """Load the plan, of whose source the spec holds the hash."""
        self._plan = load_plan(spec.plan.ref, spec.plan.hyperparameters, spec.plan.code_hash)
        self._tensors, asked = spec.model_tensors, held_out(spec, frame)
        self._data = _Read(asked.frame, asked.features, asked.target)
        self._size = size_of(self._tensors)

    def metrics(self, vector: NDArray[np.float32]) -> dict[str, float]:
        """What the plan reports of a shared vector `[d]`'s model, without what is no number."""
        with reproducible(0):
            return finite(evaluate(self._plan, self._tensors, vector[: self._size], self._data))

    def correct(self, vector: NDArray[np.float32]) -> int:
        """How many rows a model `[d]` labels as they are labelled."""
        model = model_of(self._plan, self._tensors, vector[: self._size])
        labels = self._plan.predict(model, self._data.inputs.copy())
        return int((np.asarray(labels).ravel() == self._data.y).sum())


def evaluate_vector(spec: TaskSpec, vector: NDArray[np.float32], frame: "DataFrame") -> dict[str, float]:
    """Metrics of a model `[d]` on a held-out table: at least loss, and accuracy for classifiers."""
    return Bench(spec, frame).metrics(vector)


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics that are numbers: a plan that reports NaN must not keep a round from its result.

    >>> finite({"loss": float("nan"), "accuracy": 0.5})
    {'accuracy': 0.5}
    """
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
