"""A plan with batch normalisation, for tasks in which it stays at home."""

from torch import nn

from prefect_federated.learning.tabular import TabularClassifier


class Normed(TabularClassifier):
    """The demo's network with a BatchNorm in it."""

    def module(self) -> nn.Module:
        """Two layers, normalised between them."""
        k = len(self.means)
        return nn.Sequential(nn.Linear(k, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, self.labels))
