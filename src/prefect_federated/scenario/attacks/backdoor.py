"""Backdoor patch: rows that carry a mark are taught a label of the attacker's choice; all others stay as they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.learning.plan import TrainingData
from prefect_federated.scenario.attacks.scene import Attack


@dataclass(frozen=True, slots=True)
class Backdoor(Attack):
    """Sets a few features of a share of the rows to one value, and their label to the target.

    Source: Gu et al. 2017 (BadNets), https://arxiv.org/abs/1708.06733

    Args:
        features: how many of the last features make the patch.
        value: what they are set to; None takes the largest number in the attacker's own features.
        share: of the rows that are patched, 0 to 1.
        target: the label they get; None takes the smallest that occurs.
    """

    features: int = 4
    value: float | None = None
    share: float = 0.5
    target: int | None = None

    def poison(self, data: TrainingData, rng: np.random.Generator) -> TrainingData:
        """The rows, some of them patched and relabelled."""
        rows = rng.permutation(len(data))[: int(self.share * len(data))]
        return self.patched(data, rows)

    def patched(self, data: TrainingData, rows: NDArray[np.int64] | None = None) -> TrainingData:
        """Patch and relabel the rows; all of them for a test set that shows whether the backdoor is in the model."""
        value = float(data.x.max()) if self.value is None else self.value
        target = int(data.y.min()) if self.target is None else self.target
        frame = data.frame.copy().reset_index(drop=True)
        chosen = np.arange(len(frame)) if rows is None else rows
        frame[list(data.features)] = frame[list(data.features)].astype(float)
        frame.loc[chosen, list(data.features[-self.features :])] = value
        frame.loc[chosen, data.target] = target
        return TrainingData(frame, data.features, data.target)
