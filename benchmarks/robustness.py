"""What each rule keeps of the clean accuracy under each attack: digits, 20 silos, 20 % and 30 % of them attackers.

    python benchmarks/robustness.py [--seeds 5] [--rounds 15] [--split iid] [--byzfl PYTHON] [--rules ...] [--jobs 2]

A cell is accuracy under attack as a share of what the plain mean reaches without one, of the same split and seed: the
mean of all seeds. Then come a rule's worst cell, and the worst of any single seed. A rule whose assumptions the cohort
breaks (Bulyan needs n >= 4f + 3) shows a dash: a task with it is refused. The root of trust is a silo that no attacker
holds. With `--byzfl` the rules of ByzFL run beside ours, on the updates as float32, by an interpreter that has it (an
environment of its own, for its pins are loose); where one of them raises an error, the model stays as it is.
"""

import argparse
import atexit
import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
from byzfl_peer import ABSENT, ByzFL, RuleRefused, interpreter
from digits_cohort import ENCODING, SILOS, Cohort

from prefect_federated.core.combine import Combined, Update, combine
from prefect_federated.core.enforced import RULES
from prefect_federated.core.fixed_point import decode, encode
from prefect_federated.core.spec import RuleSpec
from prefect_federated.scenario.attacks import ATTACKS

SHARES = {4: 0.97, 6: 0.94}  # attackers of twenty: least share of the clean accuracy in a rule's worst case
RADIUS = 2**16  # centred clipping: an honest update of these silos is one to two long
PEERS = ("Median", "TrMean", "MultiKrum", "GeometricMedian", "CenteredClipping", "NNM+TrMean")


def rule_of(name: str, f: int) -> RuleSpec | None:
    """A rule that tolerates f of twenty; None where its assumptions do not hold."""
    settings = {
        "trimmed_mean": {"trim": f},
        "multi_krum": {"byzantine": f},
        "bulyan": {"byzantine": f},
        "geometric_median": {"byzantine": f},
        "centred_clip": {"byzantine": f, "radius": RADIUS},
        "root_of_trust": {"root": str(SILOS - 1)},
    }
    rule = RuleSpec.model_construct(**(RuleSpec().model_dump() | {"name": name} | settings.get(name, {})))
    return rule if rule.fewest <= SILOS else None


@dataclass(frozen=True, slots=True)
class Cell:
    """One run: a rule by name, ours or ByzFL's in capitals, under one attack by so many."""

    asked: argparse.Namespace
    seed: int
    name: str = "mean"
    attack: str = ""
    attackers: int = 0

    def accuracy(self) -> float:
        """Accuracy on the test rows."""
        torch.set_num_threads(1)
        rule = rule_of(self.name, self.attackers) if self.name in RULES else None
        combined = partial(combine, rule) if rule else partial(_theirs, peer(self.asked.byzfl), self)
        attacks = (self.attack,) * self.attackers
        return Cohort(self.asked.split, self.seed, attacks, combine=combined).learn(self.asked.rounds)["accuracy"]


def main() -> int:
    """Measure, print a table for each share of attackers; 1 where no rule of ours meets its goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--split", default="iid", help="iid, or the alpha of a Dirichlet split")
    parser.add_argument("--byzfl", metavar="PYTHON", default=interpreter(None), help="interpreter that has ByzFL")
    parser.add_argument("--rules", nargs="+", metavar="NAME", help="these alone, ours or ByzFL's; all of them if empty")
    parser.add_argument("--jobs", type=int, default=1, help="processes; they change no figure")
    asked = parser.parse_args()
    if unknown := set(asked.rules or ()) - {*RULES, *(PEERS if asked.byzfl else ())}:
        parser.error(
            f"--rules {' '.join(sorted(unknown))}: there are {', '.join(RULES)}, and with --byzfl {', '.join(PEERS)}"
        )
    with ProcessPoolExecutor(asked.jobs, multiprocessing.get_context("spawn")) as pool:
        clean = list(pool.map(Cell.accuracy, (Cell(asked, seed) for seed in range(asked.seeds))))
        print(f"{SILOS} silos, {asked.split}, {asked.rounds} rounds, {asked.seeds} seeds")
        print(f"accuracy of the plain mean where nobody attacks: {', '.join(f'{one:.3f}' for one in clean)}")
        print(f"with the rules of ByzFL {peer(asked.byzfl).version}, in capitals" if asked.byzfl else ABSENT)
        missed = False
        for attackers, goal in SHARES.items():
            worst = {name: kept for name, kept in _table(pool, asked, attackers, clean).items() if name in RULES}
            if not worst:
                continue
            winner = max(worst, key=lambda name: worst[name][0])
            kept, alone = worst[winner]
            missed |= kept < goal
            met = "met" if kept >= goal else "MISSED"
            print(f"best worst case: {winner} keeps {kept:.1%}, goal {goal:.0%} {met}; in a single seed {alone:.1%}")
    return int(missed)


def _table(
    pool: Executor, asked: argparse.Namespace, attackers: int, clean: Sequence[float]
) -> dict[str, tuple[float, float]]:
    """Print all cells; of each rule the worst mean over the seeds, and the worst seed."""
    names = asked.rules or [*RULES, *(PEERS if asked.byzfl else ())]
    held = [name for name in names if name in PEERS or rule_of(name, attackers)]
    print(f"\n{attackers} of {SILOS} attack\n{'':<13}" + "".join(f"{name:>17}" for name in names))
    kept: dict[str, list[list[float]]] = {name: [] for name in held}
    for attack in ATTACKS:
        cells = [Cell(asked, seed, name, attack, attackers) for name in held for seed in range(asked.seeds)]
        reached = iter(pool.map(Cell.accuracy, cells))
        for name in held:
            kept[name].append([next(reached) / most for most in clean])
        _line(attack, names, {name: float(np.mean(kept[name][-1])) for name in held})
    worst = {name: (float(np.mean(kept[name], axis=1).min()), float(np.min(kept[name]))) for name in held}
    for place, title in enumerate(("worst", "in one seed")):
        _line(title, names, {name: both[place] for name, both in worst.items()})
    return worst


def _line(title: str, names: Sequence[str], shares: Mapping[str, float]) -> None:
    cells = [f"{shares[name]:.1%}" if name in shares else "-" for name in names]
    print(f"{title:<13}" + "".join(f"{cell:>17}" for cell in cells), flush=True)


@cache
def peer(python: str) -> ByzFL:
    """The one that this process talks to."""
    there = ByzFL(python)
    atexit.register(there.close)
    return there


def _theirs(there: ByzFL, cell: Cell, updates: Sequence[Update], size: int) -> Combined:
    """ByzFL's rule on the updates as numbers, its aggregate as words."""
    settings = {"CenteredClipping": {"tau": RADIUS * 2.0**-ENCODING.frac_bits}, "Median": {}, "GeometricMedian": {}}
    numbers = np.stack([decode(one.words[:], ENCODING) for one in updates]).astype(np.float32)
    try:
        made, _ = there.aggregate(cell.name, settings.get(cell.name, {"f": cell.attackers}), numbers)
    except RuleRefused:
        return Combined(np.zeros(size, np.int32), (), {})
    return Combined(encode(made, ENCODING)[0], tuple(updates), {})


if __name__ == "__main__":
    sys.exit(main())
