"""scikit-learn estimators that can start from given numbers: how each is made ready, stepped and restarted.

estimator --ready: shapes from the task's classes and features--> numbers in, numbers out --steps--> trained in place
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError, ShapeMismatch

Labels = NDArray[np.int64]
Table = NDArray[np.float64]
WARM_SOLVERS = (
    "lbfgs",
    "newton-cg",
    "newton-cholesky",
)  # start from given numbers, and count a row by its weight alone


class Linear:
    """One row of `coef_` and one number of `intercept_` a label; a single one for two labels. They start at 0."""

    def ready(self, model: Any, classes: Labels, features: int) -> None:
        """Give a fresh estimator its shapes."""
        rows = 1 if len(classes) == 2 else len(classes)
        model.classes_, model.n_features_in_ = classes, features
        model.coef_, model.intercept_ = np.zeros((rows, features)), np.zeros(rows)

    def numbers(self, model: Any) -> dict[str, Table]:
        """Its arrays, by scikit-learn's names."""
        return {"coef_": model.coef_, "intercept_": model.intercept_}

    def put(self, model: Any, name: str, values: Table) -> None:
        """Replace one of them."""
        setattr(model, name, values)

    def restart(self, model: Any) -> None:
        """Begin the schedule of the learning rate anew."""
        model.t_ = 1.0

    def step(self, model: Any, x: Table, y: Labels) -> None:
        """One pass over the rows."""
        model.partial_fit(x, y)


class Logistic(Linear):
    """`LogisticRegression`: its solver goes on from the numbers it has, up to `max_iter` times in each pass."""

    def restart(self, model: Any) -> None:
        """The solvers remember nothing."""

    def step(self, model: Any, x: Table, y: Labels) -> None:
        """One call of `fit`. A label that no row has comes in by a row of weight 0, which no sum counts."""
        missing = np.setdiff1d(model.classes_, y)
        weights = np.concatenate((np.ones(len(y)), np.zeros(len(missing))))
        rows = np.concatenate((x, np.zeros((len(missing), x.shape[1]))))
        model.fit(rows, np.concatenate((y, missing)), sample_weight=weights if len(missing) else None)


class Network(Linear):
    """`MLPClassifier`: `coefs_` and `intercepts_`, one of each a layer, that start as scikit-learn draws them."""

    def ready(self, model: Any, classes: Labels, features: int) -> None:
        """A pass over one blank row a label, with steps too short to change a number, makes the layers."""
        rate = model.learning_rate_init
        model.set_params(learning_rate_init=1e-300)
        model.partial_fit(np.zeros((len(classes), features)), classes, classes=classes)
        model.set_params(learning_rate_init=rate)

    def numbers(self, model: Any) -> dict[str, Table]:
        """Layer after layer."""
        pairs = enumerate(zip(model.coefs_, model.intercepts_, strict=True))
        return {
            f"{kind}.{at}": values
            for at, pair in pairs
            for kind, values in zip(("coefs_", "intercepts_"), pair, strict=True)
        }

    def put(self, model: Any, name: str, values: Table) -> None:
        """Replace one layer's."""
        kind, _, at = name.partition(".")
        getattr(model, kind)[int(at)] = values

    def restart(self, model: Any) -> None:
        """Forget the optimizer's moments and steps."""
        model.t_, model.n_iter_ = 0, 0
        if hasattr(model, "_optimizer"):
            del model._optimizer


def kind_of(model: Any) -> Linear:
    """How an estimator that was trained once, or made ready, is handled.

    Raises:
        ConfigurationError: it has no coefficients, cannot start from given ones, or keeps more than these.
    """
    from sklearn.base import is_classifier
    from sklearn.linear_model import LogisticRegression

    name, average = type(model).__name__, getattr(model, "average", False)
    weights = getattr(model, "class_weight", None)
    if average or weights == "balanced":
        raise ConfigurationError(
            f"{name} with average={average!r}, class_weight={weights!r}: averages of steps are not shared, and balanced"
            " weights are statistics of one silo; set average=False and weights by number"
        )
    if isinstance(model, LogisticRegression) and model.solver in WARM_SOLVERS:
        return Logistic()
    if is_classifier(model) and hasattr(model, "partial_fit"):
        if hasattr(model, "coefs_"):
            return Network()
        if hasattr(model, "coef_"):
            return Linear()
    raise ConfigurationError(
        f"{name} has no coefficients that training can go on from: it must be a linear classifier or MLPClassifier with"
        f" partial_fit, or LogisticRegression with solver {', '.join(WARM_SOLVERS)}; take one of these, or a TorchPlan"
    )


def copied(kind: Linear, model: Any) -> dict[str, NDArray[np.float32]]:
    """The estimator's arrays, float32 copies."""
    return {name: np.array(values, np.float32) for name, values in kind.numbers(model).items()}


def filled(kind: Linear, model: Any, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    """Put arrays into the estimator.

    Raises:
        ShapeMismatch: a name or a shape is not the estimator's.
    """
    shapes = {name: values.shape for name, values in kind.numbers(model).items()}
    for name, values in tensors.items():
        if shapes.get(name) != values.shape:
            raise ShapeMismatch(
                f"tensor {name!r} has shape {values.shape}, {type(model).__name__} has {shapes.get(name, 'none such')};"
                " load the model with the plan and the settings it was trained with"
            )
        kind.put(model, name, np.array(values, np.float64))
