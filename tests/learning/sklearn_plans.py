"""Three clouds of points, and plans of scikit-learn for them."""

from typing import Any

import numpy as np
import pandas as pd

from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.sklearn_plan import SklearnClassifier

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
