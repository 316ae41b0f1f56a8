"""Speed of the aggregation rules on one core: 100 updates of 1 M parameters, beside numpy's float32 product.

    python benchmarks/aggregation.py [--participants 100] [--parameters 1000000] [--cpu-time] [--byzfl PYTHON]

The yardstick is `weights @ updates` in float32 over the same numbers, in the same run: what a mean costs that
rounds. Every time is the best of several; every mean, median and distance is compared with plain integers before it
is timed. With `--cpu-time` the process's own time is counted, for a machine that others use too. What runs on two
threads is timed by the clock on the wall, as is the yardstick beside it: on a machine that others use it shows what
they left. So the longer thread's own time stands beside it. Memory is the largest that a process of its own ever held,
beyond what it held before the first update. With `--byzfl` the rules of ByzFL are timed by an interpreter that has it.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

for _library in ("OMP", "OPENBLAS", "MKL"):  # one core, before numpy starts its threads
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
from byzfl_peer import ABSENT, ByzFL, RuleRefused, interpreter  # noqa: E402
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
    parser.add_argument("--byzfl", metavar="PYTHON", default=interpreter(None), help="interpreter that has ByzFL")
    args = parser.parse_args()
    if args.cpu_time:
        CLOCK[0] = time.process_time
    rng = np.random.default_rng(7)
    for name, models, remark in _memory():  # first: a process begins with the largest memory of the one that starts it
        print(f"{name:<52}{models:9.2f} x the model   {remark}")
    print(f"\n{args.participants} updates x {args.parameters:,} parameters, one core, numpy {np.__version__}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    for rows in (_means(rng, args), _two_threads(rng, args), _robust(rng, args), _peer(rng, args)):
        for name, seconds, remark in rows:
            print(f"{name:<52}{seconds * 1e3:9.1f} ms   {remark}", flush=True)
    if not args.byzfl:
        print(ABSENT)


def _means(rng: np.random.Generator, args: argparse.Namespace) -> Iterator[Row]:
    small = rng.integers(1, 100, args.participants)
    cases = {
        "weighted mean, int32 accumulators": (small, 2**17, 45),
        "weighted mean, int64, words to 2**20": (small, 2**20, 30),
        "weighted mean, int64, words to 2**31": (small * 64, 2**31, 30),
    }
    yield from _beside_the_yardstick(_updates(rng, args, 2**17), cases, 1, CLOCK[0])


def _two_threads(rng: np.random.Generator, args: argparse.Namespace) -> Iterator[Row]:
    """On the wall, and what the longer of both halves took of a core: the wall of a machine with nobody else on it."""
    small = rng.integers(1, 100, args.participants)
    cases = {
        "weighted mean, int32, two threads, on the wall": (small, 2**17, 80),
        "weighted mean, int64, 2**20, two threads": (small, 2**20, 55),
        "weighted mean, int64, 2**31, two threads": (small * 64, 2**31, 55),
    }
    updates = _updates(rng, args, 2**17)
    yield from _beside_the_yardstick(updates, cases, 2, time.perf_counter)
    reals, factors = updates.astype(np.float32), np.ones(args.participants, np.float32)
    for name, (weights, limit, goal) in cases.items():
        longer, yardstick = float("inf"), float("inf")
        for _ in range(9):
            longer = min(longer, _longer_half(updates, weights, limit))
            start_s = time.thread_time()
            factors @ reals
            yardstick = min(yardstick, time.thread_time() - start_s)
        share = 100 * yardstick / longer
        title = name.replace(", on the wall", "") + ": longer half"
        yield title, longer, f"{share:.0f} % of its speed{_verdict(share >= goal, f'{goal} %')}"


def _longer_half(updates: Words, weights: NDArray[np.int64], limit: int) -> float:
    """Two threads sum half of the columns each at the same time; seconds of a core that the longer one took."""
    middle = updates.shape[1] // 2

    def half(columns: slice) -> float:
        start_s = time.thread_time()
        some = updates[:, columns]
        weighted_mean(zip(weights.tolist(), some, strict=True), some.shape[1], limit=limit)
        return time.thread_time() - start_s

    with ThreadPoolExecutor(2) as pool:
        return max(pool.map(half, (slice(0, middle), slice(middle, None))))


def _beside_the_yardstick(
    updates: Words, cases: dict[str, tuple[NDArray[np.int64], int, int]], threads: int, clock: Callable[[], float]
) -> Iterator[Row]:
    rows, reals = list(updates), updates.astype(np.float32)
    factors = np.ones(len(rows), np.float32)
    calls: dict[str, Callable[[], Any]] = {"float32": lambda: factors @ reals}
    for name, (weights, limit, _) in cases.items():
        _same_as_integers(weights, updates, limit, threads)
        calls[name] = lambda w=weights, b=limit: weighted_mean(
            zip(w.tolist(), rows, strict=True), updates.shape[1], limit=b, threads=threads
        )
    best = _best_interleaved(calls, 9, clock)
    yield "float32 weights @ updates (the yardstick)", best["float32"], ""
    for name, (*_, goal) in cases.items():
        share = 100 * best["float32"] / best[name]
        yield name, best[name], f"{share:.0f} % of its speed{_verdict(share >= goal, f'{goal} %')}"


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
        seconds = _best_interleaved({name: call}, 4, CLOCK[0])[name]
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


def _peer(rng: np.random.Generator, args: argparse.Namespace) -> Iterator[Row]:
    """ByzFL's rules on as many float32 numbers; its own process counts as this one does."""
    if not args.byzfl:
        return
    there, f = ByzFL(args.byzfl), max(0, (args.participants - 3) // 5)
    reals = rng.normal(size=(args.participants, args.parameters)).astype(np.float32)
    cases: dict[str, dict[str, float]] = {"Average": {}, "Median": {}, "TrMean": {"f": f}, "MultiKrum": {"f": f}}
    for name, settings in (cases | {"GeometricMedian": {}, "CenteredClipping": {"tau": 100.0}}).items():
        try:
            _, took = there.aggregate(name, settings, reals, repeats=2)
        except RuleRefused as error:
            yield f"ByzFL {there.version} {name}", float("nan"), str(error)
        else:
            yield f"ByzFL {there.version} {name}, float32", took["cpu_seconds" if args.cpu_time else "seconds"], ""
    there.close()


_KEPT = """
import resource, sys
import numpy as np
from prefect_federated.adapters.spool import Spool
from prefect_federated.core.combine import Update, combine
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.stream import StreamWords
name, limit, d, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
f = 2 * (name in ("multi_krum", "geometric_median"))
rule = RuleSpec(name=name, trim=2 * (name == "trimmed_mean"), byzantine=f)
small = [Update(str(i), 1, np.full(9, i - 7, np.int32)) for i in range(n)]
combine(rule, small)  # what the libraries take once
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
spool = Spool(memory_bytes=0)
def update(i):
    block = np.full(2**16, i - 7, np.int32)
    pieces = (block[: min(block.size, d - at)].tobytes() for at in range(0, d, block.size))
    return Update(str(i), 1, StreamWords(spool.keep(pieces, 4 * d), 0, d))
made = combine(rule, [update(i) for i in range(n)], limit=limit).aggregate
assert made[0] == made[-1] == combine(rule, small).aggregate[0]
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (4 * d))
"""


def _memory() -> Iterator[Row]:
    """A model of 16 million parameters, 64 MB; updates arrive and are kept beside the memory; a process each."""
    cases = {
        "mean of 9 updates, int32": ("mean", 2**20, 9),
        "mean of 41 updates, int32": ("mean", 2**20, 41),
        "mean of 41 updates, int64": ("mean", 2**31, 41),
        "median of 9 updates": ("median", 2**31, 9),
        "trimmed mean of 9 updates": ("trimmed_mean", 2**31, 9),
        "Multi-Krum of 9 updates": ("multi_krum", 2**31, 9),
        "geometric median of 9 updates": ("geometric_median", 2**31, 9),
    }
    for title, (name, limit, n) in cases.items():
        arguments = [sys.executable, "-c", _KEPT, name, str(limit), str(16_000_000), str(n)]
        models = float(subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True).stdout)
        yield title, models, _verdict(models <= 2.2, "2.2 x").lstrip(", ")


def _same_as_integers(weights: NDArray[np.int64], updates: Words, limit: int, threads: int) -> None:
    columns = updates[:, :1000]
    exact = weights.astype(object) @ columns.astype(object) // int(weights.sum())
    mean = weighted_mean(zip(weights.tolist(), columns, strict=True), columns.shape[1], limit=limit, threads=threads)
    assert (mean == exact).all(), "the mean differs from plain integers"


def _best_interleaved(
    calls: dict[str, Callable[[], Any]], repeats: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Least seconds of each call; taking turns spreads a noisy neighbour over all of them."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for name, call in calls.items():
            start_s = clock()
            call()
            best[name] = min(best[name], clock() - start_s)
    return best


def _verdict(met: bool, goal: str) -> str:
    return f", goal {goal} {'met' if met else 'MISSED'}"


if __name__ == "__main__":
    main()
