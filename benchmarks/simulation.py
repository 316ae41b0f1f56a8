"""Batched training against the plan's own loop and bare PyTorch, and a whole simulation by its parts.

Run `python benchmarks/simulation.py [--rounds N] [--participants N] [--committee N] [--training-only]`. Training: a
perceptron 64-32-10, 50 participants with 50 rows each, 5 steps of 10 rows, one thread; the best of several tries.
Reading a table into tensors is shown apart: loop and batched program both need it, and a plan reads anew in every
round. Parts of a simulation show seconds that passed and seconds that this process computed; the second say more
where others use the cores too.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from prefect_federated.cli import quiet

PARTICIPANTS, ROWS, BATCH = 50, 50, 10
TRIES = 15
GOAL_TIMES, GOAL_OVER, GOAL_S = 10.0, 0.10, 60.0


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--participants", type=int, default=100)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--committee", type=int, default=3)
    options.add_argument("--training-only", action="store_true")
    asked = options.parse_args()
    training()
    if not asked.training_only:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            quiet.apply(Path(folder))
            whole(Path(folder) / "out", asked.participants, asked.rounds, asked.committee)


def training() -> None:
    """Bare PyTorch, the loop, the batched program, each on the same tables and seeds."""
    import numpy as np
    import torch
    from pandas import DataFrame

    from prefect_federated.learning import batched_training
    from prefect_federated.learning.determinism import reproducible
    from prefect_federated.learning.plan import TrainingData
    from prefect_federated.learning.tabular import TabularClassifier

    rng, names = np.random.default_rng(0), tuple(f"x{number}" for number in range(64))
    plan = TabularClassifier(means=[0.0] * 64, scales=[1.0] * 64, hidden=[32], labels=10, lr=0.1, batch_size=BATCH)
    frames = [DataFrame(rng.normal(size=(ROWS, 64)), columns=list(names)) for _ in range(PARTICIPANTS)]
    data = [TrainingData(frame.assign(y=rng.integers(0, 10, ROWS)), names, "y") for frame in frames]
    base, seeds = plan.parameters(plan.build_model(0)), range(PARTICIPANTS)

    def read() -> list[tuple[torch.Tensor, torch.Tensor]]:
        return [(plan.tensors(one.x), torch.from_numpy(one.y)) for one in data]

    def bare() -> None:
        for one, seed in zip(data, seeds, strict=True):
            x, y = plan.tensors(one.x), torch.from_numpy(one.y)
            model = plan.module()
            model.load_state_dict({name: torch.from_numpy(values) for name, values in base.items()})
            torch.manual_seed(seed)
            step = torch.optim.SGD(model.parameters(), lr=0.1)
            for rows in torch.split(torch.randperm(ROWS), BATCH):
                step.zero_grad()
                torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
                step.step()

    def loop() -> None:
        for one, seed in zip(data, seeds, strict=True):
            model = plan.build_model(0)
            plan.load(model, base)
            plan.train(model, one, seed)

    tables = read()

    def batched() -> None:
        with reproducible(0):
            batched_training._train_group(plan, base, tables, seeds, "cpu")

    torch.set_num_threads(1)
    reading, naked, looped, program = best(read, bare, loop, batched)
    print(f"training of {PARTICIPANTS} participants, {ROWS} rows, {ROWS // BATCH} steps, perceptron 64-32-10")
    print(f"  reading the tables        {reading * 1e3:8.1f} ms   (in each of the two lines below)")
    print(f"  bare PyTorch, loop        {naked * 1e3:8.1f} ms")
    over = looped / naked - 1
    print(f"  the plan, loop            {looped * 1e3:8.1f} ms   {over:+.0%} over bare PyTorch (goal +{GOAL_OVER:.0%})")
    print(f"  one batched program       {program * 1e3:8.1f} ms   tables read before")
    times = (looped - reading) / program
    print(f"  the loop without reading takes {times:.1f} times as long as the program (goal {GOAL_TIMES:.0f})")
    print(f"  with reading in both {looped / (program + reading):.1f} times")


def best(*calls: Callable[[], object]) -> list[float]:
    """Shortest of several tries of each, taken in turns, so that a busy moment hits all alike."""
    shortest = [float("inf")] * len(calls)
    for _ in range(TRIES):
        for place, call in enumerate(calls):
            started = time.perf_counter()
            call()
            shortest[place] = min(shortest[place], time.perf_counter() - started)
    return shortest


class Clock:
    """Seconds that passed and that this process computed, by part."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = {}
        self._name, self._at, self._busy = "importing", time.perf_counter(), time.process_time()

    def __call__(self, name: str) -> None:
        """Another part begins."""
        at, busy = time.perf_counter(), time.process_time()
        spent = self.parts.setdefault(self._name, [0.0, 0.0])
        spent[0] += at - self._at
        spent[1] += busy - self._busy
        self._name, self._at, self._busy = name, at, busy


def whole(out: Path, participants: int, rounds: int, committee: int) -> None:
    """A simulation on digits, from nothing to report and plots, with the seconds of its parts."""
    clock, started, busy = Clock(), time.perf_counter(), time.process_time()
    from prefect_federated.cli.simulate_run import run_simulation
    from prefect_federated.scenario.simulation.options import Options

    out.mkdir()
    options = Options(participants=participants, rounds=rounds, committee=committee)
    report = run_simulation(out, options, clock, lambda round, stage, who: clock(f"all rounds: {stage}"))
    clock("")
    took, worked = time.perf_counter() - started, time.process_time() - busy
    print(f"\n{participants} participants, committee of {committee}, {rounds} rounds on digits: {took:.1f} s")
    print(
        f"  the goal is {GOAL_S:.0f} s for 100 and 5; computed by this process {worked:.1f} s, by chain and server more"
    )
    print(f"  {'part':<32}{'passed':>10}{'computed':>11}")
    for name, (passed, computed) in clock.parts.items():
        print(f"  {name:<32}{passed:8.2f} s{computed:9.2f} s")
    print("  rounds by stage:")
    for row in report.rounds:
        told = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in row.stages_s.items())
        print(f"    {row.round_id}: {sum(row.stages_s.values()):6.2f} s   {told}")


if __name__ == "__main__":
    sys.exit(main())
