"""Estimators of scikit-learn as plans: their own steps to the bit, shapes from the task, refusals by name."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from prefect_federated.core.errors import ConfigurationError, ShapeMismatch
from prefect_federated.core.fixed_point import Encoding, decode
from prefect_federated.core.local_spec import FedBN, FedProx
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.baselines import pooled
from prefect_federated.learning.local import initial_vector, local_update, model_of
from prefect_federated.learning.plan import Private, TrainingData, TrainingPlan, load_plan, manifest
from prefect_federated.learning.rounds import Setting, after_round, first, judged, seed_of
from prefect_federated.learning.sklearn_plan import KINDS, SklearnClassifier, SklearnPlan

REF = "prefect_federated.learning.sklearn_plan:SklearnClassifier"
TABLE = {"means": [50.0] * 3, "scales": [10.0] * 3}
LOG = {"loss": "log_loss", "alpha": 1e-3}
FEATURES = ("a", "b", "c")


def plan(kind: str = "SGDClassifier", settings: dict[str, Any] | None = None, **table: Any) -> SklearnClassifier:
    chosen = LOG if settings is None and kind == "SGDClassifier" else settings or {}
    return SklearnClassifier(estimator=kind, settings=chosen, **{**TABLE, **table})


def three(seed: int, rows: int = 120, labels: tuple[int, ...] = (0, 1, 2)) -> TrainingData:
    """Three clouds of points, or some of them."""
    rng = np.random.default_rng(seed)
    y = rng.choice(labels, rows)
    x = rng.normal(size=(rows, 3)) + 2.5 * np.eye(3)[y]
    return TrainingData(pd.DataFrame(10 * x + 50, columns=list(FEATURES)).assign(label=y), FEATURES, "label")


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


class Tree(SklearnPlan):
    def estimator(self) -> DecisionTreeClassifier:
        return DecisionTreeClassifier()


def test_estimator_without_coefficients_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="DecisionTreeClassifier has no coefficients that training can go on"):
        Tree(**TABLE).build_model(0)


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("LogisticRegression", {"solver": "liblinear"}, "has no coefficients that training can go on from"),
        ("MLPClassifier", {"solver": "lbfgs"}, "has no coefficients that training can go on from"),
        ("LogisticRegression", {"class_weight": "balanced"}, "balanced weights are statistics of one silo"),
        ("SGDClassifier", {"average": True}, "averages of steps are not shared"),
        ("SGDClassifier", {"depth": 3}, "SGDClassifier does not take these settings: .*depth"),
        ("SGDClassifier", {"loss": "nonsense"}, "scikit-learn refuses the settings of SGDClassifier: .*'nonsense'"),
        ("MLPClassifier", {"early_stopping": True}, "scikit-learn refuses the settings of MLPClassifier"),
    ],
)
def test_settings_that_cannot_go_on_from_a_base_are_refused(kind: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        manifest(plan(kind, settings))


def test_unknown_estimator_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="estimator 'RandomForest' is none of LogisticRegression, MLP"):
        load_plan(REF, {**TABLE, "estimator": "RandomForest"})


@pytest.mark.parametrize("classes", [[0], [1, 0], [0, 0, 1], [0, 1.5]])
def test_classes_that_are_no_ascending_numbers_are_refused(classes: list[float]) -> None:
    with pytest.raises(ConfigurationError, match="must be two or more whole numbers"):
        load_plan(REF, {**TABLE, "classes": classes})


@pytest.mark.parametrize("changes", [{"scales": [1.0]}, {"scales": [1.0, 1.0, 0.0]}, {"epochs": -1}])
def test_impossible_table_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="must be one each per feature"):
        load_plan(REF, {**TABLE, **changes})


def test_labels_outside_the_classes_are_counted_and_not_told() -> None:
    mine, data = plan(), three(1, rows=60)
    outside = int((data.y == 2).sum())
    model = mine.build_model(0)
    for use in (lambda: mine.train(model, data, 1), lambda: mine.evaluate(model, data)):
        with pytest.raises(ConfigurationError, match=rf"{outside} of 60 rows have labels outside .* \[0, 1\]"):
            use()


def test_tensors_of_another_estimator_are_refused() -> None:
    small, large = plan(), plan(classes=(0, 1, 2))
    with pytest.raises(ShapeMismatch, match=r"'coef_' has shape \(1, 3\), SGDClassifier has \(3, 3\)"):
        large.load(large.build_model(0), small.parameters(small.build_model(0)))
    network = plan("MLPClassifier")
    with pytest.raises(ShapeMismatch, match="none such"):
        small.load(small.build_model(0), network.parameters(network.build_model(0)))


def test_local_algorithms_and_privacy_that_need_gradients_are_refused_and_layers_at_home_work() -> None:
    mine, data = plan(), three(1, labels=(0, 1))
    tensors = manifest(mine)
    base = initial_vector(mine, tensors, 0)
    with pytest.raises(ConfigurationError, match="SklearnClassifier lacks trained, local_steps or train_with"):
        local_update(mine, tensors, base, data, 1, 9.0, local=FedProx(mu=1.0))
    with pytest.raises(ConfigurationError, match="lacks sampling or train_privately"):
        privacy = PrivacySpec(noise_multiplier=1.0, max_grad_norm=1.0, delta=1e-5)
        local_update(mine, tensors, base, data, 1, 9.0, Private(privacy, bytes(32)))
    settings = Setting(mine, FedBN(layers=("intercept_",)))
    standing = after_round(settings, first(settings), {"north": data})
    assert standing.words.shape == (3,) and set(standing.personal["north"]) == {"intercept_"}
