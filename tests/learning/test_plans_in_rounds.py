"""Plans of scikit-learn and of a subset of tensors in rounds on a chain, from a file as an author writes it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prefect_federated.cli.main import app

LINEAR = """
from sklearn.linear_model import SGDClassifier

from prefect_federated.learning.sklearn_plan import SklearnPlan


class Plan(SklearnPlan):
    def __init__(self) -> None:
        super().__init__(means=[59, 131, 2.2], scales=[11, 15, 1.5], epochs=3)

    def estimator(self) -> SGDClassifier:
        return SGDClassifier(loss="log_loss", alpha=0.01)
"""
HEAD = """
import numpy as np
from torch import nn

from prefect_federated.learning.torch_plan import TorchPlan


class Plan(TorchPlan):
    def __init__(self) -> None:
        super().__init__(epochs=5, batch_size=16, lr=0.2, share=["2.*"])

    def module(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 2))

    def tensors(self, x):
        return super().tensors((x - np.array([59, 131, 2.2])) / np.array([11, 15, 1.5]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("source", [LINEAR, HEAD], ids=["scikit-learn", "subset"])
def test_plan_takes_part_in_rounds_on_a_chain(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["init", "mine"]).exit_code == 0
    (tmp_path / "mine/plan.py").write_text(source)
    words = "simulate --plan plan.py:Plan --data csv:data/sample.csv --target ill --participants 4 --rounds 2"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "federated"), *words.split(), "--json", "report.json"],
        cwd=tmp_path / "mine",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "mine/report.json").read_text())
    assert [row["status"] for row in report["rounds"]] == ["SUCCESS"] * 2
    assert report["rounds"][-1]["metrics"]["accuracy"] > 0.7
    assert report["balances"]["difference_wei"] == "0"
