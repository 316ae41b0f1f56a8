"""DP-SGD: clip the gradient of each row, sum, add noise, step; the model is changed in place.

rows --Poisson--> batch --vmap--> gradient of each row alone --opacus: clip, sum, noise, / expected size--> step

Per-row gradients come from torch.func, not from opacus' layer hooks: there a module or a loss that mixes the rows of
a batch would pass unseen and void the guarantee. This way each row's gradient is computed from that row alone.

Source: Algorithm 1 of Abadi et al. 2016, https://arxiv.org/abs/1607.00133, with Poisson samples
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from opacus.optimizers import DPOptimizer
from opacus.validators import ModuleValidator
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.accountant import Sampling
from prefect_federated.learning.determinism import reproducible
from prefect_federated.learning.secret_noise import SecretNoise

CHUNK = 64  # rows whose gradients lie in memory at a time

Tensors = dict[str, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]
RowGradients = Callable[[Tensor, Tensor], Tensors]


class SecretOptimizer(DPOptimizer):  # type: ignore[misc]  # opacus has no types
    """opacus' optimizer with noise from the silo's secret in place of torch's generator."""

    def __init__(self, step: torch.optim.Optimizer, privacy: PrivacySpec, batch: float, noise: SecretNoise) -> None:
        """Set the clipping norm, the noise, and the batch size that sums are divided by, whatever was drawn."""
        super().__init__(
            step,
            noise_multiplier=privacy.noise_multiplier,
            max_grad_norm=privacy.max_grad_norm,
            expected_batch_size=batch,
            loss_reduction="mean",
        )
        self._noise = noise

    def add_noise(self) -> None:
        """Sum of clipped gradients plus noise of standard deviation noise_multiplier * max_grad_norm, in float64."""
        std = self.noise_multiplier * self.max_grad_norm
        for p in self.params:
            drawn = torch.from_numpy(std * self._noise.normal(p.numel())).view_as(p)
            p.grad = (p.summed_grad.double() + drawn).to(p.dtype)


def train_on_samples(
    model: nn.Module,
    step: torch.optim.Optimizer,
    loss: Loss,
    x: Tensor,
    y: Tensor,
    sampling: Sampling,
    secret: bytes,
    privacy: PrivacySpec,
) -> None:
    """Take exactly `sampling.steps` private steps; a step whose sample is empty adds noise all the same.

    Args:
        step: the optimizer that gets noisy gradients: what it does with them costs no more privacy.
        loss: mean loss of a batch; it is asked for one row at a time.
        x: rows as the model wants them, [n, ...].
        secret: 32 bytes that sample, noise and dropout derive from.

    Raises:
        ConfigurationError: the model has a layer that mixes rows.
    """
    batches, noise, rest = (SecretNoise(secret, label) for label in ("batches", "noise", "torch"))
    model.train()
    require_private_layers(model)
    optimizer = SecretOptimizer(step, privacy, sampling.rate * len(y), noise)
    gradients = row_gradients(model, loss)
    with reproducible(int(rest.words(1)[0]) >> 1):
        for _ in range(sampling.steps):
            _step(model, optimizer, gradients, x, y, np.flatnonzero(batches.uniform(len(y)) <= sampling.rate))
    _clear(model)


def row_gradients(model: nn.Module, loss: Loss) -> RowGradients:
    """A function from rows [b, ...] and labels [b] to the gradients [b, *shape] of each parameter that is trained.

    Buffers are copies: what a forward pass writes into them stays out of the model.
    """
    trained = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    fixed = {name: p.detach() for name, p in model.named_parameters() if not p.requires_grad}
    buffers = {name: value.clone() for name, value in model.named_buffers()}

    def of_row(parameters: Tensors, buffers: Tensors, row: Tensor, label: Tensor) -> Tensor:
        output: Tensor = functional_call(model, {**parameters, **fixed, **buffers}, (row[None],))
        return loss(output, label[None])

    each: Any = vmap(grad(of_row), in_dims=(None, None, 0, 0), randomness="different")
    return lambda x, y: each(trained, buffers, x, y)


def require_private_layers(model: nn.Module) -> None:
    """Refuse layers that tie a row to the others of its batch, or that keep statistics of rows.

    Raises:
        ConfigurationError: naming the first such layer.
    """
    for name, layer in model.named_modules():
        check = ModuleValidator.VALIDATORS.get(type(layer))
        if errors := check(layer) if check else []:
            why = str(errors[0]).split(". ")[0]
            raise ConfigurationError(
                f"layer {name or 'of the model'} ({type(layer).__name__}) cannot train privately: {why};"
                " take GroupNorm or LayerNorm in place of BatchNorm, or opacus.layers for recurrent layers"
            )


def _step(
    model: nn.Module, optimizer: SecretOptimizer, gradients: RowGradients, x: Tensor, y: Tensor, rows: NDArray[np.intp]
) -> None:
    """One noisy step on the chosen rows, a chunk of them after the other."""
    chunks = torch.split(torch.from_numpy(rows), CHUNK)  # an empty sample is one empty chunk
    for number, chunk in enumerate(chunks, start=1):
        found = gradients(x[chunk], y[chunk]) if len(chunk) else {}
        usable = _finite(found, len(chunk)) if found else None
        for name, p in model.named_parameters():
            if p.requires_grad:
                each = p.new_zeros((0, *p.shape)) if usable is None else _masked(found[name], usable)
                p.grad_sample = each  # type: ignore[attr-defined]  # [b, *shape], where opacus looks
        optimizer.signal_skip_step(do_skip=number < len(chunks))
        optimizer.step()
        optimizer.zero_grad()


def _finite(found: Tensors, rows: int) -> Tensor:
    """Which rows have gradients of a finite norm, bool [b]: one that has not would turn the sum into NaN."""
    norms = [torch.linalg.vector_norm(values.reshape(rows, -1), dim=1) for values in found.values()]
    return torch.stack(norms).isfinite().all(dim=0)


def _masked(values: Tensor, usable: Tensor) -> Tensor:
    """Gradients with those of unusable rows set to 0."""
    return values if usable.all() else torch.where(usable.view(-1, *[1] * (values.dim() - 1)), values, 0.0)


def _clear(model: nn.Module) -> None:
    """Take away what opacus left at the parameters: sums of gradients without noise are among it."""
    for p in model.parameters():
        for name in ("grad_sample", "summed_grad"):
            if hasattr(p, name):
                delattr(p, name)
        p.grad = None
