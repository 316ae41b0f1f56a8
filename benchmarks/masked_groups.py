"""What one false update does to a masked task: one sum of all, and groups under the mean, the median, a trimmed mean.

    python benchmarks/masked_groups.py [--group 4] [--rounds 15] [--seeds 1]

Digits, 20 silos, IID. A group's sum is what the masks leave of it, bit for bit (tests/core/masking/test_sums.py), so it
is summed here as it is; groups are drawn each round, left out where their mean is longer than an honest one can be, and
ruled over by the code of a real round; one sum of all is held to the same norm. A cell is accuracy on test rows as a
share of that without attackers, the mean of all seeds, and how many of all rounds were void where some were: a void
round leaves the model as it was. Attackers send their own update or its opposite, ten times too long, which hides in a
group, or a hundred.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np
import torch
from digits_cohort import CLIP_NORM, ENCODING, SILOS, Cohort, Sent

from prefect_federated.core.aggregation.norm_bound import mean_within
from prefect_federated.core.aggregation.two_tiers import region_sum
from prefect_federated.core.combine import Combined, GroupSum, Update, combine_groups
from prefect_federated.core.masking.graph import groups
from prefect_federated.core.spec import RuleSpec
from prefect_federated.learning.clip import norm_bound_words
from prefect_federated.scenario.attacks import ATTACKS
from prefect_federated.scenario.attacks.scaling import Scaling
from prefect_federated.scenario.attacks.sign_flip import SignFlip

Combine = Callable[[Sequence[Update], int], Combined]
RULES = {"mean": RuleSpec(), "median": RuleSpec(name="median"), "trimmed_mean": RuleSpec(name="trimmed_mean", trim=1)}
CRAFTED = {"flip x10": SignFlip(10.0), "flip x100": SignFlip(100.0), "x100": Scaling(100.0)}
GOAL = 0.95  # of the accuracy without attackers, under groups and median


def grouped(rule: RuleSpec, size: int) -> Combine:
    """A masked round in groups of that size, or in one sum of everybody."""
    rounds = count(1)

    def combined(updates: Sequence[Update], d: int) -> Combined:
        seed = hashlib.sha256(b"block %d" % next(rounds)).digest()
        bound, sums = norm_bound_words(CLIP_NORM, d, ENCODING.frac_bits), list[GroupSum]()
        for some in groups(range(len(updates)), size, seed):
            members = [updates[index] for index in some]
            total, weight = region_sum([(one.weight, one.words) for one in members], d), sum(m.weight for m in members)
            if mean_within(total, weight, bound):
                sums.append(GroupSum(tuple(one.participant for one in members), weight, total))
        names = {name for one in sums for name in one.members}
        return combine_groups(rule, [one for one in updates if one.participant in names], sums, d)

    return combined


def main() -> int:
    """Measure and print the table; 1 where groups and median miss the goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--group", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--attacks", nargs="+", choices=CRAFTED, default=list(CRAFTED))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    clean = [_learnt(asked, seed, grouped(RULES["mean"], SILOS))[0] for seed in range(asked.seeds)]
    print(f"{SILOS} silos, groups of {asked.group}, {asked.rounds} rounds, {asked.seeds} seeds;", end=" ")
    print(f"accuracy where nobody attacks: {', '.join(f'{one:.3f}' for one in clean)}")
    columns = {"one sum, mean": (RULES["mean"], SILOS)}
    columns |= {f"groups, {name}": (rule, asked.group) for name, rule in RULES.items()}
    print(f"{'':<16}" + "".join(f"{title:>22}" for title in columns))
    missed = False
    ATTACKS.update(CRAFTED)
    for attack in asked.attacks:
        for attackers in (1, 2):
            found = [_share(asked, clean, column, attack, attackers) for column in columns.values()]
            cells = (f"{share:.1%}" + f", {void} void" * bool(void) for share, void in found)
            print(f"{attackers} {attack:<14}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
            missed |= found[2][0] < GOAL
    return int(missed)


def _share(
    asked: argparse.Namespace, clean: Sequence[float], column: tuple[RuleSpec, int], attack: str, attackers: int
) -> tuple[float, int]:
    """Mean share of the accuracy, and the void rounds of all seeds."""
    reached = [_learnt(asked, seed, grouped(*column), attack, attackers) for seed in range(asked.seeds)]
    shares = [one / most for (one, _), most in zip(reached, clean, strict=True)]
    return float(np.mean(shares)), sum(void for _, void in reached)


def _learnt(
    asked: argparse.Namespace, seed: int, combine: Combine, attack: str = "", attackers: int = 0
) -> tuple[float, int]:
    """Accuracy after the rounds, and how many of them were void."""
    kept = list[int]()

    def look(sent: Sent) -> None:
        kept.append(len(sent.kept))

    cohort = Cohort("iid", seed, (attack,) * attackers, look=look, combine=combine)
    return cohort.learn(asked.rounds)["accuracy"], kept.count(0)


if __name__ == "__main__":
    sys.exit(main())
