"""A bench measures every model on the same rows, on one thread, whatever a plan does to the rows that it is given."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pandas import DataFrame

from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.enforced import NOBODY
from prefect_federated.learning.evaluation import Bench
from prefect_federated.learning.local import initial_vector
from prefect_federated.learning.plan import TrainingData, code_hash, load_plan, manifest
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.task_spec import Terms, build_spec


class Careless(TabularClassifier):
    """Writes into the rows that it is given, and says on how many threads it ran."""

    def evaluate(self, model: Any, data: TrainingData) -> dict[str, float]:
        x = data.x
        metrics = super().evaluate(model, data) | {"first": float(x[0, 0]), "threads": torch.get_num_threads()}
        x[:] = 0
        return metrics

    def predict(self, model: Any, frame: DataFrame) -> NDArray[Any]:
        labels = super().predict(model, frame)
        frame.iloc[:, :] = 0.0
        return labels


@pytest.fixture
def bench(tmp_path: Path) -> tuple[Bench, NDArray[np.float32]]:
    held_out = breast_cancer.split(0).held_out
    agreed = build_spec(LocalStore(tmp_path), Terms(), held_out, breast_cancer.load(), "0x" + "11" * 20, NOBODY)
    ref = f"{__file__}:Careless"
    agreed = agreed.model_copy(
        update={"plan": agreed.plan.model_copy(update={"ref": ref, "code_hash": code_hash(ref)})}
    )
    plan = load_plan(ref, agreed.plan.hyperparameters)
    return Bench(agreed, held_out), initial_vector(plan, manifest(plan), 0).astype(np.float32)


def test_plan_that_writes_into_its_rows_measures_the_next_model_on_the_same(
    bench: tuple[Bench, NDArray[np.float32]],
) -> None:
    judge, vector = bench
    first, correct = judge.metrics(vector), judge.correct(vector)
    assert first["first"] != 0 and correct > 0
    assert judge.metrics(vector) == first
    assert judge.correct(vector) == correct


def test_models_are_measured_on_one_thread(bench: tuple[Bench, NDArray[np.float32]]) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert bench[0].metrics(bench[1])["threads"] == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_deterministic_training_does_not_load_torchs_compiler() -> None:
    code = (
        "import sys, torch; from prefect_federated.learning.determinism import reproducible\n"
        "with reproducible(0): print(torch.are_deterministic_algorithms_enabled(), 'torch._inductor' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
