"""Stock ClientApps of Flower as training plans: what they are given, what they give back, what they see."""

from pathlib import Path

import numpy as np
import pytest

from prefect_federated.learning.local import initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, manifest
from tests.learning.flower import NumpyWard, Ward, on_machine, require_flower, written


@pytest.fixture(autouse=True)
def _flower() -> None:
    require_flower()


def by_hand(plan: Ward, data: TrainingData, epochs: int, lr: float) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression again, from its formula."""
    x, y = (data.x - data.x.mean(axis=0)) / data.x.std(axis=0), data.y
    model = plan.build_model(0)
    weights, bias = model["weights"].astype(np.float64), model["bias"].astype(np.float64)
    for _ in range(epochs):
        off = 1 / (1 + np.exp(-(x @ weights + bias))) - y
        weights, bias = weights - lr * off @ x / len(y), bias - lr * off.mean()
    return weights, bias


@pytest.mark.parametrize("kind", [Ward, NumpyWard], ids=["message API", "NumPyClient"])
def test_stock_app_trains_on_the_view_and_its_result_is_the_update(kind: type[Ward], data: TrainingData) -> None:
    plan = on_machine(kind())
    base = initial_vector(plan, manifest(plan), 0)
    update = local_update(plan, manifest(plan), base, data, seed=5, clip_norm=100.0)
    weights, bias = by_hand(plan, data, 20, 0.5)  # the defaults of its own pyproject.toml
    assert np.allclose(base + update.delta, np.concatenate((weights, bias)), atol=1e-6)
    assert update.examples == len(data) == 90
    assert update.metrics["train_loss"] < 0.4


def test_task_sets_run_config_over_the_apps_own_and_the_round_comes_with_the_message(data: TrainingData) -> None:
    plan = on_machine(Ward(run_config={"local-epochs": 1, "optimizer.lr": 0.25}), round=7)
    model = plan.build_model(0)
    result = plan.train(model, data, 1)
    assert np.allclose(model["weights"], by_hand(plan, data, 1, 0.25)[0], atol=1e-6)
    assert result.metrics["server-round"] == 7


@pytest.mark.parametrize("kind", [Ward, NumpyWard], ids=["message API", "NumPyClient"])
def test_app_judges_a_model_on_the_rows_it_is_given(kind: type[Ward], data: TrainingData) -> None:
    plan = on_machine(kind())
    model = plan.build_model(0)
    before = plan.evaluate(model, data)
    plan.train(model, data, 1)
    after = plan.evaluate(model, data)
    assert after["loss"] < before["loss"] and after["accuracy"] > 0.85
    p = 1 / (1 + np.exp(-((data.x - data.x.mean(0)) / data.x.std(0) @ model["weights"] + model["bias"])))
    assert after["accuracy"] == pytest.approx(((p > 0.5) == data.y).mean())


def test_same_seed_gives_the_same_bits_also_where_the_app_draws_without_a_seed_of_its_own(
    data: TrainingData, tmp_path: Path
) -> None:
    plan = written(tmp_path, "import random\nweights = weights + np.random.rand(3) + random.random()")
    drawn = []
    for seed in (4, 4, 5):
        model = plan.build_model(0)
        plan.train(model, data, seed)
        drawn.append(model["weights"].tobytes())
    assert drawn[0] == drawn[1] != drawn[2]


def test_app_sees_consented_rows_and_columns_and_neither_secrets_nor_home(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it found is told by numbers, which it sends as its model."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    body = (
        "import os\n"
        'lines = open(context.node_config["data-path"]).read().split()\n'
        'weights = np.array([len(lines), lines[0] == "a,b,c,label", "AWS_SECRET_ACCESS_KEY" in os.environ], float)\n'
        'inside = os.path.expanduser("~") == os.path.dirname(context.node_config["data-path"])\n'
        'bias = np.array([float(inside and context.node_config["num-partitions"] == 1)])'
    )
    plan = written(tmp_path, body)
    wide = TrainingData(data.frame.assign(name="Ann"), data.features, data.target)  # a column of no task
    model = plan.build_model(0)
    plan.train(model, wide, 1)
    assert model["weights"].tolist() == [91, 1, 0] and model["bias"].tolist() == [1]


def test_rows_come_as_the_same_numbers_in_either_format(data: TrainingData, tmp_path: Path) -> None:
    body = 'with np.load(context.node_config["data-path"]) as view:\n    weights = view["x"].sum(axis=0)'
    plan = written(tmp_path, body, "x = y = np.ones((1, 3))", data_format="npz")
    model = plan.build_model(0)
    plan.train(model, data, 1)
    assert np.array_equal(model["weights"], data.x.sum(axis=0).astype(np.float32))


def test_arrays_of_whole_numbers_stay_at_home(data: TrainingData) -> None:
    class Counted(Ward):
        def initial(self, seed: int):
            return {**super().initial(seed), "seen": np.arange(3)}

    assert [one.name for one in manifest(Counted())] == ["weights", "bias"]
    model = Counted().build_model(0)
    Counted().load(model, {"weights": np.ones(3, np.float32)})
    assert model["seen"].tolist() == [0, 1, 2] and model["weights"].tolist() == [1, 1, 1]


def test_nothing_is_left_on_the_disk(data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    plan = on_machine(Ward())
    plan.train(plan.build_model(0), data, 1)
    assert not list(tmp_path.iterdir())
