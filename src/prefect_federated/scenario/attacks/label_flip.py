"""Label flip: honest training on labels that are wrong."""

from dataclasses import dataclass

import numpy as np

from prefect_federated.learning.plan import TrainingData
from prefect_federated.scenario.attacks.scene import Attack


@dataclass(frozen=True, slots=True)
class LabelFlip(Attack):
    """Turns the labels around: of k labels that occur in ascending order, the i-th becomes the (k - 1 - i)-th.

    Source: Tolpegin et al. 2020, https://arxiv.org/abs/2007.08432 (which flips chosen pairs)

    Args:
        labels: the task's labels; empty takes those that occur in the attacker's data.
    """

    labels: tuple[int, ...] = ()

    def poison(self, data: TrainingData, rng: np.random.Generator) -> TrainingData:
        """The same rows under flipped labels."""
        kinds = sorted(self.labels) or sorted(set(data.y.tolist()))
        turned = dict(zip(kinds, reversed(kinds), strict=True))
        frame = data.frame.copy()
        frame[data.target] = [turned[label] for label in data.y.tolist()]
        return TrainingData(frame, data.features, data.target)
