"""Speed of the aggregation rules on one core: 100 updates of 1 M parameters, beside numpy's float32 product.

    python benchmarks/aggregation.py [--participants 100] [--parameters 1000000]

The yardstick is `weights @ updates` in float32 over the same numbers, in the same run: what a mean costs that
rounds. Every time is the best of several; every result is compared with plain integers before it is timed.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

for _library in ("OMP", "OPENBLAS", "MKL"):  # one core, before numpy starts its threads
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from prefect_federated.core.aggregation.median import coordinate_median  # noqa: E402
from prefect_federated.core.aggregation.multi_krum import multi_krum  # noqa: E402
from prefect_federated.core.aggregation.norm_bound import squared_norm  # noqa: E402
from prefect_federated.core.aggregation.trimmed_mean import trimmed_mean  # noqa: E402
from prefect_federated.core.aggregation.weighted_mean import weighted_mean  # noqa: E402

Words = NDArray[np.int32]
Row = tuple[str, float, str]


def main() -> None:
    """Measure, compare with the goals, print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--participants", type=int, default=100)
    parser.add_argument("--parameters", type=int, default=1_000_000)
    args = parser.parse_args()
    rng = np.random.default_rng(7)
    print(f"{args.participants} updates x {args.parameters:,} parameters, one core, numpy {np.__version__}\n")
    for name, seconds, remark in (*_means(rng, args), *_robust(rng, args)):
        print(f"{name:<52}{seconds * 1e3:9.1f} ms   {remark}")


def _means(rng: np.random.Generator, args: argparse.Namespace) -> Iterator[Row]:
    updates = _updates(rng, args, 2**17)
    rows = list(updates)
    small = rng.integers(1, 100, args.participants)
    reals = updates.astype(np.float32)
    cases: dict[str, tuple[NDArray[np.int64], int, int, int]] = {
        "weighted mean, int32 accumulators": (small, 2**17, 128, 45),
        "weighted mean, int32, one update held": (small, 2**17, 1, 0),
        "weighted mean, int64, words to 2**20": (small, 2**20, 128, 30),
        "weighted mean, int64, words to 2**31": (small * 64, 2**31, 128, 30),
        "weighted mean, int64, one update held": (small * 64, 2**31, 1, 0),
    }
    calls: dict[str, Callable[[], Any]] = {"float32": lambda: small.astype(np.float32) @ reals}
    for name, (weights, limit, held, _) in cases.items():
        _same_as_integers(weights, updates, limit, held)
        calls[name] = lambda w=weights, b=limit, h=held: weighted_mean(
            zip(w.tolist(), rows, strict=True), updates.shape[1], limit=b, held=h
        )
    best = _best_interleaved(calls, repeats=7)
    yield "float32 weights @ updates (the yardstick)", best["float32"], ""
    for name, (_, _, _, goal) in cases.items():
        share = 100 * best["float32"] / best[name]
        yield (
            name,
            best[name],
            f"{share:.0f} % of its speed{_verdict(share >= goal, f'{goal} %') if goal else ''}",
        )


def _robust(rng: np.random.Generator, args: argparse.Namespace) -> Iterator[Row]:
    updates = _updates(rng, args, 2**17)
    wide = updates * np.int32(2**13)
    n = args.participants
    f = max(0, (n - 3) // 5)
    cases: list[tuple[str, Callable[[], Any], float]] = [
        ("coordinate median", lambda: coordinate_median(updates), 0.35),
        (f"trimmed mean, trim={f}", lambda: trimmed_mean(updates, f), 0.35),
        (f"Multi-Krum, f={f}, words below 2**20", lambda: multi_krum(updates, f, n - f), 0.25),
        (f"Multi-Krum, f={f}, words up to 2**31", lambda: multi_krum(wide, f, n - f), 0),
        ("squared norms of all updates", lambda: [squared_norm(row) for row in wide], 0),
    ]
    for name, call, goal in cases:
        seconds = _best_interleaved({name: call}, repeats=3)[name]
        yield name, seconds, _verdict(seconds <= goal, f"{goal * 1e3:.0f} ms").lstrip(", ") if goal else ""


def _updates(rng: np.random.Generator, args: argparse.Namespace, limit: int) -> Words:
    return rng.integers(-limit, limit, (args.participants, args.parameters), dtype=np.int32)


def _same_as_integers(weights: NDArray[np.int64], updates: Words, limit: int, held: int) -> None:
    columns = updates[:, :1000]
    exact = weights.astype(object) @ columns.astype(object) // int(weights.sum())
    mean = weighted_mean(zip(weights.tolist(), columns, strict=True), columns.shape[1], limit=limit, held=held)
    assert (mean == exact).all(), "the mean differs from plain integers"


def _best_interleaved(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Least seconds of each call; taking turns spreads a noisy neighbour over all of them."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for name, call in calls.items():
            start_s = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - start_s)
    return best


def _verdict(met: bool, goal: str) -> str:
    return f", goal {goal} {'met' if met else 'MISSED'}"


if __name__ == "__main__":
    main()
