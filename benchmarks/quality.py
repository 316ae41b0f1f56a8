"""How good the models are: every algorithm beside pooled and local training, by the integers of real rounds, no chain.

    python benchmarks/quality.py [--seeds 5] [--rounds N] [--hearts FOLDER] [--only hearts|digits] [--jobs N] [--json]

hearts: the four hospitals of UCI Heart Disease at FLamby's budget, beside what FLamby published (`heart_disease.py`);
left out with one line where their files are not there. digits: scikit-learn's, dealt to 20 participants by a Dirichlet
distribution of concentration 0.1. Accuracy, mean and standard deviation over seeds.
"""

import argparse
import json
import os
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import heart_disease
import numpy as np
import pandas as pd
from heart_disease import LoneNorm
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from prefect_federated.core.local_spec import FedBN, FedNova, FedProx, LocalSpec, Scaffold, Sgd
from prefect_federated.core.schedule_spec import FedBuff
from prefect_federated.core.server_spec import FedAdagrad, FedAdam, FedAvg, FedAvgM, FedYogi, ServerSpec
from prefect_federated.core.server_spec import FedNova as NovaServer
from prefect_federated.learning.buffered_rounds import play_buffered
from prefect_federated.learning.partition import dirichlet_split
from prefect_federated.learning.plan import TrainingData, TrainingPlan
from prefect_federated.learning.rounds import Setting, Standing, after_round, first, judged
from prefect_federated.learning.tabular import TabularClassifier

FIRST_SEED, DIGITS_ROUNDS, PARTICIPANTS, CONCENTRATION, FEWEST = 42, 20, 20, 0.1, 10
POOLED, ALONE = "pooled", " alone"
Row = dict[str, Any]
Found = NDArray[np.float64]
Play = Callable[[str, int], list[float]]
Silos = Mapping[str, TrainingData]


@dataclass(frozen=True, slots=True)
class Method:
    """An algorithm with its settings; `training` goes to the plan."""

    local: LocalSpec = field(default_factory=Sgd)
    server: ServerSpec = field(default_factory=FedAvg)
    training: Mapping[str, Any] = field(default_factory=dict)
    bits: int = 16
    schedule: FedBuff | None = None


# Rates, mu, betas and tau are those of FLamby's result files; it has no fedavgm, fednova, fedbn.
_FLAMBY = {"beta1": 0.9, "tau": 1e-8}
HEART_METHODS = {
    "fedavg": Method(training={"lr": 0.001}),
    "fedprox": Method(FedProx(mu=0.01), training={"lr": 0.001}),
    "scaffold": Method(Scaffold(), training={"lr": 0.001}),
    "fedadam": Method(server=FedAdam(learning_rate=0.01, beta2=0.999, **_FLAMBY), training={"lr": 0.01}),
    "fedyogi": Method(server=FedYogi(learning_rate=0.01, beta2=0.999, **_FLAMBY), training={"lr": 0.003162}),
    "fedadagrad": Method(server=FedAdagrad(learning_rate=0.316228, **_FLAMBY), training={"lr": 0.003162}),
    "fedavgm": Method(server=FedAvgM(), training={"lr": 0.001}),
    "fednova": Method(FedNova(nominal_steps=heart_disease.UPDATES), NovaServer(), training={"lr": 0.001}),
    "fedbuff": Method(training={"lr": 0.001}, schedule=FedBuff(buffer=2)),
    "fedbn": Method(FedBN(), training={"lr": 0.01, "normed": True}),
}
DIGIT_METHODS = {
    "fedavg": Method(),
    "fedprox": Method(FedProx(mu=0.1)),
    "scaffold": Method(Scaffold()),
    "fedadam": Method(server=FedAdam(learning_rate=0.03)),
    "fedyogi": Method(server=FedYogi(learning_rate=0.03)),
    "fedadagrad": Method(server=FedAdagrad(learning_rate=0.1)),
    "fedavgm": Method(server=FedAvgM(learning_rate=0.5, momentum=0.7)),
    "fednova": Method(FedNova(nominal_steps=16), NovaServer(), bits=20),
    "fedbuff": Method(schedule=FedBuff(buffer=10)),
    "fedbn": Method(FedBN(), training={"normed": True}),
}
HEART_CELLS = (*HEART_METHODS, POOLED, *(name + ALONE for name in heart_disease.HOSPITALS))
DIGIT_CELLS = (*DIGIT_METHODS, POOLED, "one" + ALONE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, help=f"{heart_disease.ROUNDS} (hearts) and {DIGITS_ROUNDS} by default")
    parser.add_argument(
        "--hearts", type=Path, default=heart_disease.FOLDER, help="folder of the files; also FEDERATED_HEARTS"
    )
    parser.add_argument("--only", choices=("hearts", "digits"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes; the figures do not depend on it")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    args = parser.parse_args()
    tables: dict[str, list[Row]] = {}
    with ProcessPoolExecutor(args.jobs) as pool:
        if args.only != "digits" and _there(args):
            play = partial(heart_cell, folder=args.hearts, rounds=args.rounds or heart_disease.ROUNDS)
            tables["hearts"] = [heart_row(*one) for one in played(pool, play, HEART_CELLS, args.seeds)]
        if args.only != "hearts":
            play = partial(digit_cell, rounds=args.rounds or DIGITS_ROUNDS)
            tables["digits"] = [digit_row(*one) for one in played(pool, play, DIGIT_CELLS, args.seeds)]
    if args.json:
        print(json.dumps(tables, indent=2))
        return
    for name, rows in tables.items():
        show(name, rows)


def played(pool: ProcessPoolExecutor, play: Play, cells: Iterable[str], seeds: int) -> Iterator[tuple[str, Found]]:
    """Each cell with its figures, [seeds, ...]."""
    over = range(FIRST_SEED, FIRST_SEED + seeds)
    waiting = {cell: [pool.submit(play, cell, seed) for seed in over] for cell in cells}
    return ((cell, np.array([one.result() for one in jobs])) for cell, jobs in waiting.items())


def heart_cell(name: str, seed: int, folder: Path, rounds: int) -> list[float]:
    """Accuracy on the pooled test set, then on each hospital's own; each hospital is a silo."""
    data = heart_disease.load(folder)
    tests = {"": data.pooled_test, **data.test}
    if method := HEART_METHODS.get(name):
        plan = heart_plan(updates=heart_disease.UPDATES, **method.training)
        setting, standing = federated(plan, method, data.train, rounds, seed)
        return [judged(setting, standing, rows, one)["accuracy"] for one, rows in tests.items()]
    epochs = heart_disease.POOLED_EPOCHS * rounds // heart_disease.ROUNDS
    plan = heart_plan(epochs=epochs, lr=heart_disease.POOLED_RATE, optimizer="adam")
    rows = data.pooled_train if name == POOLED else data.train[name.removesuffix(ALONE)]
    return alone(plan, rows, list(tests.values()), seed)


def heart_plan(**training: Any) -> heart_disease.Logistic:
    """Logistic regression in batches of four."""
    return heart_disease.Logistic(batch_size=heart_disease.BATCH, **training)


def heart_row(name: str, found: Found) -> Row:
    """A line of the table. FedBN's layers exist in hospitals alone, so it has no cell on the pooled test set."""
    ours = None if name == "fedbn" else spread(found[:, 0]), spread(found[:, 1:].mean(axis=1))
    known = heart_disease.PUBLISHED.get(name)
    theirs = (None, None) if known is None else (known[:2], known[2:])
    near = [abs(one[0] - other[0]) <= other[1] for one, other in zip(ours, theirs, strict=True) if one and other]
    return {
        "method": name,
        "pooled test": ours[0],
        "published": theirs[0],
        "own tests": ours[1],
        "published ": theirs[1],
        "within one sd": all(near) if near else None,
    }


def digit_cell(name: str, seed: int, rounds: int) -> list[float]:
    """Accuracy on the common test set; of what exists in a silo alone, the mean over silos. Each seed deals anew."""
    silos, test = dealt(seed)
    if method := DIGIT_METHODS.get(name):
        setting, standing = federated(digit_plan(**method.training), method, silos, rounds, seed)
        whose = list(silos) if name == "fedbn" else [""]
        return [statistics.mean(judged(setting, standing, test, one)["accuracy"] for one in whose)]
    plan = digit_plan(epochs=2 * rounds)
    whole = TrainingData(pd.concat([one.frame for one in silos.values()]), test.features, test.target)
    tables = [whole] if name == POOLED else list(silos.values())
    return [statistics.mean(alone(plan, rows, [test], seed)[0] for rows in tables)]


def digit_row(name: str, found: Found) -> Row:
    """A line of the table."""
    return {"method": name, "accuracy": spread(found[:, 0])}


def federated(plan: TrainingPlan, method: Method, silos: Silos, rounds: int, seed: int) -> tuple[Setting, Standing]:
    """Play the rounds. Buffered ones make as many updates, each after a time drawn from a half-normal distribution."""
    setting = Setting(plan, method.local, method.server, frac_bits=method.bits, limit=2**28, seed=seed)
    if method.schedule is not None:
        rng, buffered = np.random.default_rng(seed), rounds * len(silos) // method.schedule.buffer
        found = play_buffered(setting, method.schedule, silos, buffered, lambda name: abs(rng.normal()))
        return setting, found.standing
    standing = first(setting)
    for _ in range(rounds):
        standing = after_round(setting, standing, silos)
    return setting, standing


def alone(plan: TrainingPlan, data: TrainingData, tests: Sequence[TrainingData], seed: int) -> list[float]:
    """Accuracies of one table's own model."""
    model = plan.build_model(seed)
    plan.train(model, data, seed)
    return [plan.evaluate(model, test)["accuracy"] for test in tests]


def dealt(seed: int) -> tuple[dict[str, TrainingData], TrainingData]:
    """Training rows by participant, and the common test set, a fifth of all."""
    table = load_digits(as_frame=True).frame
    train, test = train_test_split(table, test_size=0.2, random_state=seed, stratify=table["target"])
    names = [f"participant-{number:02}" for number in range(PARTICIPANTS)]
    rows = dirichlet_split(train["target"].to_numpy(), names, CONCENTRATION, seed, FEWEST)
    features = tuple(name for name in table.columns if name != "target")
    silos = {name: TrainingData(train.iloc[numbers], features, "target") for name, numbers in rows.items()}
    return silos, TrainingData(test, features, "target")


class DigitPlan(TabularClassifier):
    """64 pixels, 32 hidden units, ten labels; `normed` puts batch normalisation behind the first layer."""

    def __init__(self, *, normed: bool = False, **training: Any) -> None:
        super().__init__(means=[8.0] * 64, scales=[8.0] * 64, hidden=[32], labels=10, **training)
        self.normed = normed

    def module(self) -> nn.Module:
        """Two linear layers."""
        plain = list(super().module())
        return nn.Sequential(plain[0], LoneNorm(32), *plain[1:]) if self.normed else nn.Sequential(*plain)


def digit_plan(**training: Any) -> DigitPlan:
    """Two passes in batches of 10."""
    return DigitPlan(**{"epochs": 2, "batch_size": 10, "lr": 0.05, **training})


def spread(values: Found) -> tuple[float, float]:
    """Mean and standard deviation of a sample."""
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0


def show(name: str, rows: list[Row]) -> None:
    print(name)
    for row in ({key: key for key in rows[0]}, *rows):
        print("  ".join(f"{told(value):<22}" for value in row.values()).rstrip())
    print()


def told(value: Any) -> str:
    if isinstance(value, tuple):
        return f"{value[0]:.3f} +- {value[1]:.3f}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return {None: "-", True: "yes", False: "NO"}.get(value, str(value))


def _there(args: argparse.Namespace) -> bool:
    why = heart_disease.missing(args.hearts)
    if why and not args.json:
        print(why)
    return not why


if __name__ == "__main__":
    main()
