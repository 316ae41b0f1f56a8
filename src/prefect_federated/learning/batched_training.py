"""Many participants' training as one program: stacked parameters, one forward and one backward pass a step.

base [d] --copied g times--> [g, ...] --vmap over everybody's own batch, backward, optimizer--> g trained models

Every participant keeps its own shuffles, drawn from its own seed, and stops after its own number of steps. Shorter
batches are filled up with rows that weigh nothing. The result is that of the plan's `train` up to rounding: a batched
matrix product adds in another order than a single one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import cross_entropy

from prefect_federated.learning.determinism import reproducible
from prefect_federated.learning.offers import Terms
from prefect_federated.learning.plan import TrainingData, TrainingPlan, TrainResult
from prefect_federated.learning.torch_plan import TorchPlan

GROUP = 64  # participants in one program; where they are more, groups follow each other

# Layers that treat every row alone and draw nothing. Batch norm mixes rows, dropout draws from torch's generator.
ROW_BY_ROW: tuple[type[nn.Module], ...] = (
    *(nn.Linear, nn.Conv1d, nn.Conv2d, nn.LayerNorm, nn.GroupNorm, nn.Embedding, nn.Flatten, nn.Unflatten),
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.Identity),
    *(nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d),
    nn.Sequential,
)
OWN_WAYS = (
    "train",
    "train_with",
    "loss",
    "_optimizer",
    "load",
    "parameters",
)  # a plan that overrides one trains in a way of its own


@dataclass(frozen=True, slots=True)
class Trained:
    """One participant's model after training, by tensor, and what training says about itself."""

    tensors: dict[str, NDArray[np.float32]]
    result: TrainResult


def why_not_batched(plan: TrainingPlan) -> str | None:
    """Why a plan's participants train one after the other, in a clause; None where they train as one program.

    The plan alone decides, so that the same task gives the same bits however it is run.
    """
    if not isinstance(plan, TorchPlan):
        return f"{type(plan).__name__} is no TorchPlan"
    for name in OWN_WAYS:
        if getattr(type(plan), name) is not getattr(TorchPlan, name):
            return f"{type(plan).__name__} has a {name.removeprefix('_')} of its own"
    model = plan.build_model(0)
    for layer in model.modules():
        if type(layer) not in ROW_BY_ROW:
            return f"layer {type(layer).__name__} is not known to treat every row alone"
    if frozen := [name for name, p in model.named_parameters() if not p.requires_grad or p.dtype != torch.float32]:
        return f"parameter {frozen[0]} is not trained in float32"
    return None


def train_batched(
    plan: TorchPlan,
    base: Mapping[str, NDArray[np.float32]],
    data: Sequence[TrainingData],
    seeds: Sequence[int],
    device: str = "cpu",
    terms: Sequence[Terms] = (),
) -> list[Trained]:
    """Train everybody from the same base, each on its own rows with its own seed.

    Args:
        plan: one that `why_not_batched` has nothing against.
        base: the round's base model, by tensor.
        data: a row at least for everybody.
        device: "cpu" or "cuda"; the bits are those of one kind of device.
        terms: what joins everybody's gradients, the same tensors for all; none if empty.

    Returns:
        One result a participant, in the order of `data`; within 1e-5 of what `plan.train` gives.
    """
    trained: list[Trained] = []
    for at in range(0, len(data), GROUP):
        tables = [(plan.tensors(table.x), torch.from_numpy(table.y)) for table in data[at : at + GROUP]]
        with reproducible(0):
            trained += _train_group(plan, base, tables, seeds[at : at + GROUP], device, terms[at : at + GROUP])
    return trained


@dataclass(frozen=True, slots=True)
class _Schedule:
    """Which rows everybody looks at in each step, and what they weigh."""

    rows: Tensor  # int64 [steps, g, width]
    weights: Tensor  # float32 [steps, g, width]; those of a batch sum to 1, or to 0 once the participant is done
    steps: list[int]  # each participant's own number of steps
    sizes: Tensor  # float32 [steps, g]: rows in the batch


def _schedule(plan: TorchPlan, counts: Sequence[int], seeds: Sequence[int]) -> _Schedule:
    """Everybody's batches as the plan itself draws them, side by side."""
    batches = []
    for count, seed in zip(counts, seeds, strict=True):
        torch.default_generator.manual_seed(seed)
        batches.append(list(plan._batches(count)))
    steps = [len(one) for one in batches]
    width = max((len(rows) for one in batches for rows in one), default=0)
    shape = (max(steps, default=0), len(counts), width)
    rows, held = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.bool)
    for place, one in enumerate(batches):
        for step, batch in enumerate(one):
            rows[step, place, : len(batch)], held[step, place, : len(batch)] = batch, True
    sizes = held.sum(dim=2).float()
    weights = held.float() / sizes.clamp(min=1.0).unsqueeze(2)
    return _Schedule(rows, weights, steps, sizes)


def _train_group(
    plan: TorchPlan,
    base: Mapping[str, NDArray[np.float32]],
    tables: Sequence[tuple[Tensor, Tensor]],
    seeds: Sequence[int],
    device: str,
    terms: Sequence[Terms] = (),
) -> list[Trained]:
    counts = [len(y) for _, y in tables]
    schedule = _schedule(plan, counts, seeds)
    names, model = list(base), plan.build_model(0).to(device).train()
    first = [torch.from_numpy(np.ascontiguousarray(base[name])).to(device) for name in names]
    stack = nn.ParameterList([nn.Parameter(one.expand(len(tables), *one.shape).clone()) for one in first])
    ended = [p.detach().clone() for p in stack]  # [g, ...]: everybody's model after its last step
    losses = torch.zeros(schedule.sizes.shape)
    if any(schedule.steps):
        x, y = _side_by_side(tables, device)
        step, joining = plan._optimizer(stack), _StackedTerms(names, stack, terms)
        forward = vmap(lambda values, rows: functional_call(model, dict(zip(names, values, strict=True)), (rows,)))
        everybody = torch.arange(len(tables), device=device).unsqueeze(1)
        for number, (rows, weights) in enumerate(
            zip(schedule.rows.to(device), schedule.weights.to(device), strict=True)
        ):
            step.zero_grad()
            output = forward(list(stack), x[everybody, rows])  # [g, width, labels]
            each = cross_entropy(output.flatten(0, 1), y[everybody, rows].flatten(), reduction="none")
            loss = (each.view_as(weights) * weights).sum(dim=1)  # [g]
            loss.sum().backward()  # nobody's loss reads another's parameters
            joining.join()
            step.step()
            losses[number] = loss.detach().cpu()
            _keep_ended(ended, stack, [place for place, last in enumerate(schedule.steps) if last == number + 1])
    arrays = {name: kept.cpu().numpy() for name, kept in zip(names, ended, strict=True)}
    return [
        Trained({name: values[place] for name, values in arrays.items()}, _result(plan, schedule, losses, count, place))
        for place, count in enumerate(counts)
    ]


class _StackedTerms:
    """`GradientTerms` of everybody at once: mu (w - w_base) and each one's own drift."""

    def __init__(self, names: Sequence[str], stack: nn.ParameterList, terms: Sequence[Terms]) -> None:
        """Keep a copy of the base where a proximal term needs it, and the drifts side by side."""
        self._mu = terms[0].mu if terms else 0.0
        self._pairs = [(p, p.detach().clone()) for p in stack] if self._mu else []
        self._drift = [
            (p, torch.from_numpy(np.stack([one.drift[name] for one in terms])).to(p.device))
            for name, p in zip(names, stack, strict=True)
            if terms and name in terms[0].drift
        ]

    def join(self) -> None:
        """Add the terms to the gradients, which every parameter of a batched program has."""
        for p, base in self._pairs:
            if p.grad is not None:
                p.grad.add_(self._mu * (p.detach() - base))
        for p, drift in self._drift:
            if p.grad is not None:
                p.grad.add_(drift)


def _side_by_side(tables: Sequence[tuple[Tensor, Tensor]], device: str) -> tuple[Tensor, Tensor]:
    """Everybody's rows as one tensor, filled up with zeros: [g, n, ...] and [g, n]."""
    most, first = max(len(y) for _, y in tables), tables[0][0]
    x = torch.zeros((len(tables), most, *first.shape[1:]), dtype=first.dtype)
    y = torch.zeros((len(tables), most), dtype=torch.int64)
    for place, (rows, labels) in enumerate(tables):
        x[place, : len(labels)], y[place, : len(labels)] = rows, labels
    return x.to(device), y.to(device)


def _keep_ended(ended: list[Tensor], stack: nn.ParameterList, places: list[int]) -> None:
    """Copy the models of those who are done: later steps of the others would move them on by momentum or decay."""
    if not places:
        return
    with torch.no_grad():
        for kept, p in zip(ended, stack, strict=True):
            kept[places] = p[places]


def _result(plan: TorchPlan, schedule: _Schedule, losses: Tensor, count: int, place: int) -> TrainResult:
    last, a_pass = schedule.steps[place], -(-count // plan.batch_size)
    seen = slice(last - (last - 1) % a_pass - 1 if last else 0, last)  # those of the last pass over the rows
    sizes = schedule.sizes[seen, place]
    total = float((losses[seen, place] * sizes).sum())
    return TrainResult(count, {"train_loss": total / max(float(sizes.sum()), 1.0)})
