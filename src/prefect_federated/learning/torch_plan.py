"""Training plans for PyTorch: subclass, return a module; batches, seeds and bits are taken care of.

class Mine(TorchPlan):
    def module(self) -> nn.Module:
        return nn.Linear(20, 2)
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.accountant import Sampling
from prefect_federated.learning.determinism import reproducible
from prefect_federated.learning.plan import TrainingData, TrainResult
from prefect_federated.learning.proximal import require_no_proximal

if TYPE_CHECKING:
    import torch
    from pandas import DataFrame
    from torch import nn

    from prefect_federated.core.spec import PrivacySpec


class TorchPlan(ABC):
    """Mini-batch training of a classifier with cross-entropy; override `loss` or `batch` for anything else.

    Shared are the floating-point entries of the state dict; integer buffers stay at home.
    """

    def __init__(
        self,
        *,
        epochs: int = 1,
        batch_size: int = 32,
        lr: float = 0.01,
        optimizer: Literal["sgd", "adam"] = "sgd",
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        proximal: float = 0.0,
    ) -> None:
        """Set the local passes. The optimizer starts afresh in each round.

        Args:
            proximal: mu of FedProx, which holds the trained model near the base (`learning.proximal`); 0 is FedAvg.

        Raises:
            ConfigurationError: a number is out of its range, or the optimizer is unknown.
        """
        if not 0 <= proximal < float("inf"):
            raise ConfigurationError(f"proximal={proximal} must be a number >= 0; 0 leaves the proximal term out")
        if epochs < 0 or batch_size < 1 or lr <= 0 or optimizer not in ("sgd", "adam"):
            raise ConfigurationError(
                f"epochs={epochs} must be >= 0, batch_size={batch_size} >= 1, lr={lr} > 0,"
                f" optimizer={optimizer!r} 'sgd' or 'adam'"
            )
        self.epochs, self.batch_size, self.lr = epochs, batch_size, lr
        self.optimizer, self.momentum, self.weight_decay = optimizer, momentum, weight_decay
        self.proximal = proximal

    @abstractmethod
    def module(self) -> "nn.Module":
        """A fresh module; its initialisation may use torch's generator."""

    def tensors(self, x: NDArray[np.float64]) -> "torch.Tensor":
        """Features [n, k] as the module wants them; standardise here."""
        import torch

        return torch.from_numpy(x.astype(np.float32))

    def loss(self, output: "torch.Tensor", y: "torch.Tensor") -> "torch.Tensor":
        """Mean loss of a batch."""
        from torch.nn.functional import cross_entropy

        return cross_entropy(output, y)

    def build_model(self, seed: int) -> "nn.Module":
        """A fresh module, initialised from `seed`."""
        with reproducible(seed):
            return self.module()

    def parameters(self, model: "nn.Module") -> dict[str, NDArray[np.float32]]:
        """Floating-point entries of the state dict, float32 copies."""
        shared = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
        return {name: value.detach().cpu().numpy().astype(np.float32) for name, value in shared.items()}

    def load(self, model: "nn.Module", tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Copy shared tensors into the module."""
        import torch

        state = model.state_dict()
        with torch.no_grad():
            for name, values in tensors.items():
                state[name].copy_(torch.from_numpy(np.ascontiguousarray(values)))

    def train(self, model: "nn.Module", data: TrainingData, seed: int) -> TrainResult:
        """Local epochs over shuffled batches; metrics are those of the last epoch, without the proximal term."""
        import torch

        from prefect_federated.learning.proximal import Proximal

        x, y = self.tensors(data.x), torch.from_numpy(data.y)
        total = torch.zeros(())
        with reproducible(seed):
            step, proximal = self._optimizer(model), Proximal(model, self.proximal)
            model.train()
            for _ in range(self.epochs):
                total = torch.zeros(())
                for rows in torch.split(torch.randperm(len(y)), self.batch_size):
                    step.zero_grad()
                    loss = self.loss(model(x[rows]), y[rows])
                    loss.backward()  # type: ignore[no-untyped-call]
                    proximal.pull()
                    step.step()
                    total = total + loss.detach() * len(rows)
        return TrainResult(len(y), {"train_loss": float(total) / max(len(y), 1)})

    def sampling(self, rows: int) -> Sampling:
        """Batches of `batch_size` rows on average, as many as plain training takes.

        Raises:
            ConfigurationError: there is no row, or a proximal term: see `require_no_proximal`.
        """
        require_no_proximal(self.proximal)
        if rows < 1:
            raise ConfigurationError(f"{rows} rows cannot be sampled; a silo needs one at least")
        return Sampling(min(1.0, self.batch_size / rows), self.epochs * -(-rows // self.batch_size))

    def train_privately(
        self, model: "nn.Module", data: TrainingData, secret: bytes, privacy: "PrivacySpec"
    ) -> TrainResult:
        """DP-SGD in place (`private_training`); it reports the number of rows and nothing else, for that is public.

        Raises:
            ConfigurationError: the model has a layer that mixes rows, or `tensors` does; or there is a proximal term.
        """
        require_no_proximal(self.proximal)
        import torch

        from prefect_federated.learning.private_training import train_on_samples

        x, y = self.tensors(data.x), torch.from_numpy(data.y)
        if not torch.allclose(self.tensors(data.x[:1]), x[:1], equal_nan=True):
            raise ConfigurationError(
                f"{type(self).__name__}.tensors makes another first row of one row than of {len(y)}: rows show in each"
                " other without noise; use constants of the task, not statistics of the silo"
            )
        train_on_samples(model, self._optimizer(model), self.loss, x, y, self.sampling(len(y)), secret, privacy)
        return TrainResult(len(y))

    def evaluate(self, model: "nn.Module", data: TrainingData) -> dict[str, float]:
        """Mean loss and accuracy."""
        import torch

        y = torch.from_numpy(data.y)
        output = self._forward(model, data.x)
        accuracy = (output.argmax(dim=1) == y).double().mean()
        return {"loss": float(self.loss(output, y)), "accuracy": float(accuracy)}

    def predict(self, model: "nn.Module", frame: "DataFrame") -> NDArray[Any]:
        """Most likely label of each row; the frame's columns are the features in the model's order."""
        labels: NDArray[Any] = self._forward(model, frame.to_numpy(dtype=np.float64)).argmax(dim=1).numpy()
        return labels

    def _forward(self, model: "nn.Module", x: NDArray[np.float64]) -> "torch.Tensor":
        import torch

        with reproducible(0), torch.no_grad():
            model.eval()
            output: torch.Tensor = model(self.tensors(x))
            return output

    def _optimizer(self, model: "nn.Module") -> "torch.optim.Optimizer":
        import torch

        if self.optimizer == "adam":
            return torch.optim.Adam(model.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        return torch.optim.SGD(model.parameters(), lr=self.lr, momentum=self.momentum, weight_decay=self.weight_decay)
