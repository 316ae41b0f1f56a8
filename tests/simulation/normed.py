"""A plan with batch norm, whose participants cannot train as one program."""

from torch import nn

from prefect_federated.learning.torch_plan import TorchPlan


class Normed(TorchPlan):
    """A small network on the digits' 64 pixels."""

    def __init__(self) -> None:
        super().__init__(epochs=2, batch_size=16, lr=0.1)

    def module(self) -> nn.Module:
        return nn.Sequential(nn.BatchNorm1d(64), nn.Linear(64, 10))
