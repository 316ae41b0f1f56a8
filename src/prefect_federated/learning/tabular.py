"""A classifier for tables of numbers: standardise with the task's own constants, then a small network.

x -> (x - means) / scales -> [linear, ReLU] per hidden layer -> linear -> one score per label
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.torch_plan import TorchPlan

if TYPE_CHECKING:
    import torch
    from torch import nn


class TabularClassifier(TorchPlan):
    """Multilayer perceptron, or logistic regression where `hidden` is empty.

    Means and scales are hyper-parameters of the task, so that silos need not share statistics of their data.
    """

    def __init__(
        self,
        *,
        means: Sequence[float],
        scales: Sequence[float],
        hidden: Sequence[int] = (),
        labels: int = 2,
        **training: Any,
    ) -> None:
        """Set the network; `training` goes to `TorchPlan`.

        Raises:
            ConfigurationError: means and scales differ in number, a scale is not above 0, or labels < 2.
        """
        super().__init__(**training)
        if len(means) != len(scales) or not means or min(scales) <= 0 or labels < 2:
            raise ConfigurationError(
                f"{len(means)} means and {len(scales)} scales must be one each per feature, scales above 0,"
                f" labels={labels} at least 2"
            )
        self.means, self.scales = np.array(means, np.float64), np.array(scales, np.float64)
        self.hidden, self.labels = tuple(hidden), labels

    def module(self) -> "nn.Module":
        """Linear layers with ReLU between them."""
        from torch import nn

        sizes = (len(self.means), *self.hidden)
        layers: list[nn.Module] = []
        for wide, narrow in pairwise(sizes):
            layers += [nn.Linear(wide, narrow), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], self.labels))

    def tensors(self, x: NDArray[np.float64]) -> "torch.Tensor":
        """Standardised features, float32 [n, k]."""
        return super().tensors((x - self.means) / self.scales)
