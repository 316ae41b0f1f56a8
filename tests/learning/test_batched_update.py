"""Updates of many at once: the words of each alone, and a line in the log where they cannot be had so."""

import logging
from typing import Any

import numpy as np
import pytest

from prefect_federated.core.errors import NonFiniteUpdate
from prefect_federated.core.fixed_point import encode
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning import batched_training
from prefect_federated.learning.batched_update import Pupil, train_updates
from prefect_federated.learning.local import initial_vector
from prefect_federated.learning.plan import TrainingData, load_plan
from prefect_federated.learning.update import train_update
from tests.learning.test_private_update import ALICE, BOB, PLAN, SETTINGS, agreed


def pupils(data: TrainingData) -> list[Pupil]:
    few = TrainingData(data.frame.iloc[:17].reset_index(drop=True), data.features, data.target)
    return [Pupil(ALICE, data), Pupil(BOB, few)]


def base(spec: RoundSpec) -> Any:
    vector = initial_vector(load_plan(PLAN, SETTINGS), spec.spec.model.tensors, 1)
    return encode(vector, spec.header("model").parts[0].encoding)[0]


def test_words_of_many_are_those_of_each_alone(data: TrainingData) -> None:
    spec = agreed(privacy=None)
    for pupil, got in zip(pupils(data), train_updates(spec, base(spec), pupils(data)), strict=True):
        alone = train_update(spec, pupil.account, base(spec), pupil.data)
        assert not isinstance(got, Exception)
        assert np.abs(got.words - alone.words).max() <= 1  # 2^-16
        assert got.weight == alone.weight and got.metrics == pytest.approx(alone.metrics, abs=1e-4)


def test_plan_that_cannot_be_batched_trains_alone_and_says_so(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spec = agreed(privacy=None)
    monkeypatch.setattr(batched_training, "ROW_BY_ROW", ())
    with caplog.at_level(logging.WARNING):
        found = train_updates(spec, base(spec), pupils(data))
    assert "2 participants train one after the other: layer Sequential is not known" in caplog.text
    for pupil, got in zip(pupils(data), found, strict=True):
        assert not isinstance(got, Exception)
        assert np.array_equal(got.words, train_update(spec, pupil.account, base(spec), pupil.data).words)


def test_who_diverges_has_its_error_and_the_others_their_update(data: TrainingData) -> None:
    spec = agreed(privacy=None)
    wild = data.frame.assign(a=1e38)
    both = [Pupil(ALICE, data), Pupil(BOB, TrainingData(wild, data.features, data.target))]
    good, bad = train_updates(spec, base(spec), both)
    assert not isinstance(good, Exception) and isinstance(bad, NonFiniteUpdate)
    assert np.abs(good.words - train_update(spec, ALICE, base(spec), data).words).max() <= 1
