"""Twenty silos that learn scikit-learn's digits by the library's own integers, without a chain: for other benchmarks.

rows --IID or Dirichlet(alpha)--> silos --plan, clip, encode--> words --attack--> --rule--> aggregate --> model
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from prefect_federated.core.combine import Update, Words, add, combine
from prefect_federated.core.fixed_point import Encoding, decode, encode
from prefect_federated.core.spec import RuleSpec
from prefect_federated.learning.local import evaluate, initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, manifest
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.scenario.attacks import ATTACKS, Attack, Scene

ENCODING = Encoding(frac_bits=16, limit=2**24)
CLIP_NORM = 5.0
SILOS = 20
TEST_ROWS = 360
PLAN = TabularClassifier(means=[8.0] * 64, scales=[6.0] * 64, hidden=[32], labels=10, epochs=2, batch_size=16, lr=0.1)
TENSORS = manifest(PLAN)
MEAN = RuleSpec()


@dataclass(frozen=True, slots=True)
class Sent:
    """What arrives in a round: words int32 `[n, d]`, the attackers' first, weights, the last step of the model."""

    round: int
    words: Words
    weights: tuple[int, ...]
    last: Words | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """One split with its attackers; the first `attackers` silos are theirs."""

    split: str  # "iid", or the alpha of a Dirichlet
    seed: int
    attack: str | None = None
    attackers: int = 0
    look: Callable[[Sent], None] = field(default=lambda sent: None)

    def learn(self, rounds: int, rule: RuleSpec = MEAN) -> float:
        """Accuracy on the test rows after so many rounds."""
        parts, test = split_digits(self.split, self.seed)
        rng = np.random.default_rng([self.seed, 1])
        attack = ATTACKS[self.attack] if self.attack else None
        data = [_table(rows) for rows in parts]
        if attack is not None:
            data[: self.attackers] = [attack.poison(own, rng) for own in data[: self.attackers]]
        base = encode(initial_vector(PLAN, TENSORS, self.seed), ENCODING)[0]
        last: Words | None = None
        for round in range(rounds):
            words, weights = self._trained(base, data, round)
            if attack is not None:
                self._attack(attack, words, last, rng)
            self.look(Sent(round, words, weights, last))
            fit = [i for i, own in enumerate(words) if np.abs(own.astype(np.int64)).max() <= ENCODING.limit]
            last = combine(rule, [Update(str(i), weights[i], words[i]) for i in fit], base.size).aggregate
            base = add(base, last)
        vector = decode(base, ENCODING).astype(np.float32)
        return evaluate(PLAN, TENSORS, vector, _table(test))["accuracy"]

    def _trained(self, base: Words, data: list[TrainingData], round: int) -> tuple[Words, tuple[int, ...]]:
        vector = decode(base, ENCODING).astype(np.float32)
        made = [
            local_update(PLAN, TENSORS, vector, own, self.seed * 1_000_003 + round * 101 + silo, CLIP_NORM)
            for silo, own in enumerate(data)
        ]
        return np.stack([encode(one.delta, ENCODING)[0] for one in made]), tuple(one.examples for one in made)

    def _attack(self, attack: Attack, words: Words, last: Words | None, rng: np.random.Generator) -> None:
        honest = words[self.attackers :].copy()
        for i in range(self.attackers):
            scene = Scene(words[i].copy(), honest, ENCODING.limit, rng, last, self.attackers)
            words[i] = attack.craft(scene)


def split_digits(split: str, seed: int) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Rows of each silo, at least five, and of the test set."""
    labels = load_digits().target
    rng = np.random.default_rng([seed, 0])
    order = rng.permutation(len(labels))
    test, rows = order[:TEST_ROWS], order[TEST_ROWS:]
    if split == "iid":
        return list(np.array_split(rows, SILOS)), test
    while True:
        parts: list[list[int]] = [[] for _ in range(SILOS)]
        for label in range(10):
            mine = rows[labels[rows] == label]
            ends = np.rint(np.cumsum(rng.dirichlet([float(split)] * SILOS))[:-1] * len(mine)).astype(int)
            for silo, some in enumerate(np.split(mine, ends)):
                parts[silo].extend(some.tolist())
        if min(map(len, parts)) >= 5:
            return [np.array(part) for part in parts], test


def _table(rows: NDArray[np.int64]) -> TrainingData:
    x, y = load_digits(return_X_y=True)
    names = tuple(f"pixel_{i}" for i in range(64))
    frame = pd.DataFrame(x[rows], columns=list(names))
    frame["digit"] = y[rows]
    return TrainingData(frame, names, "digit")
