"""Many participants as one program: the plan's own weights to 1e-5, whatever the tables' sizes."""

from typing import Any

import numpy as np
import pytest
from pandas import DataFrame
from torch import nn

from prefect_federated.learning.batched_training import GROUP, train_batched, why_not_batched
from prefect_federated.learning.offers import Terms
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.tabular import TabularClassifier

FEATURES = tuple(f"x{number}" for number in range(6))
SIZES = (1, 5, 16, 17, 40, 3)
SETTINGS: tuple[dict[str, Any], ...] = (
    {"lr": 0.1, "batch_size": 5},
    {"lr": 0.1, "batch_size": 16, "epochs": 3, "momentum": 0.9, "weight_decay": 0.01},
    {"lr": 0.01, "batch_size": 8, "epochs": 2, "optimizer": "adam"},
    {"lr": 0.1, "batch_size": 8, "updates": 7, "momentum": 0.5},
    {"epochs": 0},
)


class Normed(TabularClassifier):
    """A plan whose batches show in each other."""

    def module(self) -> nn.Module:
        return nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))


class Dropping(TabularClassifier):
    """A plan that draws while it trains."""

    def module(self) -> nn.Module:
        return nn.Sequential(nn.Linear(6, 4), nn.Dropout(0.5), nn.Linear(4, 3))


class OwnLoss(TabularClassifier):
    """A plan with another loss."""

    def loss(self, output: Any, y: Any) -> Any:
        return super().loss(output, y) * 2


def plan(kind: type[TabularClassifier] = TabularClassifier, **settings: Any) -> TabularClassifier:
    return kind(means=[0.5] * 6, scales=[2.0] * 6, hidden=[8], labels=3, **settings)


def tables(sizes: tuple[int, ...] = SIZES) -> list[TrainingData]:
    rng = np.random.default_rng(7)
    frames = [DataFrame(rng.normal(size=(n, 6)), columns=list(FEATURES)) for n in sizes]
    return [TrainingData(frame.assign(y=rng.integers(0, 3, len(frame))), FEATURES, "y") for frame in frames]


@pytest.mark.parametrize("settings", SETTINGS, ids=["sgd", "momentum", "adam", "updates", "no-epoch"])
def test_batched_training_gives_the_weights_of_the_plans_own(settings: dict[str, Any]) -> None:
    mine, data = plan(**settings), tables()
    base = mine.parameters(mine.build_model(3))
    for number, got in enumerate(train_batched(mine, base, data, range(len(data)))):
        model = mine.build_model(0)
        mine.load(model, base)
        wanted = mine.train(model, data[number], number)
        for name, values in mine.parameters(model).items():
            np.testing.assert_allclose(got.tensors[name], values, atol=1e-5, rtol=0)
        assert got.result.examples == wanted.examples
        assert got.result.metrics == pytest.approx(wanted.metrics, abs=1e-5)


def test_terms_join_everybodys_gradients_as_they_join_one() -> None:
    mine, data = plan(**SETTINGS[1]), tables((5, 40, 17))
    base = mine.parameters(mine.build_model(3))
    rng = np.random.default_rng(5)
    terms = [
        Terms(mu=0.3, drift={name: rng.normal(size=v.shape).astype(np.float32) for name, v in base.items()})
        for _ in data
    ]
    for number, got in enumerate(train_batched(mine, base, data, range(3), terms=terms)):
        model = mine.build_model(0)
        mine.load(model, base)
        mine.train_with(model, data[number], number, terms[number])
        for name, values in mine.parameters(model).items():
            np.testing.assert_allclose(got.tensors[name], values, atol=1e-5, rtol=0)


def test_who_is_done_stays_where_it_ended_while_others_go_on() -> None:
    """Momentum and decay would move a finished model on; a single row beside forty shows it."""
    mine, data = plan(**SETTINGS[1]), tables((1, 40))
    base = mine.parameters(mine.build_model(3))
    alone, beside = train_batched(mine, base, data[:1], [4]), train_batched(mine, base, data, [4, 5])
    for name, values in alone[0].tensors.items():
        np.testing.assert_allclose(beside[0].tensors[name], values, atol=1e-6, rtol=0)


def test_whole_groups_give_the_same_bits_beside_others_and_without_them() -> None:
    mine, data = plan(**SETTINGS[0]), tables((3,) * (GROUP + 2))
    base = mine.parameters(mine.build_model(3))
    everybody = train_batched(mine, base, data, range(len(data)))
    last = train_batched(mine, base, data[GROUP:], range(GROUP, GROUP + 2))
    for one, other in zip(everybody[GROUP:], last, strict=True):
        assert all(np.array_equal(one.tensors[name], other.tensors[name]) for name in base)


def test_same_seed_gives_the_same_bits_twice_and_another_seed_other_ones() -> None:
    mine, data = plan(**SETTINGS[0]), tables((30,))
    base = mine.parameters(mine.build_model(3))
    once, twice, other = (train_batched(mine, base, data, [seed])[0].tensors for seed in (1, 1, 2))
    assert all(np.array_equal(once[name], twice[name]) for name in base)
    assert not all(np.array_equal(once[name], other[name]) for name in base)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Normed, "layer BatchNorm1d is not known to treat every row alone"),
        (Dropping, "layer Dropout is not known to treat every row alone"),
        (OwnLoss, "OwnLoss has a loss of its own"),
    ],
)
def test_plan_that_cannot_be_batched_says_why(kind: type[TabularClassifier], why: str) -> None:
    assert why_not_batched(plan(kind)) == why
    assert why_not_batched(plan()) is None
