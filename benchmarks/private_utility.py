"""What privacy costs in accuracy: digits in 20 silos, heart disease in four hospitals, at stated epsilons.

    python benchmarks/private_utility.py [--seeds 5] [--epsilons inf 8 3 1] [--hearts FOLDER] [--rounds N] [--json]

Epsilon is what all rounds spend, at delta 1e-5: of a row in the smallest silo (`row`), of a whole silo towards whoever
reads its updates (`silo`, what a task of today counts), or of the silo that weighs most towards who sees models alone
(`silo, to outsiders`). Accuracy on rows of nobody, mean and deviation over seeds; in the hospitals seeds change the
first model, the batches and the noise, not the rows. Hospitals are left out with one line where their files are not
there.
"""

import argparse
import json
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import heart_disease
from privacy_play import Scene, Unit, digits, hearts, least_noise

Make = Callable[[int, int], Scene]  # seed, rounds
# Under noise on whole silos few rounds do better: each pays for itself.
ROUNDS: dict[str, dict[Unit, int]] = {
    "digits": {"row": 10, "silo": 3, "silo, to outsiders": 3},
    "hearts": {"row": 3, "silo": 1, "silo, to outsiders": 1},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epsilons", type=float, nargs="+", default=[math.inf, 8.0, 3.0, 1.0])
    parser.add_argument(
        "--hearts", type=Path, default=heart_disease.FOLDER, help="folder of the files; also FEDERATED_HEARTS"
    )
    parser.add_argument("--rounds", type=int, default=0, help="for all, in place of each table's own")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    makes: dict[str, Make] = {"digits": digits}
    why = heart_disease.missing(args.hearts)
    if not why:
        makes["hearts"] = lambda seed, rounds: hearts(args.hearts, rounds)
    elif not args.json:
        print(why)
    rows = []
    for row in table(makes, args.seeds, args.epsilons, args.rounds):
        rows.append(row)
        if not args.json:
            told = f"{row['accuracy']:.3f} ({row['deviation']:.3f})"
            head = f"{row['data']:<7} {row['hidden']:<19} rounds {row['rounds']:<3}"
            print(f"{head} epsilon {row['epsilon']:<4} noise {row['noise']:<6.3g} {told}", flush=True)
    if args.json:
        print(json.dumps(rows))


def table(makes: dict[str, Make], seeds: int, epsilons: Sequence[float], rounds: int) -> Iterator[dict[str, Any]]:
    """One row for each data set, unit and epsilon."""
    for name, make in makes.items():
        for unit, own in ROUNDS[name].items():
            for epsilon in epsilons:
                yield {"data": name, "hidden": unit, **cell(make, unit, rounds or own, epsilon, seeds)}


def cell(make: Make, unit: Unit, rounds: int, epsilon: float, seeds: int) -> dict[str, Any]:
    """Accuracy under the least noise that keeps the epsilon."""
    scenes = [make(seed, rounds) for seed in range(seeds)]
    noise = least_noise(epsilon, lambda multiplier: scenes[0].spent(unit, multiplier))
    found = [scene.accuracy(scene.learn(unit, noise, seed)) for seed, scene in enumerate(scenes)]
    return {
        "rounds": rounds,
        "epsilon": f"{epsilon:g}",
        "noise": noise,
        "accuracy": statistics.mean(found),
        "deviation": statistics.pstdev(found),
    }


if __name__ == "__main__":
    main()
