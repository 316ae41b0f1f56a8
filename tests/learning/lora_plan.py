"""A plan that trains low-rank additions to a frozen layer, written by hand as a plan's author would."""

import numpy as np
import torch
from torch import nn

from prefect_federated.learning.torch_plan import TorchPlan


class Lora(nn.Module):
    """`W x + B A x`: W is frozen, A and B of rank r are trained, and B starts at 0."""

    def __init__(self, inner: nn.Linear, rank: int) -> None:
        super().__init__()
        self.inner = inner
        self.lora_a = nn.Parameter(torch.randn(rank, inner.in_features) / rank)
        self.lora_b = nn.Parameter(torch.zeros(inner.out_features, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x) + x @ self.lora_a.T @ self.lora_b.T


class LoraPlan(TorchPlan):
    """A frozen network with normalisation, one layer of which is adapted, and a head of its own."""

    def __init__(self, *, share: tuple[str, ...] = ("head.*", "*.lora_*"), centre: float = 50.0, **training) -> None:
        super().__init__(**{"epochs": 6, "batch_size": 8, "lr": 0.1, "share": share, **training})
        self.centre = centre

    def module(self) -> nn.Module:
        layers = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), Lora(nn.Linear(8, 8), rank=2))
        return Network(layers)

    def tensors(self, x: np.ndarray) -> torch.Tensor:
        return super().tensors((x - self.centre) / 10)


class Network(nn.Module):
    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body, self.head = body, nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))
