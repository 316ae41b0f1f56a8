"""What private training costs on the demo's data: accuracy, epsilon, time; and what the fixed orders cost.

    python benchmarks/privacy.py [--rounds 5] [--seeds 3] [--search]

Four hospitals, plain weighted mean, no chain: what the demo learns. Epsilon is that of the fewest rows, at delta 1e-5,
after all rounds; in brackets what opacus says with its own orders, which are many and need no word of a chain.
"""

import argparse
import itertools
import math
import statistics
import time
from collections.abc import Iterable, Iterator

import numpy as np
from opacus.accountants import RDPAccountant
from opacus.accountants.analysis.rdp import compute_rdp

from prefect_federated.core.discrete_noise import discrete_gaussian
from prefect_federated.core.privacy import ORDERS, add, epsilon_at, epsilon_of
from prefect_federated.core.silo_noise import part_of
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.accountant import Sampling, cost_of, own_cost
from prefect_federated.learning.local import evaluate, initial_vector, local_update
from prefect_federated.learning.plan import Private, TrainingData, manifest
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.scenario import breast_cancer

DELTA = 1e-5
NOISES = (None, 0.5, 1.0, 2.0, 4.0)
SIZES = ((60, 32), (300, 32), (1000, 32), (10_000, 64), (100_000, 256))  # rows of a silo, and of a batch
USUAL = RDPAccountant.DEFAULT_ALPHAS
WORDS = 100_000  # whose deviation is known to a quarter of a per cent
Row = tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--search", action="store_true", help="only look for the eight orders that tell the least")
    args = parser.parse_args()
    if args.search:
        show(("eight orders", "epsilon too high, mean", "at worst"), search())
        return
    show(("noise multiplier", "accuracy (worst)", "epsilon", "seconds a silo and round"), accuracies(args))
    show(("hidden", "parameters", "plain, ms a step", "private, ms a step"), times())
    show(("rows", "charge of a round"), charges())
    show(("deviation, stated", "silos left", "by parts rounded up", "measured, over the parts'"), deviations())
    show(("noise multiplier", "passes", "epsilon", "with opacus' own orders"), orders())


def show(head: Row, rows: Iterator[Row]) -> None:
    for row in (head, *rows):
        print("  ".join(f"{cell:<26}" for cell in row))
    print()


def accuracies(args: argparse.Namespace) -> Iterator[Row]:
    for noise in NOISES:
        privacy = None if noise is None else PrivacySpec(noise_multiplier=noise, max_grad_norm=1.0, delta=DELTA)
        found = [federated(seed, args.rounds, privacy) for seed in range(args.seeds)]
        accuracy = [one[0] for one in found]
        told = f"{statistics.mean(accuracy):.3f} ({min(accuracy):.3f})"
        yield ("none" if noise is None else f"{noise:g}", told, found[0][1], f"{found[0][2]:.2f}")


def deviations() -> Iterator[Row]:
    """Of a sum of the parts that silos added each, with the fewest left that a round may have."""
    rng = np.random.default_rng(0)
    for stated, fewest in itertools.product((20, 20_000), (3, 30)):
        part = part_of(stated, fewest)
        whole = part * math.sqrt(fewest)
        words = sum(
            discrete_gaussian(part, WORDS, lambda n: rng.integers(0, 2**64, n, np.uint64)) for _ in range(fewest)
        )
        yield f"{stated:,}", str(fewest), f"{whole:,.1f}", f"{np.std(words) / whole:.4f}"


def federated(seed: int, rounds: int, privacy: PrivacySpec | None) -> tuple[float, str, float]:
    """Accuracy on the sponsor's table, epsilon of the smallest hospital, mean time of one training."""
    demo = breast_cancer.split(seed)
    silos = [breast_cancer.training_data(frame) for frame in demo.hospitals.values()]
    plan = TabularClassifier(**breast_cancer.hyperparameters(demo.held_out))
    shapes = manifest(plan)
    vector, started = initial_vector(plan, shapes, seed).astype(np.float64), time.perf_counter()
    for number in range(rounds):
        updates = [
            local_update(plan, shapes, vector, data, 100 * seed + 10 * number + place, breast_cancer.CLIP_NORM, noisy)
            for place, data in enumerate(silos)
            for noisy in [privacy and Private(privacy, bytes([seed, number, place, *bytes(29)]))]
        ]
        weights = np.array([update.examples for update in updates], np.float64)
        vector = vector + weights @ np.array([update.delta for update in updates], np.float64) / weights.sum()
    took = (time.perf_counter() - started) / rounds / len(silos)
    accuracy = evaluate(plan, shapes, vector, breast_cancer.training_data(demo.held_out))["accuracy"]
    return accuracy, epsilons(plan, privacy, min(map(len, silos)), rounds), took


def epsilons(plan: TabularClassifier, privacy: PrivacySpec | None, rows: int, rounds: int) -> str:
    if privacy is None:
        return "none"
    spent, accountant, sampling = 0, RDPAccountant(), plan.sampling(rows)
    for _ in range(rounds):
        spent = add(spent, own_cost(plan, privacy, rows))
        for _ in range(sampling.steps):
            accountant.step(noise_multiplier=privacy.noise_multiplier, sample_rate=sampling.rate)
    return f"{epsilon_of(spent, DELTA):.2f} ({accountant.get_epsilon(DELTA):.2f}), {rows} rows"


def times() -> Iterator[Row]:
    """One step of 32 rows, the median of five trainings of 20 steps."""
    rng = np.random.default_rng(1)
    frame = breast_cancer.load()
    names = breast_cancer.features(frame)
    data = TrainingData(frame.sample(640, replace=True, random_state=1), names, breast_cancer.TARGET)
    privacy = PrivacySpec(noise_multiplier=1.0, max_grad_norm=1.0)
    for hidden in ((16,), (256, 256), (1024, 1024)):
        plan = TabularClassifier(means=[0.0] * 20, scales=[1.0] * 20, hidden=hidden, batch_size=32)
        model, took = plan.build_model(1), dict[str, list[float]](plain=[], private=[])
        for _ in range(6):  # the first warms up
            started = time.perf_counter()
            plan.train(model, data, 1)
            took["plain"].append(time.perf_counter() - started)
            started = time.perf_counter()
            plan.train_privately(model, data, rng.bytes(32), privacy)
            took["private"].append(time.perf_counter() - started)
        plain, private = (statistics.median(values[1:]) / 20 * 1e3 for values in took.values())
        count = sum(tensor.size for tensor in manifest(plan))
        yield str(list(hidden)), f"{count:,}", f"{plain:.2f}", f"{private:.2f}"


def charges() -> Iterator[Row]:
    plan = TabularClassifier(means=[0.0], scales=[1.0], batch_size=16, epochs=4)
    for rows in (50, 10_000):
        started = time.perf_counter()
        cost_of(1.0, plan.sampling(rows))
        yield str(rows), f"{(time.perf_counter() - started) * 1e3:.1f} ms"


def orders() -> Iterator[Row]:
    """1,000 rows in batches of 32: the fixed orders tell more than there is, most of all where little was spent."""
    for noise in (1.0, 1.5):
        for passes in (1, 10, 100):
            sampling, accountant = Sampling(32 / 1000, 32 * passes), RDPAccountant()
            accountant.history = [(noise, sampling.rate, sampling.steps)]
            told = epsilon_of(cost_of(noise, sampling), DELTA)
            yield f"{noise:g}", str(passes), f"{told:.2f}", f"{accountant.get_epsilon(DELTA):.2f}"


def search() -> Iterator[Row]:
    """Over sizes, noises and passes with epsilon 0.2 to 20: how much more eight orders tell than all of opacus'."""
    low = (1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
    candidates = (*low, 10.0, 12.0, 16.0, 20.0, 24.0, 32.0, 48.0, 64.0)
    excess = np.array([told for rows, batch in SIZES for told in excesses(rows, batch, candidates)])
    chosen = tuple(candidates.index(order) for order in ORDERS)
    powers = tuple(candidates.index(order) for order in (1.5, 2.0, 3.0, 4.0, 8.0, 16.0, 32.0, 64.0))
    best = min(itertools.combinations(range(len(candidates)), 8), key=lambda some: excess[:, some].min(axis=1).mean())
    for some in (best, chosen, powers):
        told = excess[:, some].min(axis=1)
        names = " ".join(f"{candidates[place]:g}" for place in some)
        yield names, f"{told.mean():.1%} of {len(told)} settings", f"{told.max():.1%}"


def excesses(rows: int, batch: int, candidates: tuple[float, ...]) -> Iterator[list[float]]:
    """For each noise and number of passes, what each order alone tells beyond all of opacus' orders, as a ratio."""
    for noise, passes in itertools.product((0.7, 1.0, 1.5, 2.0, 4.0, 8.0), (1, 5, 20, 100, 400)):
        rate, steps = min(1.0, batch / rows), passes * math.ceil(rows / batch)
        usual = least(compute_rdp(q=rate, noise_multiplier=noise, steps=steps, orders=USUAL), USUAL)
        if 0.2 < min(usual) < 20:
            ours = compute_rdp(q=rate, noise_multiplier=noise, steps=steps, orders=list(candidates))
            yield [one / min(usual) - 1 for one in least(ours, candidates)]


def least(rdp: Iterable[float], alphas: Iterable[float]) -> list[float]:
    """Epsilon at each order alone; infinite from 32 nats on, where a lane says nothing."""
    return [epsilon_at(order, nats, DELTA) if nats < 32 else math.inf for nats, order in zip(rdp, alphas, strict=True)]


if __name__ == "__main__":
    main()
