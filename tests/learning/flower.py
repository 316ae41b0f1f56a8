"""Flower's interpreter, and plans around the two apps beside this file: the message API, and a NumPyClient."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from prefect_federated.core.spec import PlanSpec
from prefect_federated.learning.flower_app import app_digest
from prefect_federated.learning.flower_plan import FlowerPlan
from prefect_federated.learning.machine import Assignment, Machine

APPS = Path(__file__).parent / "flower_apps"
PYTHON = Path(__file__).parents[2] / ".venv/flower/bin/python"
REQUIRED = "FEDERATED_REQUIRE_FLOWER"
READING = 'x, y = load_data(context.node_config["data-path"], context.node_config["target"])'
APP = """
import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from ward.task import load_data

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    arrays = message.content["arrays"]
    STEPS
    model, metrics = {"weights": Array(weights), "bias": Array(bias)}, MetricRecord({"num-examples": examples})
    return Message(RecordDict({"arrays": ArrayRecord(model), "metrics": metrics}), reply_to=message)
"""


def require_flower() -> None:
    """Skip where Flower is not installed, unless it was asked for."""
    if not PYTHON.is_file():
        if os.environ.get(REQUIRED):
            pytest.fail(f"{PYTHON} is not there: make .venv/flower/.installed")
        pytest.skip("Flower is not installed: make .venv/flower/.installed")


class Ward(FlowerPlan):
    """Three features, one of the apps."""

    app = "ward.client_app:app"
    folder = "flower_apps/message"
    digest = app_digest(APPS / "message")
    renamed = {"eval_loss": "loss", "eval_acc": "accuracy"}  # noqa: RUF012

    def initial(self, seed: int) -> Mapping[str, NDArray[Any]]:
        drawn = np.random.default_rng(seed).normal(scale=0.01, size=3)
        return {"weights": drawn.astype(np.float32), "bias": np.zeros(1, np.float32)}


class NumpyWard(Ward):
    folder = "flower_apps/numpy_client"
    digest = app_digest(APPS / "numpy_client")


def on_machine(plan: FlowerPlan, round: int = 1, limit_s: float = 0, python: Path = PYTHON) -> FlowerPlan:
    spec = PlanSpec(ref="tests.learning.flower:Ward", code_hash=bytes(32))
    return plan.assigned(Assignment(spec, round, Machine(flower_python=python, limit_s=limit_s)))


def written(folder: Path, body: str, reading: str = READING, **settings: Any) -> FlowerPlan:
    """A plan around an app that trains as `body` says; it may use x, y, weights and bias, and set examples."""
    shutil.copytree(APPS / "message", folder / "app", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    lines = [reading, 'weights, bias, examples = arrays["weights"].numpy(), arrays["bias"].numpy(), 90']
    steps = "".join(f"    {line}\n" for line in (*lines, *body.splitlines()))
    (folder / "app/ward/client_app.py").write_text(APP.replace("    STEPS\n", steps))
    kind = type("Written", (Ward,), {"folder": str(folder / "app"), "digest": app_digest(folder / "app"), **settings})
    kind.__module__ = Ward.__module__
    return on_machine(kind())
