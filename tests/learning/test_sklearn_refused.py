"""What a plan of scikit-learn cannot do is refused by name, before anything is trained where that can be known."""

from typing import Any

import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from prefect_federated.core.errors import ConfigurationError, ShapeMismatch
from prefect_federated.core.local_spec import FedBN, FedProx
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.local import initial_vector, local_update
from prefect_federated.learning.plan import Private, load_plan, manifest
from prefect_federated.learning.rounds import Setting, after_round, first
from prefect_federated.learning.sklearn_plan import SklearnPlan
from tests.learning.sklearn_plans import REF, TABLE, plan, three


class Given(SklearnPlan):
    """An estimator of the author's own choice."""

    def __init__(self, model: Any) -> None:
        super().__init__(**TABLE)
        self.model = model

    def estimator(self) -> Any:
        return clone(self.model)


@pytest.mark.parametrize("model", [DecisionTreeClassifier(), GaussianNB(), SGDRegressor(), RidgeClassifier()])
def test_estimator_without_coefficients_to_go_on_from_is_refused(model: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{type(model).__name__} has no coefficients that training can go on"):
        Given(model).build_model(0)


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
