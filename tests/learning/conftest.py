"""A small separable table and a plan for it."""

import numpy as np
import pandas as pd
import pytest

from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.tabular import TabularClassifier

collect_ignore = ["flower_apps"]  # they run where Flower is


@pytest.fixture
def data() -> TrainingData:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 90)
    x = rng.normal(size=(90, 3)) + 2 * y[:, None] * np.array([1.0, -1.0, 0.5])
    frame = pd.DataFrame(x * 10 + 50, columns=["a", "b", "c"]).assign(label=y)
    return TrainingData(frame, ("a", "b", "c"), "label")


@pytest.fixture
def plan() -> TabularClassifier:
    return TabularClassifier(means=[50.0] * 3, scales=[10.0] * 3, hidden=[4], epochs=6, batch_size=8, lr=0.1)
