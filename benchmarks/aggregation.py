"""Speed of the aggregation rules on one core: 100 updates of 1 M parameters, beside numpy's float32 product.

    python benchmarks/aggregation.py [--participants 100] [--parameters 1000000] [--cpu-time]

The yardstick is `weights @ updates` in float32 over the same numbers, in the same run: what a mean costs that
rounds. Every time is the best of several; every mean, median and distance is compared with plain integers before it
is timed. With `--cpu-time` the process's own time is counted, for a machine that others use too; two threads then
show what they cost together, not how long they take. Memory is the largest that a process of its own ever held,
beyond what it held before the first update.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

for _library in ("OMP", "OPENBLAS", "MKL"):  # one core, before numpy starts its threads
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from prefect_federated.core.aggregation.bulyan import bulyan  # noqa: E402
from prefect_federated.core.aggregation.centred_clip import centred_clip  # noqa: E402
from prefect_federated.core.aggregation.distances import squared_distances  # noqa: E402
from prefect_federated.core.aggregation.geometric_median import geometric_median  # noqa: E402
from prefect_federated.core.aggregation.median import coordinate_median  # noqa: E402
from prefect_federated.core.aggregation.multi_krum import multi_krum  # noqa: E402
from prefect_federated.core.aggregation.norm_bound import squared_norm  # noqa: E402
from prefect_federated.core.aggregation.root_of_trust import root_of_trust  # noqa: E402
from prefect_federated.core.aggregation.trimmed_mean import trimmed_mean  # noqa: E402
from prefect_federated.core.aggregation.weighted_mean import weighted_mean  # noqa: E402

Words = NDArray[np.int32]
Row = tuple[str, float, str]
CLOCK: list[Callable[[], float]] = [time.perf_counter]


def main() -> None:
    """Measure, compare with the goals, print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--participants", type=int, default=100)
    parser.add_argument("--parameters", type=int, default=1_000_000)
    parser.add_argument("--cpu-time", action="store_true", help="count the process's own time")
    args = parser.parse_args()
    if args.cpu_time:
        CLOCK[0] = time.process_time
    rng = np.random.default_rng(7)
    for name, models, remark in _memory():  # first: a process begins with the largest memory of the one that starts it
        print(f"{name:<52}{models:9.2f} x the model   {remark}")
    print(f"\n{args.participants} updates x {args.parameters:,} parameters, one core, numpy {np.__version__}\n")
    for name, seconds, remark in (*_means(rng, args), *_robust(rng, args)):
        print(f"{name:<52}{seconds * 1e3:9.1f} ms   {remark}")
    print(_peer())


def _means(rng: np.random.Generator, args: argparse.Namespace) -> Iterator[Row]:
    updates = _updates(rng, args, 2**17)
    rows = list(updates)
    small = rng.integers(1, 100, args.participants)
    reals = updates.astype(np.float32)
    cases: dict[str, tuple[NDArray[np.int64], int, int, int, int]] = {
        "weighted mean, int32 accumulators": (small, 2**17, 128, 1, 45),
        "weighted mean, int32, two threads": (small, 2**17, 128, 2, 80),
        "weighted mean, int32, one update held": (small, 2**17, 1, 1, 0),
        "weighted mean, int64, words to 2**20": (small, 2**20, 128, 1, 30),
        "weighted mean, int64, words to 2**31": (small * 64, 2**31, 128, 1, 30),
        "weighted mean, int64, to 2**31, two threads": (small * 64, 2**31, 128, 2, 55),
        "weighted mean, int64, one update held": (small * 64, 2**31, 1, 1, 0),
    }
    calls: dict[str, Callable[[], Any]] = {"float32": lambda: small.astype(np.float32) @ reals}
    for name, (weights, limit, held, threads, _) in cases.items():
        _same_as_integers(weights, updates, limit, held, threads)
        calls[name] = lambda w=weights, b=limit, h=held, t=threads: weighted_mean(
            zip(w.tolist(), rows, strict=True), updates.shape[1], limit=b, held=h, threads=t
        )
    best = _best_interleaved(calls, repeats=7)
    yield "float32 weights @ updates (the yardstick)", best["float32"], ""
    for name, (*_, goal) in cases.items():
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
    rows, radius = list(updates), int(squared_norm(updates[0]) ** 0.5)
    _robust_as_integers(updates[:, :500], wide[:, :500], f)
    cases: list[tuple[str, Callable[[], Any], float]] = [
        ("coordinate median", lambda: coordinate_median(updates), 0.35),
        (f"trimmed mean, trim={f}", lambda: trimmed_mean(updates, f), 0.35),
        ("median of updates that are no matrix", lambda: coordinate_median(rows), 0.35),
        (f"Multi-Krum, f={f}, words below 2**20", lambda: multi_krum(updates, f, n - f), 0.25),
        (f"Multi-Krum, f={f}, words up to 2**31", lambda: multi_krum(wide, f, n - f), 0),
        (f"Bulyan's choice, f={f}, words below 2**20", lambda: bulyan(updates, f), 0),
        ("geometric median, words below 2**20", lambda: geometric_median(updates), 0.3),
        ("centred clipping", lambda: centred_clip(rows, radius), 0),
        ("root of trust", lambda: root_of_trust(rows, rows[0]), 0),
        ("squared norms of all updates", lambda: [squared_norm(row) for row in wide], 0),
    ]
    for name, call, goal in cases:
        seconds = _best_interleaved({name: call}, repeats=4)[name]
        yield name, seconds, _verdict(seconds <= goal, f"{goal * 1e3:.0f} ms").lstrip(", ") if goal else ""


def _updates(rng: np.random.Generator, args: argparse.Namespace, limit: int) -> Words:
    return rng.integers(-limit, limit, (args.participants, args.parameters), dtype=np.int32)


def _robust_as_integers(some: Words, wide: Words, f: int) -> None:
    ordered, n = np.sort(some.astype(object), axis=0), len(some)
    assert (coordinate_median(some) == (ordered[(n - 1) // 2] + ordered[n // 2]) // 2).all(), "the median differs"
    kept = ordered[f : n - f]
    assert (trimmed_mean(some, f) == kept.sum(axis=0) // len(kept)).all(), "the trimmed mean differs"
    for words in (some, wide):
        exact = words.astype(object)
        inner = exact @ exact.T
        norms = inner.diagonal()
        assert (squared_distances(words) == norms[:, None] + norms - 2 * inner).all(), "distances differ"


def _peer() -> str:
    """Other implementations are timed where they are installed."""
    if not find_spec("byzfl"):
        return "ByzFL is not installed: no robust rule is compared with it here"
    from byzfl import GeometricMedian, MultiKrum

    reals = np.random.default_rng(7).normal(size=(100, 1_000_000)).astype(np.float32)
    calls = {
        name: lambda r=rule: r(reals)
        for name, rule in (("Multi-Krum", MultiKrum(19)), ("geometric median", GeometricMedian()))
    }
    best = _best_interleaved(calls, repeats=3)
    return "\n".join(f"{'ByzFL ' + name + ', float32':<52}{s * 1e3:9.1f} ms" for name, s in best.items())


_STREAM = """
import resource, sys
import numpy as np
from prefect_federated.core.aggregation.median import coordinate_median
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
kind, limit, d, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
def update(i):
    return np.full(d, i - 7, np.int32)
held = [update(i) for i in range(n)] if kind == "median" else []
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if kind == "median":
    made = coordinate_median(held)
else:
    made = weighted_mean(((1, update(i)) for i in range(n)), d, limit=limit, held=1)
assert made[0] == made[-1] == (n - 1) // 2 - 7
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (4 * d))
"""


def _memory() -> Iterator[Row]:
    """A model of 16 million parameters, 64 MB; each case in a process of its own."""
    cases = {
        "mean of 9 updates as they arrive, int32": ("mean", 2**20, 9, 2.2),
        "mean of 41 updates as they arrive, int32": ("mean", 2**20, 41, 2.2),
        "mean of 41 updates as they arrive, int64": ("mean", 2**31, 41, 0),
        "median of 9 updates, beside the updates": ("median", 0, 9, 0),
    }
    for name, (kind, limit, n, goal) in cases.items():
        arguments = [sys.executable, "-c", _STREAM, kind, str(limit), str(16_000_000), str(n)]
        models = float(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)
        yield name, models, _verdict(models <= goal, f"{goal} x").lstrip(", ") if goal else ""


def _same_as_integers(weights: NDArray[np.int64], updates: Words, limit: int, held: int, threads: int) -> None:
    columns = updates[:, :1000]
    exact = weights.astype(object) @ columns.astype(object) // int(weights.sum())
    mean = weighted_mean(
        zip(weights.tolist(), columns, strict=True), columns.shape[1], limit=limit, held=held, threads=threads
    )
    assert (mean == exact).all(), "the mean differs from plain integers"


def _best_interleaved(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Least seconds of each call; taking turns spreads a noisy neighbour over all of them."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for name, call in calls.items():
            start_s = CLOCK[0]()
            call()
            best[name] = min(best[name], CLOCK[0]() - start_s)
    return best


def _verdict(met: bool, goal: str) -> str:
    return f", goal {goal} {'met' if met else 'MISSED'}"


if __name__ == "__main__":
    main()
