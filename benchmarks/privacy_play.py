"""Silos that learn digits or heart disease under a stated privacy, by the library's own integers: for other benchmarks.

epsilon --least_noise--> noise --rows: DP-SGD | silos: clip, discrete Gaussian--> words --weighted mean--> model
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import digits_cohort
import heart_disease
import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import add as plus
from prefect_federated.core.fixed_point import Encoding, decode, encode
from prefect_federated.core.privacy import add, epsilon_of
from prefect_federated.core.silo_noise import participant_cost
from prefect_federated.core.spec import ParticipantPrivacy, PrivacySpec
from prefect_federated.learning.accountant import own_cost
from prefect_federated.learning.hiding import hidden
from prefect_federated.learning.local import evaluate, initial_vector, local_update
from prefect_federated.learning.plan import Private, TrainingData, manifest
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.learning.torch_plan import TorchPlan

ENCODING, DELTA = Encoding(frac_bits=16, limit=2**31 - 1), 1e-5
FAR = 1e6  # a norm that no update reaches: rows are clipped one by one
Unit = Literal["row", "silo", "silo, to outsiders"]
Words = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Scene:
    """A plan, the silos' rows, rows of nobody, and how long they learn."""

    plan: TorchPlan
    silos: Mapping[str, TrainingData]
    test: TrainingData
    rounds: int
    max_norm: float

    @property
    def weights(self) -> list[int]:
        """Rows of each silo."""
        return [len(data) for data in self.silos.values()]

    def spent(self, unit: Unit, noise: float) -> float:
        """Epsilon after all rounds: of a row of the smallest silo, of a silo, of the silo that weighs most in the mean.

        The last is towards who sees models alone; it takes the sum of unequal parts for a Gaussian.
        """
        share = math.sqrt(sum(one * one for one in self.weights)) / max(self.weights)
        costs: dict[Unit, Callable[[], int]] = {
            "row": lambda: own_cost(
                self.plan, PrivacySpec(noise_multiplier=noise, max_grad_norm=1.0), min(self.weights)
            ),
            "silo": lambda: participant_cost(noise),
            "silo, to outsiders": lambda: participant_cost(noise * share),
        }
        total, one = 0, costs[unit]()
        for _ in range(self.rounds):
            total = add(total, one)
        return epsilon_of(total, DELTA)

    def learn(self, unit: Unit, noise: float, seed: int) -> Words:
        """The model's words after all rounds; noise 0 is none."""
        return self.learn_from(
            encode(initial_vector(self.plan, manifest(self.plan), seed), ENCODING)[0], unit, noise, seed
        )

    def learn_from(self, words: Words, unit: Unit, noise: float, seed: int, done: int = 0) -> Words:
        """The same from a model on, after so many rounds."""
        for number in range(done, done + self.rounds):
            base = decode(words, ENCODING).astype(np.float32)
            sent = [
                (len(data), self._sent(unit, noise, base, data, f"{seed}/{number}/{name}"))
                for name, data in self.silos.items()
            ]
            words = plus(words, weighted_mean(sent, d=words.size, limit=ENCODING.limit))
        return words

    def _sent(self, unit: Unit, noise: float, base: NDArray[np.float32], data: TrainingData, who: str) -> Words:
        """A silo's words; its secret is a play's, not a secret."""
        secret = hashlib.sha256(who.encode()).digest()
        seed = int.from_bytes(secret[:7], "big")
        if unit == "row":
            private = Private(PrivacySpec(noise_multiplier=noise, max_grad_norm=1.0), secret) if noise else None
            update = local_update(self.plan, manifest(self.plan), base, data, seed, FAR, private)
            return encode(update.delta, ENCODING)[0]
        update = local_update(self.plan, manifest(self.plan), base, data, seed, self.max_norm)
        if not noise:
            return encode(update.delta, ENCODING)[0]
        privacy = ParticipantPrivacy(noise_multiplier=noise, max_norm=self.max_norm)
        return hidden(update.delta, ENCODING, privacy, secret)[0]

    def accuracy(self, words: Words) -> float:
        """On the rows of nobody."""
        return evaluate(self.plan, manifest(self.plan), decode(words, ENCODING), self.test)["accuracy"]


def digits(seed: int, rounds: int, silos: int = 20) -> Scene:
    """Ten digits by a linear model of 650 numbers; 1,437 rows dealt evenly."""
    parts, test = digits_cohort.split_digits("iid", seed, silos)
    plan = TabularClassifier(means=[8.0] * 64, scales=[6.0] * 64, labels=10, epochs=5, batch_size=32, lr=0.1)
    tables = {str(place): digits_cohort.table(rows) for place, rows in enumerate(parts)}
    return Scene(plan, tables, digits_cohort.table(test), rounds, max_norm=1.0)


def hearts(folder: Path, rounds: int) -> Scene:
    """Logistic regression of 14 numbers in the four hospitals of UCI Heart Disease, each scaled by its own rows."""
    found = heart_disease.load(folder)
    plan = heart_disease.Logistic(epochs=5, batch_size=32, lr=0.1)
    return Scene(plan, found.train, found.pooled_test, rounds, max_norm=1.0)


def least_noise(target: float, spent: Callable[[float], float]) -> float:
    """The least noise multiplier, to a thousandth, that keeps an epsilon; 0 where there is no target."""
    if math.isinf(target):
        return 0.0
    low, high = 1e-2, 1e4
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if spent(middle) <= target else (middle, high)
    return high
