"""A silo's update under noise on the whole: short, drawn from its own secret, and nothing measured beside it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prefect_federated.core.aggregation.norm_bound import squared_norm
from prefect_federated.core.discrete_noise import discrete_gaussian
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.errors import ConfigurationError, NonFiniteUpdate
from prefect_federated.core.fixed_point import Encoding
from prefect_federated.core.participant_privacy import part_of_sum
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.silo_noise import SiloNoise
from prefect_federated.core.spec import ParticipantPrivacy, UpdateSpec
from prefect_federated.learning.hiding import hidden
from prefect_federated.learning.local import initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, load_plan, manifest
from prefect_federated.learning.secret_noise import SecretNoise
from prefect_federated.learning.sklearn_plan import SklearnClassifier
from prefect_federated.learning.update import EncodedUpdate, encoded, train_update, training_seed
from tests.learning.test_private_update import ALICE, BOB, DIGEST, PLAN, SETTINGS, agreed, secret_of

HIDING = ParticipantPrivacy(noise_multiplier=3.0, max_norm=0.25)
NOISE = SiloNoise.of(3.0, 0.25, 16)
ENCODING = Encoding(16, 2**24)


def round_spec(**changes: Any) -> RoundSpec:
    return agreed(privacy=HIDING, update=UpdateSpec(clip_norm=0.25, limit=2**24), **changes)


def base(spec: RoundSpec) -> np.ndarray:
    return np.zeros(spec.spec.model.size, np.int32)


def sent(spec: RoundSpec, data: TrainingData, who: str = ALICE, secret: bytes | None = None) -> EncodedUpdate:
    return train_update(spec, who, base(spec), data, secret_of(who, spec) if secret is None else secret)


def without_noise(spec: RoundSpec, update: EncodedUpdate, secret: bytes) -> np.ndarray:
    """What the silo itself can work out: its words before the noise."""
    drawn = discrete_gaussian(NOISE.sigma, update.words.size, SecretNoise(secret, "silo").words)
    return update.words - drawn


def test_what_is_sent_is_a_short_update_and_the_silos_own_noise(data: TrainingData) -> None:
    spec = round_spec()
    update = sent(spec, data)
    plain = without_noise(spec, update, secret_of(ALICE, spec))
    assert plain.any() and squared_norm(plain.astype(np.int32)) <= NOISE.bound_sq
    assert np.sqrt(float((plain.astype(float) ** 2).sum())) > 0.99 * 0.25 * 2**16, "training moved it to the norm"
    assert (update.words != plain).all()
    open_spec = agreed(privacy=None, update=UpdateSpec(clip_norm=0.25, limit=2**24))
    assert np.abs(train_update(open_spec, ALICE, base(spec), data).words - plain).max() <= 1


def test_same_silo_round_and_rows_give_the_same_bits(data: TrainingData) -> None:
    spec = round_spec()
    assert sent(spec, data).words.tobytes() == sent(spec, data).words.tobytes()


def test_nobody_else_finds_the_noise(data: TrainingData) -> None:
    spec = round_spec()
    ours, seed = sent(spec, data).words, training_seed(spec, ALICE)
    for secret in (secret_of(BOB, spec), seed.to_bytes(32, "big"), seed.to_bytes(32, "little"), bytes(32)):
        assert (sent(spec, data, secret=secret).words != ours).mean() > 0.9


def test_noise_on_silos_and_noise_on_rows_come_from_different_bits() -> None:
    streams = {label: SecretNoise(DIGEST, label).words(64).tobytes() for label in ("silo", "noise", "batches", "torch")}
    assert len(set(streams.values())) == 4


def test_update_without_a_secret_is_not_sent(data: TrainingData) -> None:
    with pytest.raises(ConfigurationError, match="has 0 bytes, it needs 32"):
        sent(round_spec(), data, secret=b"")


def test_no_way_of_encoding_forgets_the_noise(data: TrainingData) -> None:
    spec, plan = round_spec(), load_plan(PLAN, SETTINGS)
    tensors = spec.spec.model.tensors
    update = local_update(plan, tensors, initial_vector(plan, tensors, 1), data, 5, 0.5)
    with pytest.raises(ConfigurationError, match="has 0 bytes, it needs 32"):
        encoded(spec, update, len(data))


def test_nothing_that_was_measured_leaves_and_the_weight_is_the_rows(data: TrainingData) -> None:
    update = sent(round_spec(), data)
    assert set(update.metrics) == {"clipped_words"} and update.weight == len(data)
    assert "update_norm" in train_update(agreed(privacy=None), ALICE, base(round_spec()), data).metrics


def test_more_rows_than_count_weigh_what_counts(data: TrainingData) -> None:
    many = TrainingData(pd.concat([data.frame] * 12), data.features, data.target)
    assert len(many) == 1080 and sent(round_spec(), many).weight == 1000


def test_update_far_too_long_is_shortened_in_words() -> None:
    words, cut = hidden(np.full(50, 9.0, np.float32), ENCODING, HIDING, DIGEST)
    drawn = discrete_gaussian(NOISE.sigma, 50, SecretNoise(DIGEST, "silo").words)
    assert squared_norm((words - drawn).astype(np.int32)) <= NOISE.bound_sq and not cut


def test_diverged_training_is_told_and_not_hidden() -> None:
    with pytest.raises(NonFiniteUpdate):
        hidden(np.array([np.nan, 1.0], np.float32), ENCODING, HIDING, DIGEST)


def test_term_that_holds_a_silo_near_the_base_is_hidden_by_the_same_noise(data: TrainingData) -> None:
    spec, held = round_spec(), round_spec(local={"name": "fedprox", "mu": 50.0})
    free, near = (without_noise(one, sent(one, data), secret_of(ALICE, one)) for one in (spec, held))
    assert near.any() and squared_norm(near.astype(np.int32)) < squared_norm(free.astype(np.int32)) <= NOISE.bound_sq


def test_plan_that_cannot_train_privately_can_be_hidden(data: TrainingData) -> None:
    plan = SklearnClassifier(means=[50.0] * 3, scales=[10.0] * 3, classes=[0, 1], settings={"loss": "log_loss"})
    tensors = manifest(plan)
    update = local_update(plan, tensors, initial_vector(plan, tensors, 1), data, 5, 0.25)
    spec = round_spec()
    secret = secret_of(ALICE, spec)
    plain = without_noise(spec, words := encoded(spec, update, len(data), secret), secret)
    assert words.words.size == 4 and plain.any() and squared_norm(plain.astype(np.int32)) <= NOISE.bound_sq


def test_masked_the_words_are_held_to_the_norm_and_the_noise_goes_beside_them(data: TrainingData) -> None:
    split = HIDING.model_copy(update={"fewest": 2})
    clear = round_spec()
    spec = replace(clear, spec=clear.spec.model_copy(update={"privacy": split, "enforced": masked_numbers(clear)}))
    update, secret = sent(spec, data), secret_of(ALICE, spec)
    assert squared_norm(update.words) <= NOISE.bound_sq and update.metrics == {}
    part = part_of_sum(split, 16, spec.spec.enforced.max_weight)
    assert update.noise is not None
    again = discrete_gaussian(part, update.words.size, SecretNoise(secret, "part of a sum").words)
    assert (update.noise == again).all()
    assert sent(clear, data).noise is None, "a clear update has its noise in its words"


def masked_numbers(spec: RoundSpec) -> Enforced:
    """The task's numbers as a masked task would have them, small enough for the noise."""
    return spec.spec.enforced.model_copy(update={"mode": 1, "threshold": 2, "quorum": 3, "max_weight": 100})
