"""Fixed cost of a round: four participants, empty training, all seven stages, MLflow and GX on.

Run `python benchmarks/round_overhead.py [--chain anvil|eth-tester] [--rounds N]`. The first round is shown apart: it
pays for imports and for the data checks, whose results are then found again. Chain time is moved by the devnet, so
the windows (an hour each, a day for challenges) cost nothing; what is printed is wall-clock time.

The yardstick is Prefect itself, in the same process: as many task runs as a round has, which do nothing. Seconds
differ by a factor of two and more between machines, and between hours on a shared one; the ratio hardly does.
"""

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from prefect_federated.cli import quiet

if TYPE_CHECKING:
    from prefect import Task

    from prefect_federated.adapters.evm.devnet import Preference

GOAL_S = 1.0


def main() -> None:
    """Run the rounds and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chain", default="auto", choices=("auto", "anvil", "eth-tester"))
    options.add_argument("--rounds", type=int, default=8)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        quiet.apply(Path(folder))
        measure(Path(folder), asked.chain, asked.rounds)


def measure(out: Path, kind: "Preference", rounds: int) -> None:
    """Set a federation up, drive its rounds, print medians after the first."""
    from prefect_federated.adapters.evm.devnet import Devnet
    from prefect_federated.blocks.stores import LocalStore
    from prefect_federated.cli.demo_run import run_rounds
    from prefect_federated.scenario.consortium import set_up
    from prefect_federated.scenario.plot import Plot
    from prefect_federated.scenario.task_spec import Terms

    plot = Plot(rounds=rounds, interval_s=0, cheats=(), data_docs=False, terms=Terms(epochs=0, max_rounds=rounds))
    clock = Clock()
    with Devnet.start(prefer=kind) as devnet:
        consortium = set_up(devnet.url, out, LocalStore(root=out / "store"), plot)
        clock.time_parts()
        results = run_rounds(consortium, clock.watch)
    walls = [result.wall_s for result in results]
    later = statistics.median(walls[1:])
    runs = clock.task_runs(len(walls))
    idle = statistics.median(idle_rounds(runs, len(walls)))
    print(f"chain: {devnet.kind}; windows: 3 x 3600 s and 86400 s of chain time; {len(walls)} rounds, 4 participants")
    print(f"first round          {walls[0]:7.3f} s")
    print(f"later rounds, median {later:7.3f} s   (goal {GOAL_S} s)")
    print(f"{runs} empty task runs {idle:7.3f} s   (the yardstick: a round takes {later / idle:.1f} times as long)")
    print("of which, a round (median of the later rounds):")
    for part, seconds in sorted(clock.parts(len(walls)).items(), key=lambda item: -item[1]):
        print(f"  {part:<24}{seconds:7.3f} s")


def idle_rounds(runs: int, rounds: int) -> list[float]:
    """Seconds of each of several rounds that only start and end their task runs, in one flow run."""
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    @task(cache_policy=NO_CACHE)
    def nothing() -> None:
        return None

    @flow
    def idle() -> list[float]:
        walls = []
        for _ in range(rounds):
            started = time.perf_counter()
            for _ in range(runs):
                nothing()
            walls.append(time.perf_counter() - started)
        return walls

    return idle()


class Clock:
    """Adds up the time spent in the parts that rounds are made of."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.round = 0
        self.spent: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.calls: dict[int, int] = defaultdict(int)

    def watch(self, round: int, stage: str, who: str) -> None:
        """Note which round is running."""
        self.round = round or self.round

    def time_parts(self) -> None:
        """Put a stop-watch around each stage's task, and around the conversations within."""
        from prefect_federated.adapters.data.gx_suite import DataChecks
        from prefect_federated.adapters.evm.outbox import Outbox
        from prefect_federated.flows import driving, members

        for module, names in (
            (members, ("listen", "validate", "train", "seal", "commit", "reveal")),
            (driving, ("open_round", "aggregate", "settle", "mirror", "publish_round")),
        ):
            for name in names:
                setattr(module, name, Timed(self, f"stage {name}", getattr(module, name)))
        for owner, name, label in (
            (Outbox, "send", "within: transactions"),
            (DataChecks, "run", "within: data checks"),
            (import_module("prefect_federated.tasks.settle"), "mirror_round", "within: MLflow"),
        ):
            setattr(owner, name, Timed(self, label, getattr(owner, name)))

    def parts(self, rounds: int) -> dict[str, float]:
        """Median seconds of each part over the rounds after the first."""
        later = [self.spent[number] for number in range(2, rounds + 1)]
        names = {name for parts in later for name in parts}
        return {name: statistics.median(parts.get(name, 0.0) for parts in later) for name in names}

    def task_runs(self, rounds: int) -> int:
        """Median number of task runs of a round, after the first."""
        return round(statistics.median(self.calls[number] for number in range(2, rounds + 1)))


@dataclass(frozen=True)
class Timed:
    """A task or method whose seconds count under a label of the clock."""

    clock: Clock
    label: str
    call: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        started, clock = time.perf_counter(), self.clock
        try:
            return self.call(*args, **kwargs)
        finally:
            clock.calls[clock.round] += self.label.startswith("stage")
            clock.spent[clock.round][self.label] += time.perf_counter() - started

    def __get__(self, instance: Any, owner: type) -> Any:
        """Bind it as a method, which it takes the place of."""
        return partial(self, instance) if instance is not None else self

    def with_options(self, **options: Any) -> "Timed":
        """The task with other options, timed alike."""
        return Timed(self.clock, self.label, cast("Task[..., Any]", self.call).with_options(**options))


if __name__ == "__main__":
    main()
