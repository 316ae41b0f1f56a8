"""What a training plan must offer beyond the bare `TrainingPlan` for the algorithms of a task's `local` section.

fedprox, scaffold, fednova: SteppingPlan;   fedbn: NormalisingPlan;   TorchPlan is both
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.plan import TrainingData, TrainingPlan, TrainResult


@dataclass(frozen=True, slots=True)
class Terms:
    """What joins the gradient of each local step: `mu (w - w_base) + drift`, beside the loss's own."""

    mu: float = 0.0
    drift: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)  # by name of the tensor

    @property
    def any(self) -> bool:
        """Whether anything joins."""
        return bool(self.mu or self.drift)


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class LocalSteps:
    """One local training in numbers: how many steps, at which rate, and what they sum up to.

    `effective` is the L1 norm of the weights that the gradients have in the update: the count itself for plain SGD,
    more with momentum.
    """

    count: int
    rate: float
    effective: float


@runtime_checkable
class SteppingPlan(TrainingPlan, Protocol):
    """A plan that trains by steps along gradients, which other terms may join."""

    def trained(self, model: Any) -> tuple[str, ...]:
        """Names of the shared tensors that gradients move: no running statistics."""
        ...

    def local_steps(self, rows: int) -> LocalSteps:
        """What `train` does on a table of so many rows.

        Raises:
            ConfigurationError: no number of plain steps says what the plan's optimizer does.
        """
        ...

    def train_with(self, model: Any, data: TrainingData, seed: int, terms: Terms) -> TrainResult:
        """Train in place as `train` does, with terms joining each gradient; without terms, the same bits."""
        ...


@runtime_checkable
class NormalisingPlan(TrainingPlan, Protocol):
    """A plan that knows which of its tensors belong to batch normalisation."""

    def normalisation(self, model: Any) -> tuple[str, ...]:
        """Names of parameters and running statistics of the batch normalisation layers."""
        ...


def require_stepping(plan: TrainingPlan, algorithm: str) -> SteppingPlan:
    """The plan, which must let terms join its steps.

    Raises:
        ConfigurationError: it cannot; or its own `train` stands above a `train_with` that it inherits, which would be
            another training than the author's.
    """
    if not isinstance(plan, SteppingPlan):
        raise ConfigurationError(
            f"the task trains by {algorithm}, and plan {type(plan).__name__} lacks trained, local_steps or train_with;"
            " subclass TorchPlan, or make the task with local sgd"
        )
    if _depth(plan, "train") < _depth(plan, "train_with"):
        raise ConfigurationError(
            f"plan {type(plan).__name__} has a train of its own and inherits train_with, by which {algorithm} trains;"
            " override train_with in place of train"
        )
    return plan


def require_normalising(plan: TrainingPlan, algorithm: str) -> NormalisingPlan:
    """The plan, which must know its normalisation layers.

    Raises:
        ConfigurationError: it does not.
    """
    if not isinstance(plan, NormalisingPlan):
        raise ConfigurationError(
            f"the task trains by {algorithm}, and plan {type(plan).__name__} lacks normalisation; name the tensors"
            " that stay at home in local.layers, or subclass TorchPlan"
        )
    return plan


def _depth(plan: TrainingPlan, method: str) -> int:
    """How far up the plan's classes a method is defined, 0 for the plan's own."""
    lineage = type(plan).__mro__
    return next((at for at, kind in enumerate(lineage) if method in vars(kind)), len(lineage))
