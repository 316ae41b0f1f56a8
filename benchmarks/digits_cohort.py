"""Twenty silos that learn scikit-learn's digits by the library's own integers, without a chain: for other benchmarks.

rows --IID or Dirichlet(alpha)--> silos --plan, clip, encode--> words --attack--> --rule--> aggregate --> model
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from prefect_federated.core.combine import Combined, Update, Words, add, combine
from prefect_federated.core.fixed_point import Encoding, decode, encode
from prefect_federated.core.spec import RuleSpec
from prefect_federated.learning.local import evaluate, initial_vector, local_update
from prefect_federated.learning.partition import dirichlet_split
from prefect_federated.learning.plan import TrainingData, manifest
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.scenario.attacks import ATTACKS, Scene

ENCODING = Encoding(frac_bits=16, limit=2**24)
CLIP_NORM = 5.0
SILOS = 20
TEST_ROWS = 360
PLAN = TabularClassifier(means=[8.0] * 64, scales=[6.0] * 64, hidden=[32], labels=10, epochs=2, batch_size=16, lr=0.1)
TENSORS = manifest(PLAN)
MEAN = RuleSpec()


@dataclass(frozen=True, slots=True)
class Sent:
    """A round: words int32 `[n, d]`, the attackers' first, weights, base and last step of the model, who is in."""

    round: int
    words: Words
    weights: tuple[int, ...]
    base: Words
    last: Words | None
    kept: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cohort:
    """One split with its attackers, which are the first silos."""

    split: str  # "iid", or the alpha of a Dirichlet
    seed: int
    attacks: tuple[str, ...] = ()  # by name, one an attacker
    silos: int = SILOS
    spoilt: tuple[float, ...] = ()  # share of each silo's labels that are drawn anew; none where empty
    test_rows: int = TEST_ROWS
    absent: int | None = None  # a silo that never takes part
    look: Callable[[Sent], None] = field(default=lambda sent: None)
    combine: Callable[[Sequence[Update], int], Combined] | None = None  # instead of a rule

    def learn(self, rounds: int, rule: RuleSpec = MEAN) -> dict[str, float]:
        """Accuracy and loss on the test rows after so many rounds."""
        rng = np.random.default_rng([self.seed, 1])
        attacks = [ATTACKS[name] for name in self.attacks]
        parts, test = self.rows()
        data = [table(rows) for rows in parts]
        data = [_spoilt(own, share, rng) for own, share in zip(data, self.spoilt or [0.0] * len(data), strict=True)]
        data[: len(attacks)] = [attack.poison(own, rng) for attack, own in zip(attacks, data, strict=False)]
        base = encode(initial_vector(PLAN, TENSORS, self.seed), ENCODING)[0]
        last: Words | None = None
        for round in range(rounds):
            words, weights = self._trained(base, data, round)
            if self.absent is not None:
                words, weights = (
                    np.delete(words, self.absent, 0),
                    (*weights[: self.absent], *weights[self.absent + 1 :]),
                )
            honest = words[len(attacks) :].copy()
            for i, attack in enumerate(attacks):
                together = self.attacks.count(self.attacks[i])
                words[i] = attack.craft(Scene(words[i].copy(), honest, ENCODING.limit, rng, last, together))
            fit = [i for i, own in enumerate(words) if np.abs(own.astype(np.int64)).max() <= ENCODING.limit]
            updates = [Update(str(i), weights[i], words[i]) for i in fit]
            combined = self.combine(updates, base.size) if self.combine else combine(rule, updates, base.size)
            self.look(Sent(round, words, weights, base, last, tuple(int(one.participant) for one in combined.kept)))
            last = combined.aggregate
            base = add(base, last)
        return measured(base, test)

    def rows(self) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
        """Rows of each silo, and of the test set."""
        return split_digits(self.split, self.seed, self.silos, self.test_rows)

    def _trained(self, base: Words, data: list[TrainingData], round: int) -> tuple[Words, tuple[int, ...]]:
        vector = decode(base, ENCODING).astype(np.float32)
        made = [
            local_update(PLAN, TENSORS, vector, own, self.seed * 1_000_003 + round * 101 + silo, CLIP_NORM)
            for silo, own in enumerate(data)
        ]
        return np.stack([encode(one.delta, ENCODING)[0] for one in made]), tuple(one.examples for one in made)


def split_digits(
    split: str, seed: int, silos: int = SILOS, test_rows: int = TEST_ROWS
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Rows of each silo, at least five, and of the test set."""
    _, labels = _digits()
    rng = np.random.default_rng([seed, 0])
    order = rng.permutation(len(labels))
    test, rows = order[:test_rows], order[test_rows:]
    if split == "iid":
        return list(np.array_split(rows, silos)), test
    names = [str(silo) for silo in range(silos)]
    parts = dirichlet_split(labels[rows], names, float(split), seed, least=5)
    return [rows[parts[name]] for name in names], test


def measured(model: Words, rows: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy and loss of a model on some rows."""
    return evaluate(PLAN, TENSORS, decode(model, ENCODING).astype(np.float32), table(rows))


def _spoilt(data: TrainingData, share: float, rng: np.random.Generator) -> TrainingData:
    """The rows, with a share of the labels drawn anew."""
    frame = data.frame.copy()
    rows = rng.permutation(len(frame))[: int(share * len(frame))]
    frame.loc[rows, data.target] = rng.integers(0, 10, len(rows))
    return TrainingData(frame, data.features, data.target)


def table(rows: NDArray[np.int64]) -> TrainingData:
    x, y = _digits()
    names = tuple(f"pixel_{i}" for i in range(64))
    frame = pd.DataFrame(x[rows], columns=list(names))
    frame["digit"] = y[rows]
    return TrainingData(frame, names, "digit")


@cache
def _digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Pixels and digits, which take longer to read than a silo to train."""
    x, y = load_digits(return_X_y=True)
    return x, y
