"""Training plans for PyTorch: subclass, return a module; batches, seeds and bits are taken care of.

class Mine(TorchPlan):
    def module(self) -> nn.Module:
        return nn.Linear(20, 2)
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning import subset
from prefect_federated.learning.accountant import Sampling
from prefect_federated.learning.determinism import reproducible
from prefect_federated.learning.machine import Assignment, device_of
from prefect_federated.learning.offers import NO_TERMS, LocalSteps, Terms
from prefect_federated.learning.plan import TrainingData, TrainResult

if TYPE_CHECKING:
    import torch
    from pandas import DataFrame
    from torch import nn

    from prefect_federated.core.spec import PrivacySpec
    from prefect_federated.learning.crew import Crew


class TorchPlan(ABC):
    """Mini-batch training of a classifier with cross-entropy; override `loss` or `batch` for anything else.

    Shared are the floating-point entries of the state dict; integer buffers stay at home. With `share`, only those
    that it names are shared and trained (`learning.subset`).
    """

    _assignment: Assignment | None = None

    def __init__(
        self,
        *,
        epochs: int = 1,
        batch_size: int = 32,
        lr: float = 0.01,
        optimizer: Literal["sgd", "adam"] = "sgd",
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        updates: int = 0,
        share: Sequence[str] = (),
        frozen: str = "",
    ) -> None:
        """Set the local passes. The optimizer starts afresh in each round.

        Args:
            updates: batches in a round, whatever the rows, in place of `epochs`; 0 goes by epochs.
            share: names of the tensors that are shared and trained, with * and ?; all where none are named. The
                others keep what `module()` gives them under seed 0, which must be the same in every silo.
            frozen: digest that the others must have (`frozen_digest`); not checked if empty.

        Raises:
            ConfigurationError: a number is out of its range, the optimizer unknown, or `frozen` stands without `share`.
        """
        if min(epochs, updates) < 0 or batch_size < 1 or lr <= 0 or optimizer not in ("sgd", "adam"):
            raise ConfigurationError(
                f"epochs={epochs} and updates={updates} must be >= 0, batch_size={batch_size} >= 1, lr={lr} > 0,"
                f" optimizer={optimizer!r} 'sgd' or 'adam'"
            )
        if frozen and not share:
            raise ConfigurationError(
                f"frozen={frozen} without share: every tensor is shared then, and none is frozen; set share too"
            )
        self.epochs, self.batch_size, self.lr, self.updates = epochs, batch_size, lr, updates
        self.optimizer, self.momentum, self.weight_decay = optimizer, momentum, weight_decay
        self.share, self.frozen = tuple(share), frozen

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
        """A fresh module, initialised from `seed`; what is frozen, from 0.

        Raises:
            ConfigurationError: `share` does not fit the module, or what is frozen is not the task's.
        """
        model = self._fresh(seed)
        if self.share:
            subset.freeze(model, self.share)
            if seed:
                subset.fill_frozen(model, self._fresh(0), self.share)
            if self.frozen:
                subset.require_frozen(model, self.share, self.frozen)
        return model

    def frozen_digest(self) -> str:
        """What to write as `frozen` into a task, so that every silo has the same frozen tensors."""
        return subset.frozen_digest(self.build_model(0), self.share)

    def parameters(self, model: "nn.Module") -> dict[str, NDArray[np.float32]]:
        """Floating-point entries of the state dict that are shared, float32 copies."""
        floats = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
        shared = {name: value for name, value in floats.items() if subset.is_shared(name, self.share)}
        return {name: value.detach().cpu().numpy().astype(np.float32) for name, value in shared.items()}

    def load(self, model: "nn.Module", tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Copy shared tensors into the module."""
        import torch

        state = model.state_dict()
        with torch.no_grad():
            for name, values in tensors.items():
                state[name].copy_(torch.from_numpy(np.ascontiguousarray(values)))

    def train(self, model: "nn.Module", data: TrainingData, seed: int) -> TrainResult:
        """Shuffled batches; metrics are those of the last pass over the rows."""
        return self.train_with(model, data, seed, NO_TERMS)

    def train_with(self, model: "nn.Module", data: TrainingData, seed: int, terms: Terms) -> TrainResult:
        """As `train`, with terms that join each gradient; they are not part of the loss that is reported.

        In as many processes as the silo's machine offers, but in one if layers mix the rows of a batch.
        """
        from prefect_federated.learning.crew import Alone
        from prefect_federated.learning.torchrun import train_together

        there = self._assignment
        if there is None or there.machine.processes == 1 or self._mixes_rows(model):
            device = "cpu" if there is None else device_of(replace(there.machine, processes=1))
            return self.train_in(Alone(), model, data, seed, terms, device)
        trained, result = train_together(there, self.parameters(model), data, seed, terms)
        self.load(model, trained)
        return result

    def train_in(
        self, crew: "Crew", model: "nn.Module", data: TrainingData, seed: int, terms: Terms, device: str
    ) -> TrainResult:
        """One process's part of a training; the model ends on the CPU."""
        import torch

        from prefect_federated.learning.gradient_terms import GradientTerms

        x, y = self.tensors(data.x).to(device), torch.from_numpy(data.y).to(device)
        total, seen = torch.zeros((), device=device), 0
        with reproducible(seed, device):
            model.to(device)
            step, joining = self._optimizer(model), GradientTerms(model, terms)
            model.train()
            subset.hold_statistics(model, self.share)
            for rows in crew.batches(self._batches(len(y))):
                if seen >= len(y):
                    total, seen = torch.zeros((), device=device), 0
                step.zero_grad()
                mine = crew.mine(rows)
                if len(mine):
                    loss = self.loss(model(x[mine]), y[mine])
                    (loss * (len(mine) / len(rows))).backward()  # type: ignore[no-untyped-call]
                    total += loss.detach() * len(mine)
                crew.sum_gradients(model)
                joining.join()
                step.step()
                seen += len(rows)
            model.to("cpu")
        return TrainResult(len(y), {"train_loss": float(crew.sum(total)) / max(seen, 1)})

    def assigned(self, assignment: Assignment) -> Self:
        """The plan on a silo's machine, in one round."""
        there = copy.copy(self)
        there._assignment = assignment
        return there

    def _mixes_rows(self, model: "nn.Module") -> bool:
        """Whether batch normalisation is trained: half a batch has other statistics than the whole."""
        from torch.nn.modules.batchnorm import _BatchNorm

        model.train()
        subset.hold_statistics(model, self.share)
        return any(isinstance(layer, _BatchNorm) and layer.training for layer in model.modules())

    def _batches(self, rows: int) -> Iterator["torch.Tensor"]:
        """Numbers of the rows of each batch, every pass shuffled anew."""
        import torch

        passes = -(-self.updates * self.batch_size // rows) if self.updates and rows else self.epochs
        shuffled = (rows_of for _ in range(passes) for rows_of in torch.split(torch.randperm(rows), self.batch_size))
        return islice(shuffled, self.updates or None)

    def trained(self, model: "nn.Module") -> tuple[str, ...]:
        """Parameters that have gradients."""
        return tuple(name for name, p in model.named_parameters() if p.requires_grad)

    def local_steps(self, rows: int) -> LocalSteps:
        """Batches of a round; with momentum rho, k steps weigh `(k - rho (1 - rho^k) / (1 - rho)) / (1 - rho)`.

        Raises:
            ConfigurationError: the optimizer is adam, whose steps are no sum of gradients.
        """
        if self.optimizer != "sgd" or not 0 <= self.momentum < 1:
            raise ConfigurationError(
                f"optimizer={self.optimizer!r} with momentum={self.momentum:g}: scaffold and fednova count steps of sgd"
                " with momentum from 0 to below 1; set these, or make the task with local sgd or fedprox"
            )
        count, rho = self.updates or self.epochs * -(-rows // self.batch_size), self.momentum
        return LocalSteps(count, self.lr, (count - rho * (1 - rho**count) / (1 - rho)) / (1 - rho))

    def normalisation(self, model: "nn.Module") -> tuple[str, ...]:
        """Floating-point entries of BatchNorm layers in the state dict."""
        from torch.nn.modules.batchnorm import _BatchNorm

        inside = [f"{name}." if name else "" for name, layer in model.named_modules() if isinstance(layer, _BatchNorm)]
        return tuple(name for name in self.parameters(model) if name.startswith(tuple(inside)))

    def sampling(self, rows: int) -> Sampling:
        """Batches of `batch_size` rows on average, as many as plain training takes.

        Raises:
            ConfigurationError: there is no row.
        """
        if rows < 1:
            raise ConfigurationError(f"{rows} rows cannot be sampled; a silo needs one at least")
        steps = self.updates or self.epochs * -(-rows // self.batch_size)
        return Sampling(min(1.0, self.batch_size / rows), steps)

    def train_privately(
        self, model: "nn.Module", data: TrainingData, secret: bytes, privacy: "PrivacySpec"
    ) -> TrainResult:
        """DP-SGD in place (`private_training`); it reports the number of rows and nothing else, for that is public.

        Raises:
            ConfigurationError: the model has a layer that mixes rows, or `tensors` does.
        """
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

    def _fresh(self, seed: int) -> "nn.Module":
        with reproducible(seed):
            return self.module()

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
