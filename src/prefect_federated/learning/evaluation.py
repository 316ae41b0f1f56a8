"""Judging a model vector on a held-out table, as the task's plan does it."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.spec import TaskSpec
from prefect_federated.learning.local import evaluate
from prefect_federated.learning.plan import TrainingData, load_plan

if TYPE_CHECKING:
    from pandas import DataFrame


def held_out(spec: TaskSpec, frame: "DataFrame") -> TrainingData:
    """A table as the task's features and target."""
    return TrainingData(frame, tuple(column.name for column in spec.data.columns), spec.data.target)


def evaluate_vector(spec: TaskSpec, vector: NDArray[np.float32], frame: "DataFrame") -> dict[str, float]:
    """Metrics of a model `[d]` on a held-out table: at least loss, and accuracy for classifiers."""
    plan = load_plan(spec.plan.ref, spec.plan.hyperparameters, spec.plan.code_hash)
    return finite(evaluate(plan, spec.model.tensors, vector, held_out(spec, frame)))


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics that are numbers: a plan that reports NaN must not keep a round from its result.

    >>> finite({"loss": float("nan"), "accuracy": 0.5})
    {'accuracy': 0.5}
    """
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
