"""What scores pay: free riders, copies and noise over 20 rounds, and how well a score ranks silos of unlike worth.

    python benchmarks/scores.py [--seeds 3] [--rounds 20]

scikit-learn's digits. First table: twenty silos under Multi-Krum, six of which cheat; each round's pool is split by the
score, and whom rule or detection leave out scores 0, as in a committee. Where nobody scores, the rest share alike.
Second table: ten silos, of which the i-th has i tenths of its labels drawn anew. True leave-one-out is the loss that
ten federations gain, each trained from the start without one silo; Spearman's coefficient compares the two orders.
"""

import argparse
import sys
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from digits_cohort import ENCODING, MEAN, PLAN, TENSORS, Cohort, Sent, table
from numpy.typing import NDArray
from scipy.stats import spearmanr

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import Words, add
from prefect_federated.core.detection.detect import run_tests
from prefect_federated.core.detection.detection_spec import DetectionSpec
from prefect_federated.core.detection.geometry import geometry
from prefect_federated.core.fixed_point import decode
from prefect_federated.core.scoring.cosine import cosine
from prefect_federated.core.scoring.improvement import improvement
from prefect_federated.core.scoring.leave_one_out import leave_one_out
from prefect_federated.core.scoring.loss import loss
from prefect_federated.core.scoring.score_vector import Scores
from prefect_federated.core.scoring.shapley import shapley
from prefect_federated.core.spec import RuleSpec
from prefect_federated.learning.evaluation import finite
from prefect_federated.learning.local import evaluate
from prefect_federated.learning.plan import TrainingData

CHEATS = ("free-rider", "free-rider", "copy", "near-copy", "gaussian", "gaussian")
SCORES = ("examples", "improvement", "loss", "cosine", "leave_one_out", "shapley")
MOST_FOR_CHEATS, LEAST_RANK = 0.01, 0.8
RULE = RuleSpec(name="multi_krum", byzantine=len(CHEATS))
SPOILT = tuple(i / 10 for i in range(10))


@dataclass
class Pay:
    """Shares of the pool so far, by silo, under each score."""

    held_out: TrainingData
    silos: int
    paid: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def look(self, sent: Sent) -> None:
        """Score a round and share its pool."""
        figures = geometry(list(sent.words), sent.last)
        order = [len(sent.words) - i for i in range(len(sent.words))]  # cheats commit last
        named = {one.place for one in run_tests(DetectionSpec(), figures, order)}
        worth = [i for i in sent.kept if i not in named]
        for name in SCORES:
            scores = np.array(self._scores(name, sent, worth), float)
            shares = scores if scores.sum() else np.isin(np.arange(self.silos), worth).astype(float)
            before = self.paid.setdefault(name, np.zeros(self.silos))
            self.paid[name] = before + shares / shares.sum()

    def _scores(self, name: str, sent: Sent, worth: list[int]) -> Scores:
        n = self.silos
        if name == "examples":
            return tuple(weight * (i in sent.kept) for i, weight in enumerate(sent.weights))

        def made(some: frozenset[int]) -> Words:
            if not some:
                return sent.base
            parts = ((sent.weights[i], sent.words[i]) for i in sorted(some))
            return add(sent.base, weighted_mean(parts, d=sent.base.size))

        def correct(some: frozenset[int]) -> int:
            return round(self._metrics(made(some))["accuracy"] * len(self.held_out))

        alone = {i: frozenset({i}) for i in worth}
        if name == "improvement":
            return improvement(correct(frozenset()), {i: correct(one) for i, one in alone.items()}, n)
        if name == "loss":
            losses = {i: self._metrics(made(one))["loss"] for i, one in alone.items()}
            return loss(self._metrics(sent.base)["loss"], losses, n)
        if name == "cosine":
            step = made(frozenset(range(n)))
            return cosine((step.astype(np.int64) - sent.base).astype(np.int32), {i: sent.words[i] for i in worth}, n)
        if name == "leave_one_out":
            return leave_one_out(correct, worth, n)
        return shapley(correct, worth, n, sent.round.to_bytes(4, "big"))

    def _metrics(self, model: Words) -> dict[str, float]:
        return finite(evaluate(PLAN, TENSORS, decode(model, ENCODING).astype(np.float32), self.held_out))


def main() -> int:
    """Measure, print two tables; 1 where no score meets a goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"20 silos, {len(CHEATS)} of them cheat; {asked.rounds} rounds, {asked.seeds} seeds: share of the pool\n")
    shares: dict[str, list[float]] = {name: [] for name in SCORES}
    for seed in range(asked.seeds):
        pay = _paid(Cohort("iid", seed, CHEATS), asked.rounds, RULE)
        for name, paid in pay.items():
            shares[name].append(float(paid[: len(CHEATS)].sum() / paid.sum()))
    for name, found in shares.items():
        worst = max(found)
        print(f"{name:<16}{np.mean(found):8.2%}   worst {worst:7.2%}   {_met(worst <= MOST_FOR_CHEATS, name)}")
    print(
        f"\n10 silos with 0 to 90 % of their labels drawn anew: Spearman with true leave-one-out, {asked.seeds} seeds\n"
    )
    ranks: dict[str, list[float]] = {name: [] for name in SCORES}
    for seed in range(asked.seeds):
        unlike = Cohort("iid", seed, silos=len(SPOILT), spoilt=SPOILT, test_rows=1200)
        truth = _true_leave_one_out(unlike, asked.rounds)
        for name, paid in _paid(unlike, asked.rounds).items():
            ranks[name].append(float(spearmanr(paid, truth).statistic) if np.ptp(paid) > 1e-9 else 0.0)
    for name, found in ranks.items():
        mean = float(np.mean(found))
        print(f"{name:<16}{mean:8.2f}   worst {min(found):7.2f}   {_met(mean >= LEAST_RANK, name)}")
    best = max(float(np.mean(found)) for found in ranks.values())
    return int(min(max(found) for found in shares.values()) > MOST_FOR_CHEATS or best < LEAST_RANK)


def _paid(cohort: Cohort, rounds: int, rule: RuleSpec = MEAN) -> dict[str, NDArray[np.float64]]:
    """What each silo earns under each score, which the committee takes on the first half of the test rows."""
    held_out = cohort.rows()[1][: cohort.test_rows // 2]
    pay = Pay(table(held_out), cohort.silos)
    replace(cohort, look=pay.look).learn(rounds, rule)
    return pay.paid


def _true_leave_one_out(cohort: Cohort, rounds: int) -> list[float]:
    """By how much the loss on the test rows rises when a silo never was there."""
    whole = cohort.learn(rounds)["loss"]
    return [replace(cohort, absent=silo).learn(rounds)["loss"] - whole for silo in range(cohort.silos)]


def _met(yes: bool, name: str) -> str:
    return "" if name == "examples" else ("goal met" if yes else "goal MISSED")


if __name__ == "__main__":
    sys.exit(main())
