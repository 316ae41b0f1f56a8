"""One participant's update in a round: base words in, clipped and encoded delta words out.

words --decode--> base vector --plan.train, clip--> delta --encode, with noise if the task hides silos--> words
a statistics task: rows --plan.count--> numbers --digits--> words; with privacy --plan.tally, noise--> words
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import TrainingFailed
from prefect_federated.core.fixed_point import decode, encode
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import ParticipantPrivacy, PrivacySpec, Query, StatisticsPrivacy
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.layout import Layout
from prefect_federated.learning.algorithms.plain import NOTHING, Personal
from prefect_federated.learning.evaluation import finite
from prefect_federated.learning.hiding import hidden, parted
from prefect_federated.learning.local import LocalUpdate, local_update
from prefect_federated.learning.machine import Assignment, Machine, assigned
from prefect_federated.learning.noised_counts import noised_counts
from prefect_federated.learning.plan import Private, TrainingData, load_counting, load_plan

HERE = Machine()


@dataclass(frozen=True, slots=True)
class EncodedUpdate:
    """An update as integers: words int32 `[d]` (trained minus base), its weight, and what training measured.

    `personal` is what the silo keeps at home if the update goes into a version. `noise`, int64 `[d]`, is to be added to
    weight * words before they are masked; None where there is none, or where the words have it.
    """

    words: NDArray[np.int32]
    weight: int
    metrics: dict[str, float]
    personal: Personal = field(default_factory=dict, repr=False)
    noise: NDArray[np.int64] | None = field(default=None, repr=False)


def train_update(
    spec: RoundSpec,
    participant: str,
    base: NDArray[np.int32],
    data: TrainingData,
    secret: bytes = b"",
    personal: Personal = NOTHING,
    machine: Machine = HERE,
) -> EncodedUpdate:
    """Train the task's plan from the base model on one silo's data.

    Args:
        base: int32 `[d]`, the model every participant starts from.
        secret: 32 bytes that only the silo can derive, from which a task with `privacy` draws samples and noise.
            `training_seed` would not do: it is public, and whoever knows the noise takes it off.
        personal: what the silo kept when the base version was made.
        machine: where it trains.

    Raises:
        ConfigurationError: the plan cannot train privately or by the task's algorithm, or there is no secret.
        NonFiniteUpdate: training diverged.
        TrainingFailed: the plan failed, or trained on no example: such a weight could be committed, not revealed.
    """
    agreed = spec.spec
    if isinstance(agreed.data, Query):
        return counted(spec, agreed.data, data, secret)
    loaded = load_plan(agreed.plan.ref, agreed.plan.hyperparameters, agreed.plan.code_hash)
    plan = assigned(loaded, Assignment(agreed.plan, spec.round, machine))
    vector = decode(base, spec.header("model").parts[0].encoding).astype(np.float32)
    private = Private(agreed.privacy, secret) if isinstance(agreed.privacy, PrivacySpec) else None
    update = local_update(
        plan,
        agreed.model.tensors,
        vector,
        data,
        training_seed(spec, participant),
        agreed.update.clip_norm,
        private,
        agreed.local,
        personal,
    )
    return encoded(spec, update, len(data), secret)


def counted(spec: RoundSpec, query: Query, data: TrainingData, secret: bytes = b"") -> EncodedUpdate:
    """What a silo counts where the task asks for statistics: words of weight 1, and no metric beside them.

    Args:
        secret: as in `train_update`; what a task with privacy needs.

    Raises:
        ConfigurationError: the task has privacy, and there is no secret, or the plan does not count for it.
        TrainingFailed: the plan's code failed on these rows, or what it counts is no counts of the query; only the
            class of the error is told.
    """
    agreed, enforced = spec.spec, spec.spec.enforced
    if isinstance(agreed.privacy, StatisticsPrivacy):
        words, part = noised_counts(agreed, query, agreed.privacy, data, secret)
        return EncodedUpdate(words, 1, {}, noise=part)
    plan = load_counting(agreed.plan.ref, agreed.plan.hyperparameters, agreed.plan.code_hash)
    layout, coding = Layout(query), Coding(enforced.max_participants, enforced.masked)
    try:
        words = coding.encode(layout.numbers(plan.count(query, data.frame)), layout.widths)
    except Exception as error:
        kind = type(error).__name__
    else:
        return EncodedUpdate(words, 1, {})
    raise TrainingFailed(  # outside the handler: no traceback chains to a message that quotes a row
        f"counting ended with {kind} on {len(data)} rows of this silo; run the plan on them in the silo to see why"
    )


def encoded(spec: RoundSpec, update: LocalUpdate, rows: int, secret: bytes = b"") -> EncodedUpdate:
    """A clipped update as the words and the weight that are committed.

    Under privacy of participants the weight is the number of rows, which is public, and nothing is told that training
    measured: all of it was measured without noise.

    Args:
        secret: as in `train_update`; what a task needs that hides participants.

    Raises:
        ConfigurationError: the task hides participants, and there is no secret.
        TrainingFailed: the plan trained on no example of `rows`: such a weight could be committed, not revealed.
    """
    encoding = spec.header("update").parts[0].encoding
    privacy = spec.spec.privacy
    if isinstance(privacy, ParticipantPrivacy):
        enforced = spec.spec.enforced
        weight = min(rows, enforced.max_weight)
        if enforced.masked:
            words, part = parted(update.delta, encoding, privacy, enforced.max_weight, secret)
            return EncodedUpdate(words, weight, {}, update.kept(decode(words, encoding)), part)
        words, clipped = hidden(update.delta, encoding, privacy, secret)
        return EncodedUpdate(words, weight, {"clipped_words": float(clipped)}, update.kept(decode(words, encoding)))
    words, clipped = encode(update.delta, encoding)
    if update.examples < 1:
        raise TrainingFailed(
            f"the training plan counts {update.examples} examples in {rows} rows, a weight is at least 1;"
            " mend the data, or stay out of the task"
        )
    weight = min(int(update.examples), spec.spec.enforced.max_weight)
    metrics = finite({**update.metrics, "clipped_words": float(clipped)})
    return EncodedUpdate(words, weight, metrics, update.kept(decode(words, encoding)))


def training_seed(spec: RoundSpec, participant: str) -> int:
    """Seed of one participant's training in one round, 63 bits; the same whatever chain the round runs on."""
    text = f"{spec.spec.plan.seed}/{spec.round}/{participant.lower()}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
