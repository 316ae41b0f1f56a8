"""Scores of a round's updates by the task's rule, on a validator's held-out set.

base + update, or base + mean of some updates --bench--> counts or losses --core.scoring--> one integer an index
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import Combined, Update, Words, add
from prefect_federated.core.errors import SpecError
from prefect_federated.core.fixed_point import decode_single
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.scoring.cosine import cosine
from prefect_federated.core.scoring.improvement import improvement
from prefect_federated.core.scoring.leave_one_out import leave_one_out
from prefect_federated.core.scoring.loss import loss
from prefect_federated.core.scoring.score_vector import Scores
from prefect_federated.core.scoring.shapley import shapley
from prefect_federated.learning.evaluation import Bench


@dataclass(frozen=True, slots=True)
class Trial:
    """Models that a round's updates could make, measured on one held-out set.

    What a set of updates makes is base + weighted mean, whatever rule and server the task has: a part of a cohort may
    be too small for them.
    """

    spec: RoundSpec
    bench: Bench
    base: Words  # int32 [d]
    updates: Mapping[int, Update]  # by participant index

    def vector(self, words: Words) -> NDArray[np.float32]:
        """A model as numbers, float32 `[d]`."""
        return decode_single(words, self.spec.header("model").parts[0].encoding)

    def correct(self, some: frozenset[int]) -> int:
        """Held-out examples that the model of some updates gets right; of none, the base model."""
        return self.bench.correct(self.vector(self._made(some)))

    def loss(self, some: frozenset[int]) -> float:
        """The same model's loss.

        Raises:
            SpecError: the plan reports none.
        """
        metrics = self.bench.metrics(self.vector(self._made(some)))
        if "loss" not in metrics:
            told = ", ".join(sorted(metrics)) or "nothing"
            raise SpecError(f"scores by loss need a plan that reports it, this one reports {told}; name other scores")
        return metrics["loss"]

    def _made(self, some: frozenset[int]) -> Words:
        if not some:
            return self.base
        parts = [self.updates[index] for index in sorted(some)]
        limit = self.spec.spec.update.limit
        return add(self.base, weighted_mean(((u.weight, u.words) for u in parts), d=self.base.size, limit=limit))


def score(trial: Trial, combined: Combined, length: int) -> Scores:
    """Scores of the trial's updates, by index, under the rule that the task names.

    Where nobody scores, each of them gets 1: else all of the aggregate would share alike, the named ones too.
    """
    scores = _by_rule(trial, combined, length)
    return scores if any(scores) else tuple(int(index in trial.updates) for index in range(length))


def _by_rule(trial: Trial, combined: Combined, length: int) -> Scores:
    kept, nobody = sorted(trial.updates), frozenset[int]()
    match trial.spec.spec.committee.scores:
        case "improvement":
            alone = {index: trial.correct(frozenset({index})) for index in kept}
            return improvement(trial.correct(nobody), alone, length)
        case "loss":
            return loss(trial.loss(nobody), {index: trial.loss(frozenset({index})) for index in kept}, length)
        case "cosine":
            return cosine(combined.aggregate, {index: trial.updates[index].words for index in kept}, length)
        case "leave_one_out":
            return leave_one_out(trial.correct, kept, length)
        case "shapley":
            seed = trial.spec.task_id + trial.spec.round.to_bytes(4, "big") + trial.spec.base_version
            return shapley(trial.correct, kept, length, seed)
