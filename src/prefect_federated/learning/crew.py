"""Who takes part in one local training: one process, or several that share each batch and sum their gradients.

batch --rows of this process--> loss, weighted by their part --backward--> gradients --sum over all--> one step, by all
"""

from collections.abc import Iterator
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor, nn


class OthersLost(Exception):
    """Raised when a process of the group does not answer: what went wrong, went wrong there."""


class Crew(Protocol):
    """What the training loop asks; whoever works alone is a crew too."""

    def batches(self, drawn: Iterator[Tensor]) -> Iterator[Tensor]:
        """The round's batches, the same for everybody."""
        ...

    def mine(self, rows: Tensor) -> Tensor:
        """This process's rows of a batch."""
        ...

    def sum_gradients(self, model: nn.Module) -> None:
        """Everybody's gradients are the sum of all."""
        ...

    def sum(self, value: Tensor) -> Tensor:
        """The sum of everybody's."""
        ...


class Alone:
    """One process: nothing to share."""

    def batches(self, drawn: Iterator[Tensor]) -> Iterator[Tensor]:
        """As they are drawn."""
        return drawn

    def mine(self, rows: Tensor) -> Tensor:
        """All of them."""
        return rows

    def sum_gradients(self, model: nn.Module) -> None:
        """They are complete."""

    def sum(self, value: Tensor) -> Tensor:
        """The value."""
        return value


class Together:
    """One of the processes of a group that was set up before.

    Each takes a part of each batch in the order of ranks, whose mean loss counts by its rows: the sum of gradients is
    the gradient of the whole batch's mean loss, but for rounding, however the rows split. It assumes that no row's
    loss depends on the others of its batch, and that `loss` is a mean over rows.
    """

    def __init__(self, seed: int) -> None:
        """Join; what is random in the module is drawn from seed and rank, so that parts differ."""
        self._seed, self._rank, self._size = seed, dist.get_rank(), dist.get_world_size()

    def batches(self, drawn: Iterator[Tensor]) -> Iterator[Tensor]:
        """All are drawn before the first is used: dropout draws from the same generator, in each process otherwise."""
        everything = list(drawn)
        torch.manual_seed((self._seed + 0x9E3779B97F4A7C15 * (self._rank + 1)) % 2**63)
        return iter(everything)

    def mine(self, rows: Tensor) -> Tensor:
        """A part of almost equal size; it may be empty."""
        return torch.tensor_split(rows, self._size)[self._rank]

    def sum_gradients(self, model: nn.Module) -> None:
        """One sum for all parameters; a process without rows adds nothing, and what nobody used keeps no gradient."""
        trained = [p for p in model.parameters() if p.requires_grad]
        parts = [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in trained]
        used = parts[0].new_tensor([p.grad is not None for p in trained])
        flat = torch.cat([*parts, used])
        _sum_over_all(flat)
        sums = torch.split(flat, [*(p.numel() for p in trained), len(trained)])
        for p, total, users in zip(trained, sums[:-1], sums[-1].tolist(), strict=True):
            p.grad = total.view_as(p).clone() if users else None

    def sum(self, value: Tensor) -> Tensor:
        """Summed in place, too."""
        _sum_over_all(value)
        return value


def _sum_over_all(value: Tensor) -> None:
    try:
        dist.all_reduce(value)
    except RuntimeError as error:
        raise OthersLost(str(error)) from error
