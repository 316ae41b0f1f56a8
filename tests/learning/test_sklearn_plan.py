"""Estimators of scikit-learn as plans: their own steps to the bit, shapes from the task, refusals by name."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from prefect_federated.adapters.mlflow.loader import load_weights
from prefect_federated.adapters.mlflow.package import write_weights
from prefect_federated.adapters.mlflow.records import PackagedModel
from prefect_federated.core.fixed_point import Encoding, decode
from prefect_federated.learning.baselines import pooled
from prefect_federated.learning.local import initial_vector, local_update, model_of
from prefect_federated.learning.plan import TrainingData, TrainingPlan, load_plan, manifest
from prefect_federated.learning.rounds import Setting, after_round, first, judged, seed_of
from prefect_federated.learning.sklearn_plan import KINDS, SklearnPlan
from tests.learning.sklearn_plans import FEATURES, REF, TABLE, plan, three


def generator(seed: int) -> np.random.RandomState:
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))


def standard(data: TrainingData) -> np.ndarray:
    return (data.x - 50.0) / 10.0


@pytest.mark.parametrize("kind", ["SGDClassifier", "Perceptron"])
@pytest.mark.parametrize("classes", [(0, 1), (0, 1, 2)])
def test_one_silos_training_is_scikit_learns_own_to_the_bit(kind: str, classes: tuple[int, ...]) -> None:
    data, mine = three(1, labels=classes), plan(kind, classes=classes, epochs=3)
    own = mine.estimator().set_params(random_state=generator(5))
    for _ in range(3):
        own.partial_fit(standard(data), data.y, classes=np.array(classes))
    model = mine.build_model(0)
    mine.train(model, data, 5)
    assert model.coef_.tobytes() == own.coef_.tobytes() and model.intercept_.tobytes() == own.intercept_.tobytes()
    tensors = manifest(mine)
    found = local_update(mine, tensors, initial_vector(mine, tensors, 0), data, 5, 1e6)
    assert found.delta.tobytes() == np.r_[own.coef_.ravel(), own.intercept_].astype(np.float32).tobytes()


@pytest.mark.parametrize("classes", [(0, 1), (0, 1, 2)])
def test_logistic_regression_goes_on_from_the_base_as_its_warm_start_does(classes: tuple[int, ...]) -> None:
    data, mine = three(1, labels=classes), plan("LogisticRegression", {"max_iter": 3}, classes=classes, epochs=2)
    own = LogisticRegression(max_iter=3, warm_start=True)
    model = mine.build_model(0)
    for _ in range(2):
        own.fit(standard(data), data.y)
    mine.train(model, data, 5)
    assert model.coef_.tobytes() == own.coef_.tobytes()
    longer = mine.build_model(0)
    mine.load(longer, mine.parameters(model))
    mine.train(longer, data, 5)
    assert mine.evaluate(longer, data)["loss"] < mine.evaluate(model, data)["loss"] < np.log(len(classes))


def test_network_trains_as_scikit_learns_own_from_the_same_start() -> None:
    settings = {"hidden_layer_sizes": (6,), "learning_rate_init": 0.01, "shuffle": False}
    data, mine = three(1), plan("MLPClassifier", settings, classes=(0, 1, 2), epochs=4)
    own = MLPClassifier(**settings, random_state=generator(7))
    for _ in range(4):
        own.partial_fit(standard(data), data.y, classes=[0, 1, 2])
    model = mine.build_model(7)
    assert list(mine.parameters(model)) == ["coefs_.0", "intercepts_.0", "coefs_.1", "intercepts_.1"]
    mine.train(model, data, 5)
    assert all(one.tobytes() == other.tobytes() for one, other in zip(model.coefs_, own.coefs_, strict=True))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_plan_follows_the_protocol_and_learns(kind: str) -> None:
    data = three(3)
    mine = load_plan(REF, {**TABLE, "classes": [0, 1, 2], "estimator": kind, "epochs": 30})
    assert isinstance(mine, TrainingPlan)
    model = mine.build_model(1)
    mine.train(model, data, 5)
    assert mine.evaluate(model, data)["accuracy"] > 0.9
    inputs = data.frame[list(FEATURES)]
    assert (mine.predict(model, inputs) == data.y).mean() == mine.evaluate(model, data)["accuracy"]
    again = mine.build_model(8)
    mine.load(again, mine.parameters(model))
    assert (mine.predict(again, inputs) == mine.predict(model, inputs)).mean() > 0.99


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_same_seed_gives_the_same_bits_beside_others_and_after_them(kind: str) -> None:
    data, mine = three(2, rows=300), plan(kind, classes=(0, 1, 2), epochs=2)
    tensors = manifest(mine)
    base = initial_vector(mine, tensors, 1)

    def trained(seed: int = 2**40) -> bytes:
        return local_update(mine, tensors, base, data, seed, 1e6).delta.tobytes()

    alone, used = trained(), model_of(mine, tensors, base)
    np.random.seed(1)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: trained(), range(4))) == {alone}
    if kind != "LogisticRegression":  # which draws nothing
        assert trained(3) != alone
    mine.train(used, data, 9)
    mine.load(used, mine.parameters(model_of(mine, tensors, base)))
    mine.train(used, data, 2**40)
    again = np.concatenate([values.ravel() for values in mine.parameters(used).values()]) - base
    assert again.tobytes() == alone, "rates and moments start afresh"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_silo_that_lacks_labels_sends_an_update_of_the_same_shape(kind: str) -> None:
    mine = plan(kind, {"learning_rate_init": 0.05} if kind == "MLPClassifier" else None, classes=(0, 1, 2), epochs=20)
    tensors = manifest(mine)
    for labels in ((0, 2), (1,)):
        data = three(4, labels=labels)
        found = local_update(mine, tensors, initial_vector(mine, tensors, 1), data, 5, 1e6)
        model = model_of(mine, tensors, initial_vector(mine, tensors, 1) + found.delta)
        assert np.isin(mine.predict(model, data.frame[list(FEATURES)]), (0, 1, 2)).all()
        assert mine.evaluate(model, data)["accuracy"] > 0.6


def test_row_that_brings_in_a_missing_label_counts_nothing() -> None:
    """By hand: the gradient of the penalised log loss over the silo's own rows is near 0 where the solver stopped."""
    data, mine = three(4, labels=(0, 2)), plan("LogisticRegression", {"tol": 1e-10, "max_iter": 500}, classes=(0, 1, 2))
    model = mine.build_model(0)
    mine.train(model, data, 5)
    x, hot = standard(data), np.eye(3)[data.y]
    slope = (model.predict_proba(x) - hot).T @ x + model.coef_  # C is 1
    assert np.abs(slope).max() < 1e-2
    assert np.abs((model.predict_proba(x) - hot).sum(axis=0)).max() < 1e-2, "the intercepts' part of it"


def test_round_of_two_silos_is_the_mean_of_their_own_and_some_rounds_are_near_pooled() -> None:
    silos = {"north": three(1, rows=80), "south": three(2, rows=40, labels=(0, 2))}
    settings = Setting(plan(classes=(0, 1, 2), epochs=2), frac_bits=20, limit=2**30)
    standing = after_round(settings, first(settings), silos)
    mean = np.zeros(12)
    for name, data in silos.items():
        own = settings.plan.estimator().set_params(random_state=generator(seed_of(settings, 1, name)))
        for _ in range(2):
            own.partial_fit(standard(data), data.y, classes=[0, 1, 2])
        mean += len(data) / 120 * np.r_[own.coef_.ravel(), own.intercept_]
    assert np.abs(decode(standing.words, Encoding(20, 2**31 - 1)) - mean).max() < 2e-5
    for _ in range(4):
        standing = after_round(settings, standing, silos)
    whole = pooled(silos.values())
    alone = settings.plan.build_model(0)
    for seed in range(5):
        settings.plan.train(alone, whole, seed)
    mine, theirs = judged(settings, standing, three(9, 400)), settings.plan.evaluate(alone, three(9, 400))
    assert mine["accuracy"] > theirs["accuracy"] - 0.03 and theirs["accuracy"] > 0.85
    vector = decode(standing.words, Encoding(20, 2**31 - 1))
    assert np.corrcoef(vector[:9], alone.coef_.ravel())[0, 1] > 0.95


def test_loss_is_the_log_loss_of_probabilities_and_of_scores() -> None:
    data = three(1)
    mine = plan(classes=(0, 1, 2), epochs=3)
    model = mine.build_model(0)
    mine.train(model, data, 1)
    expected = log_loss(data.y, model.predict_proba(standard(data)))
    assert mine.evaluate(model, data)["loss"] == pytest.approx(expected, rel=1e-9)
    for labels in ((0, 1), (0, 1, 2)):
        some, hinge = three(1, labels=labels), plan(settings={"loss": "hinge"}, classes=labels)
        model = hinge.build_model(0)
        assert hinge.evaluate(model, some)["loss"] == pytest.approx(np.log(len(labels))), "all scores are 0"
        hinge.train(model, some, 1)
        model.coef_, model.intercept_ = model.coef_ / 50, model.intercept_ / 50  # where scikit-learn clips nothing
        scores = model.decision_function(standard(some)).reshape(len(some), -1)
        power = np.exp(scores if len(labels) == 3 else np.c_[0 * scores, scores])
        expected = log_loss(some.y, power / power.sum(axis=1, keepdims=True))
        assert hinge.evaluate(model, some)["loss"] == pytest.approx(expected, rel=1e-6)


class Watched(SGDClassifier):
    """Notes how many threads linear algebra has while it trains."""

    seen: tuple[int, ...] = ()

    def partial_fit(self, *args: Any, **more: Any) -> "Watched":
        threads = (one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        type(self).seen = (*type(self).seen, max(threads))
        return super().partial_fit(*args, **more)


class WatchedPlan(SklearnPlan):
    def estimator(self) -> Watched:
        return Watched()


def test_linear_algebra_has_one_thread_in_training_and_gets_the_others_back() -> None:
    mine = WatchedPlan(**TABLE, epochs=2)
    with threadpool_limits(2, user_api="blas"):
        model = mine.build_model(0)
        Watched.seen = ()
        mine.train(model, three(1, labels=(0, 1)), 5)
        assert Watched.seen == (1, 1)
        assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} == {2}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_packaged_model_predicts_as_the_plan_does(kind: str, tmp_path: Path) -> None:
    mine, data = plan(kind, classes=(0, 1, 2), epochs=30), three(1)
    model = mine.build_model(0)
    mine.train(model, data, 5)
    packaged = PackagedModel(
        plan=REF,
        hyperparameters={**TABLE, "classes": [0, 1, 2], "estimator": kind, "settings": mine.settings, "epochs": 30},
        tensors=mine.parameters(model),
        columns=dict.fromkeys(FEATURES, "double"),
    )
    loaded, shared = load_weights(write_weights(packaged, tmp_path / "weights")), mine.build_model(0)
    mine.load(shared, mine.parameters(model))
    inputs = data.frame[list(FEATURES)]
    assert (loaded.predict(inputs) == mine.predict(shared, inputs)).all()
    assert len(set(loaded.predict(inputs))) == 3
