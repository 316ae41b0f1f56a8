"""Training plans for scikit-learn: subclass, return an estimator; or name one of four in the task.

class Mine(SklearnPlan):
    def estimator(self) -> SGDClassifier:
        return SGDClassifier(loss="log_loss", alpha=1e-3)
"""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.determinism import one_blas_thread
from prefect_federated.learning.plan import TrainingData, TrainResult
from prefect_federated.learning.sklearn_model import copied, filled, kind_of

if TYPE_CHECKING:
    from pandas import DataFrame

KINDS = {
    "LogisticRegression": "sklearn.linear_model",
    "MLPClassifier": "sklearn.neural_network",
    "Perceptron": "sklearn.linear_model",
    "SGDClassifier": "sklearn.linear_model",
}


class SklearnPlan(ABC):
    """A classifier with coefficients. Classes, means and scales are constants of the task, never of a silo's data.

    Shared are the coefficients as float32; training goes on from them in float64. Learning rates and moments start
    afresh in each round.
    """

    def __init__(
        self, *, means: Sequence[float], scales: Sequence[float], classes: Sequence[int] = (0, 1), epochs: int = 1
    ) -> None:
        """Set the table and the local passes.

        Args:
            epochs: calls of `partial_fit` a round; of `fit`, with warm start, for `LogisticRegression`.

        Raises:
            ConfigurationError: means and scales differ in number, a scale is not above 0, classes do not ascend.
        """
        if len(means) != len(scales) or not means or min(scales) <= 0 or epochs < 0:
            raise ConfigurationError(
                f"{len(means)} means and {len(scales)} scales must be one each per feature, scales above 0,"
                f" epochs={epochs} at least 0"
            )
        if len(classes) < 2 or list(classes) != sorted({int(one) for one in classes}):
            raise ConfigurationError(
                f"classes={list(classes)} must be two or more whole numbers, each once, in ascending order"
            )
        self.means, self.scales = np.array(means, np.float64), np.array(scales, np.float64)
        self.classes, self.epochs = np.array(classes, np.int64), epochs

    @abstractmethod
    def estimator(self) -> Any:
        """A fresh, untrained estimator; its `random_state` and `warm_start` are set here."""

    def build_model(self, seed: int) -> Any:
        """The estimator with coefficients of the right shapes: 0, or drawn from `seed` in a network.

        Raises:
            ConfigurationError: it has none, or scikit-learn refuses its settings.
        """
        model, features = self.estimator(), len(self.means)
        try:
            kind = kind_of(self._trial(features))
            model.set_params(random_state=_generator(seed), warm_start=not hasattr(model, "partial_fit"))
            kind.ready(model, self.classes.copy(), features)
        except (TypeError, ValueError) as error:  # of blank rows: nothing of a silo's is in the message
            raise ConfigurationError(f"scikit-learn refuses the settings of {type(model).__name__}: {error}") from error
        kind.restart(model)
        return model

    def parameters(self, model: Any) -> dict[str, NDArray[np.float32]]:
        """`coef_` and `intercept_`, or those of each layer; float32 copies."""
        return copied(kind_of(model), model)

    def load(self, model: Any, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Put them into the estimator, as float64."""
        filled(kind_of(model), model, tensors)

    def train(self, model: Any, data: TrainingData, seed: int) -> TrainResult:
        """So many passes; everything random comes from `seed`.

        Raises:
            ConfigurationError: a label is none of the task's classes.
        """
        kind, x, y = kind_of(model), self._standardised(data.x), self._labels(data)
        model.set_params(random_state=_generator(seed))
        kind.restart(model)
        with one_blas_thread():
            for _ in range(self.epochs):
                kind.step(model, x, y)
        return TrainResult(len(y), {"train_loss": self._loss(model, x, y)})

    def evaluate(self, model: Any, data: TrainingData) -> dict[str, float]:
        """Log loss, whatever the estimator minimises, and accuracy.

        Raises:
            ConfigurationError: a label is none of the task's classes.
        """
        x, y = self._standardised(data.x), self._labels(data)
        with one_blas_thread():
            accuracy = float((model.predict(x) == y).mean())
        return {"loss": self._loss(model, x, y), "accuracy": accuracy}

    def predict(self, model: Any, frame: "DataFrame") -> NDArray[Any]:
        """Most likely class of each row; the frame's columns are the features in the model's order."""
        with one_blas_thread():
            labels: NDArray[Any] = model.predict(self._standardised(frame.to_numpy(dtype=np.float64)))
        return labels

    def _trial(self, features: int) -> Any:
        """An estimator after a pass over blank rows, so that impossible settings are refused when a task is made."""
        from sklearn.base import is_classifier

        blank, trial = np.zeros((len(self.classes), features)), self.estimator()
        if is_classifier(trial) and hasattr(trial, "partial_fit"):
            trial.partial_fit(blank, self.classes, classes=self.classes)
        else:
            trial.fit(blank, self.classes)
        return trial

    def _standardised(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.ascontiguousarray((x - self.means) / self.scales)

    def _labels(self, data: TrainingData) -> NDArray[np.int64]:
        """The labels. How many are unknown is told, and not which: messages leave the silo."""
        y = data.y
        if unknown := int((~np.isin(y, self.classes)).sum()):
            raise ConfigurationError(
                f"{unknown} of {len(y)} rows have labels outside the plan's classes {self.classes.tolist()}; make the"
                " task with all classes, or mend the column"
            )
        return y

    def _loss(self, model: Any, x: NDArray[np.float64], y: NDArray[np.int64]) -> float:
        """Mean of `-log p(y)`; scores without probabilities count as logits."""
        if not len(y):
            return 0.0
        with one_blas_thread():
            if hasattr(model, "predict_proba"):
                logs = np.log(np.clip(model.predict_proba(x), 1e-15, 1.0))
            else:
                scores = model.decision_function(x)
                logits = np.stack((np.zeros(len(y)), scores), axis=1) if scores.ndim == 1 else scores
                logits = logits - logits.max(axis=1, keepdims=True)
                logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return -float(logs[np.arange(len(y)), np.searchsorted(self.classes, y)].mean())


class SklearnClassifier(SklearnPlan):
    """An estimator by scikit-learn's name, with scikit-learn's settings: for a task that needs no source of its own."""

    def __init__(
        self, *, estimator: str = "SGDClassifier", settings: Mapping[str, Any] | None = None, **table: Any
    ) -> None:
        """Choose it; `table` goes to `SklearnPlan`.

        Raises:
            ConfigurationError: the name is not one of the four.
        """
        super().__init__(**table)
        if estimator not in KINDS:
            raise ConfigurationError(
                f"estimator {estimator!r} is none of {', '.join(KINDS)}; name one, or subclass SklearnPlan for another"
            )
        self.kind, self.settings = estimator, dict(settings or {})

    def estimator(self) -> Any:
        """The one that is named."""
        kind = getattr(importlib.import_module(KINDS[self.kind]), self.kind)
        try:
            return kind(**self.settings)
        except TypeError as error:
            raise ConfigurationError(f"{self.kind} does not take these settings: {error}") from error


def _generator(seed: int) -> np.random.RandomState:
    """What scikit-learn draws from, of a seed of any size; it goes on from pass to pass."""
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))
