"""A silo's and an aggregator's heavy steps on a CUDA device, for a model of 100 million parameters and 32 updates.

    python benchmarks/gpu.py [--parameters 100000000] [--updates 32] [--device cuda]

Train, clip, encode, root; then the mean of all updates, whose bits are compared with those of `core.aggregation`. The
yardstick of the mean is a copy on the same device in the same run; the goal is 60 % of its bandwidth. Without a
device nothing is measured. `--device cpu` with small numbers tries the same code out.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.fixed_point import Encoding, encode
from prefect_federated.core.merkle import buffer_leaves, root_of_rows
from prefect_federated.core.spec import PlanSpec
from prefect_federated.learning.clip import clip
from prefect_federated.learning.local import initial_vector
from prefect_federated.learning.machine import Assignment, Machine
from prefect_federated.learning.plan import TrainingData, code_hash, manifest
from prefect_federated.learning.torch_plan import TorchPlan
from prefect_federated.learning.vector import flatten

ENCODING = Encoding(frac_bits=16, limit=2**20)
LEAST_SHARE = 0.6
CLIP_NORM = 10.0
COLUMNS = 1 << 22  # words of each update in memory as int64 at a time, where nothing is compiled
REPEATS = 7

T = TypeVar("T")


class Wide(TorchPlan):
    """A square network of about so many parameters."""

    def __init__(self, *, parameters: int, layers: int = 6) -> None:
        super().__init__(epochs=1, batch_size=256, lr=0.01)
        self.width, self.layers = max(2, int((parameters / layers) ** 0.5)), layers

    def module(self) -> nn.Module:
        inner = [nn.Sequential(nn.Linear(self.width, self.width), nn.ReLU()) for _ in range(self.layers)]
        return nn.Sequential(*inner, nn.Linear(self.width, 2))


def clip_on(delta: Tensor, bound: float) -> Tensor:
    """As `learning.clip`: float64 norm, whose last bit may differ, for its sum has another order."""
    exact = delta.double()
    return (exact * (bound / exact.norm()).clamp(max=1.0)).float()


def encode_on(delta: Tensor, encoding: Encoding) -> Tensor:
    """As `core.fixed_point.encode`, the same words: scaling by a power of two is exact, rint is half to even."""
    scaled = (delta.double() * 2.0**encoding.frac_bits).round()
    return scaled.clamp(-encoding.limit, encoding.limit).int()


def mean_of(stack: Tensor, weights: Tensor) -> Tensor:
    """`floor(sum_i w_i u_i / sum_i w_i)` in int64, exact in any order: `core.aggregation.weighted_mean`'s words.

    Args:
        stack: int32 [k, d].
        weights: int64 [k]; their sum times the largest word stays below 2**63.
    """
    total = (stack.long() * weights[:, None]).sum(dim=0)
    return torch.div(total, weights.sum(), rounding_mode="floor").int()


def mean_by_columns(stack: Tensor, weights: Tensor) -> Tensor:
    """`mean_of` without a copy of all updates in int64."""
    return torch.cat([mean_of(part, weights) for part in stack.split(COLUMNS, dim=1)])


def main() -> int:
    """Measure, compare with the goal, print; 1 where the bits differ or the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parameters", type=int, default=100_000_000)
    parser.add_argument("--updates", type=int, default=32)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    asked = parser.parse_args()
    if asked.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA device here: nothing is measured (--device cpu --parameters 100000 tries the code out)")
        return 0
    name = torch.cuda.get_device_name() if asked.device == "cuda" else "the CPU, whose times say nothing here"
    print(f"{asked.parameters:,} parameters, {asked.updates} updates, torch {torch.__version__}, {name}\n")
    words = _silo(asked.parameters, asked.device)
    return _aggregator(words, asked.updates, asked.device)


def _silo(parameters: int, device: str) -> np.ndarray[Any, np.dtype[np.int32]]:
    """One silo's update, step by step, and where device and CPU differ in it."""
    settings = {"parameters": parameters}
    spec = PlanSpec(ref=f"{__file__}:Wide", code_hash=code_hash(f"{__file__}:Wide"), hyperparameters=settings)
    plan = Wide(parameters=parameters).assigned(Assignment(spec, 1, Machine(device)))
    tensors, data = manifest(plan), _table(plan.width)
    base = initial_vector(plan, tensors, 0)
    model = plan.build_model(0)
    _told("train, 4 steps of 256 rows", *_timed(lambda: plan.train(model, data, 1), device)[1:])
    delta = flatten(plan.parameters(model), tensors) - base
    there = torch.from_numpy(delta).to(device)
    clipped, *seconds = _timed(lambda: clip_on(there, CLIP_NORM), device)
    _told("clip", *seconds)
    coded, *seconds = _timed(lambda: encode_on(clipped, ENCODING), device)
    _told("encode", *seconds)
    words = coded.cpu().numpy()
    same = np.array_equal(words, encode(clipped.cpu().numpy(), ENCODING)[0])
    off = int((words != encode(clip(delta, CLIP_NORM).delta, ENCODING)[0]).sum())
    _told("root, on the CPU", *_timed(lambda: root_of_rows(buffer_leaves(words.tobytes())), "cpu")[1:])
    print(f"{'encoded words as on the CPU':<34}{'the same bits' if same else 'OTHER BITS'}; {off} differ by the norm\n")
    if not same:
        raise SystemExit(1)
    return words


def _aggregator(words: np.ndarray[Any, np.dtype[np.int32]], count: int, device: str) -> int:
    """The mean of `count` updates, beside a copy of as many bytes as fit its time."""
    generator = torch.Generator(device).manual_seed(7)
    stack = torch.randint(-(2**20), 2**20, (count, words.size), dtype=torch.int32, device=device, generator=generator)
    stack[0] = torch.from_numpy(words).to(device)
    weights = torch.arange(1, count + 1, device=device) * 37
    copied, _, copy_s = _timed(lambda: stack.clone(), device)
    copy_rate = 2 * copied.nbytes / copy_s
    del copied
    mean = torch.compile(mean_of) if device == "cuda" else mean_by_columns
    result, first_s, mean_s = _timed(lambda: mean(stack, weights), device)
    rate = (stack.nbytes + result.nbytes) / mean_s
    print(f"{'copy':<34}{copy_s * 1e3:10.2f} ms   {copy_rate / 1e9:,.0f} GB/s")
    print(f"{f'mean of {count} updates':<34}{mean_s * 1e3:10.2f} ms   {rate / 1e9:,.0f} GB/s, first {first_s:.1f} s")
    expected = weighted_mean(((int(w), row.cpu().numpy()) for w, row in zip(weights, stack, strict=True)), words.size)
    same, share = np.array_equal(result.cpu().numpy(), expected), rate / copy_rate
    print(f"{'mean as on the CPU':<34}{'the same bits' if same else 'OTHER BITS'}")
    if device == "cpu":
        return int(not same)
    print(f"share of the copy's bandwidth {share:.0%}, goal {LEAST_SHARE:.0%} {_met(share >= LEAST_SHARE)}")
    return int(not same or share < LEAST_SHARE)


def _table(width: int) -> TrainingData:
    rng = np.random.default_rng(3)
    names = tuple(f"x{number}" for number in range(width))
    frame = pd.DataFrame(rng.standard_normal((1024, width)), columns=list(names))
    return TrainingData(frame.assign(label=rng.integers(0, 2, 1024)), names, "label")


def _timed(call: Callable[[], T], device: str) -> tuple[T, float, float]:
    """The last result, seconds of the first call, and the least of the later ones."""
    taken = []
    for _ in range(REPEATS):
        start_s = time.perf_counter()
        result = call()
        if device == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start_s)
    return result, taken[0], min(taken[1:])


def _told(step: str, first_s: float, best_s: float) -> None:
    print(f"{step:<34}{best_s * 1e3:10.2f} ms   first {first_s:.2f} s")


def _met(yes: bool) -> str:
    return "met" if yes else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
