"""Local training in the order in which an algorithm has a say: the plain one, which says nothing.

require -> at_home --base loaded--> Start --terms--> training --update--> clipped, sent --after--> kept at home
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.spec import Tensor
from prefect_federated.learning.clip import Clipped, clip
from prefect_federated.learning.offers import NO_TERMS, Terms
from prefect_federated.learning.plan import TrainingPlan

Personal = Mapping[str, NDArray[Any]]  # what a silo keeps at home from round to round, by name
NOTHING: Personal = {}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a silo's training in a round starts: a model with the round's base in it, and what the silo kept."""

    plan: TrainingPlan
    model: Any
    shared: tuple[Tensor, ...]  # the task's tensors
    tensors: tuple[Tensor, ...]  # of them, the model's: the head of the vector
    vector: NDArray[np.float32]  # [d], the round's base
    rows: int
    personal: Personal

    @property
    def size(self) -> int:
        """How many numbers of the vector are the model's."""
        return sum(tensor.size for tensor in self.tensors)


@dataclass(frozen=True, slots=True)
class Plain:
    """FedAvg's side of a silo: train, take the difference, clip it. The other algorithms override what they change."""

    def require(self, plan: TrainingPlan, model: Any) -> None:
        """Refuse a plan that cannot do it, before a task is made and before anything is trained.

        Raises:
            ConfigurationError: naming what the plan lacks.
        """

    def at_home(self, plan: TrainingPlan, model: Any) -> frozenset[str]:
        """Names of the model's tensors that are not shared."""
        return frozenset()

    def in_model(self, personal: Personal) -> Personal:
        """What of the things kept at home are tensors of the model."""
        return NOTHING

    def terms(self, start: Start) -> Terms:
        """What joins each gradient."""
        return NO_TERMS

    def update(self, start: Start, moved: NDArray[np.float32], clip_norm: float) -> Clipped:
        """The vector to send, `[d]`, within its bound.

        Args:
            moved: trained minus base of the model's shared tensors.
        """
        return clip(moved, clip_norm)

    def after(self, start: Start, sent: NDArray[np.float64]) -> Personal:
        """What the silo keeps once the update is in words; the model of `start` is trained by then.

        Args:
            sent: the update as its words stand for it, `[d]`.
        """
        return NOTHING
