"""Who was in the training? A threshold on the loss guesses it, and guesses worse the smaller epsilon is.

    python benchmarks/membership.py [--seeds 5] [--rounds 3] [--epsilons inf 8 3 1] [--json]

model or noisy update --loss of each row--> at most the mean loss of the members: "was in" --> advantage

Four silos of few digits, a fifth of them labelled at random, learn them by heart. The attack knows the mean loss of the
members and nothing else of them: no shadow models, no luck in the choice of a threshold. Its advantage is the share of
members that it names, less that of other rows. `row`: DP-SGD, and the model that everybody gets. `silo`: noise on whole
updates, and what a reader gets, each silo's last one on top of the model it was trained from; that silo's rows are the
members.

Source: Adversary 1 and Definition 4 of Yeom et al. 2018, https://arxiv.org/abs/1709.01604
"""

import argparse
import json
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import digits_cohort
import numpy as np
import pandas as pd
import privacy_play
import torch
from numpy.typing import NDArray
from privacy_play import ENCODING, Scene, Unit, Words, least_noise

from prefect_federated.core.fixed_point import decode
from prefect_federated.learning.local import model_of
from prefect_federated.learning.plan import TrainingData, manifest
from prefect_federated.learning.tabular import TabularClassifier

SILOS, ROWS, SPOILT = 4, 40, 0.2
UNITS: tuple[Unit, ...] = ("row", "silo")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epsilons", type=float, nargs="+", default=[math.inf, 8.0, 3.0, 1.0])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    for row in measured(args.seeds, args.rounds, args.epsilons):
        rows.append(row)
        if not args.json:
            told = f"{row['advantage']:+.3f} ({row['deviation']:.3f})  at most {row['bound']:.3f}"
            print(f"{row['hidden']:<5} epsilon {row['epsilon']:<4}  noise {row['noise']:<7.3g} advantage {told}")
    if args.json:
        print(json.dumps(rows))


def measured(seeds: int, rounds: int, epsilons: Sequence[float]) -> Iterator[dict[str, Any]]:
    """For each unit and epsilon the attack's advantage, mean and deviation over seeds, and what no attack exceeds."""
    for unit in UNITS:
        for epsilon in epsilons:
            noise = least_noise(epsilon, lambda z, unit=unit: memorising(0, rounds).spent(unit, z))
            found = [attacked(memorising(seed, rounds), unit, noise, seed) for seed in range(seeds)]
            yield {
                "hidden": unit,
                "epsilon": str(epsilon) if math.isinf(epsilon) else f"{epsilon:g}",
                "noise": noise,
                "advantage": statistics.mean(found),
                "deviation": statistics.pstdev(found),
                "bound": most(epsilon, privacy_play.DELTA),
            }


def memorising(seed: int, rounds: int) -> Scene:
    """Few rows a silo, and a network with room for all of them."""
    order = np.random.default_rng([seed, 7]).permutation(1797)
    parts = np.split(order[: SILOS * ROWS], SILOS)
    plan = TabularClassifier(
        means=[8.0] * 64, scales=[6.0] * 64, hidden=[64], labels=10, epochs=20, batch_size=10, lr=0.2
    )
    silos = {str(place): spoilt(rows) for place, rows in enumerate(parts)}
    return Scene(plan, silos, spoilt(order[SILOS * ROWS :]), rounds, max_norm=2.0)


def spoilt(rows: NDArray[np.int64]) -> TrainingData:
    """Rows of which a fifth has a label drawn anew; which and how depends on the row alone."""
    data, rng = digits_cohort.table(rows), np.random.default_rng(11)
    chosen, labels = rng.random(1797)[rows] < SPOILT, rng.integers(0, 10, 1797)[rows]
    frame = data.frame.assign(**{data.target: np.where(chosen, labels, data.y)})
    return TrainingData(frame, data.features, data.target)


def attacked(scene: Scene, unit: Unit, noise: float, seed: int) -> float:
    """The advantage against one training."""
    if unit == "row":
        model = scene.learn(unit, noise, seed)
        return advantage(*(losses(scene, model, data) for data in (together(scene), scene.test)))
    base = replace(scene, rounds=scene.rounds - 1).learn(unit, noise, seed)
    outside, found = scene.test, []
    for place, data in scene.silos.items():
        alone = replace(scene, silos={place: data}, rounds=1)
        seen = alone.learn_from(base, unit, noise, seed, scene.rounds - 1)
        found.append(advantage(losses(scene, seen, data), losses(scene, seen, outside)))
    return statistics.mean(found)


def advantage(members: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Share of members named less share of others named; a row is named whose loss is at most the members' mean."""
    threshold = members.mean()
    return float((members <= threshold).mean() - (others <= threshold).mean())


def most(epsilon: float, delta: float) -> float:
    """What no attack exceeds: (e^epsilon - 1 + 2 delta) / (e^epsilon + 1).

    Source: the sum of both bounds of Theorem 2.1 of Kairouz, Oh and Viswanath 2015, https://arxiv.org/abs/1311.0776
    """
    return 1.0 if math.isinf(epsilon) else math.tanh(epsilon / 2) + 2 * delta / (math.exp(epsilon) + 1)


def losses(scene: Scene, words: Words, data: TrainingData) -> NDArray[np.float64]:
    """Cross-entropy of each row under a model, float64 [n]."""
    model = model_of(scene.plan, manifest(scene.plan), decode(words, ENCODING))
    assert isinstance(model, torch.nn.Module)
    with torch.no_grad():
        scores = model.eval()(scene.plan.tensors(data.x))
        each = torch.nn.functional.cross_entropy(scores, torch.from_numpy(data.y), reduction="none")
    return each.double().numpy()


def together(scene: Scene) -> TrainingData:
    """All silos' rows."""
    one = next(iter(scene.silos.values()))
    return TrainingData(pd.concat([data.frame for data in scene.silos.values()]), one.features, one.target)


if __name__ == "__main__":
    main()
