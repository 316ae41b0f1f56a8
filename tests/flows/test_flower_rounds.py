"""A federation whose silos train by a stock Flower ClientApp: rounds on a chain, from the silos' own blocks."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.cli.main import app
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.learning.flower_app import PYTHON as NAMED
from prefect_federated.learning.flower_app import app_digest
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS, Found
from tests.learning.flower import APPS, PYTHON, require_flower

ROUNDS = 2
SOURCE = """
import numpy as np

from prefect_federated.learning.flower_plan import FlowerPlan


class Plan(FlowerPlan):
    app, folder, digest = "ward.client_app:app", "ward-app", "DIGEST"
    renamed = {"eval_loss": "loss", "eval_acc": "accuracy"}

    def initial(self, seed):
        return {"weights": np.zeros(3, np.float32), "bias": np.zeros(1, np.float32)}

    def predict(self, model, frame):
        x = frame.to_numpy(np.float64)
        return ((x - x.mean(axis=0)) / x.std(axis=0) @ model["weights"] + model["bias"] > 0).astype(np.int64)
"""


@pytest.fixture(scope="module")
def consortium(prefect_api: str, found: Found, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    require_flower()
    with pytest.MonkeyPatch.context() as patch:
        plan = "tests.learning.flower_ward_plan:Ward"
        patch.setattr("prefect_federated.scenario.task_spec.PLAN", plan)
        patch.setenv(NAMED, str(PYTHON))  # the aggregator's; the silos name theirs in their blocks
        made = found(tmp_path_factory.mktemp("flower"), rounds=ROUNDS)
        for name, block in made.members.items():
            made.members[name] = block.model_copy(update={"flower_python": PYTHON})
        yield made


def test_rounds_of_a_stock_client_app_are_committed_revealed_and_aggregated(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    federation, task = consortium.federation(), consortium.task
    aggregator = consortium.aggregator.open()
    for round in range(1, ROUNDS + 1):
        open_round(consortium.sponsor.open(), task)
        with monkeypatch.context() as silos:
            silos.delenv(NAMED)
            done = [take_part(consortium.members[name].open(), task) for name in HOSPITALS]
        assert done == ["commit", "commit", "commit, reveal"]
        assert [take_part(consortium.members[name].open(), task) for name in HOSPITALS[:2]] == ["reveal"] * 2
        assert bring_on(aggregator, task) == "aggregate"
        federation.wait_until(federation.round_state(task).deadline + 1)
        bring_on(aggregator, task)
        assert federation.round_state(task).status.name == "SUCCESS", round


def test_audit_in_the_silo_trains_the_same_bits_again(consortium: Consortium) -> None:
    findings = audit_with_data(consortium.members[HOSPITALS[0]].open(), consortium.task, 1, None, True)
    assert "update" in [finding.what for finding in findings] and all(finding.holds for finding in findings)


def test_silo_without_flower_is_told_what_to_make(consortium: Consortium, tmp_path: Path) -> None:
    block = consortium.members[HOSPITALS[0]].model_copy(update={"flower_python": tmp_path / "bin/python"})
    silo = block.open()
    with pytest.raises(ConfigurationError, match=r"Flower's Python .* is not there"):
        audit_with_data(silo, consortium.task, 1, None, True)


@pytest.mark.slow
def test_plan_in_a_file_beside_its_app_takes_part_in_a_simulation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_flower()
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["init", "mine"]).exit_code == 0
    shutil.copytree(APPS / "message", tmp_path / "mine/ward-app", ignore=shutil.ignore_patterns("__pycache__"))
    source = SOURCE.replace("DIGEST", app_digest(tmp_path / "mine/ward-app"))
    (tmp_path / "mine/plan.py").write_text(source)
    words = "simulate --plan plan.py:Plan --data csv:data/sample.csv --target ill --participants 3 --rounds 2"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "federated"), *words.split(), "--json", "report.json"],
        cwd=tmp_path / "mine",
        env={**os.environ, NAMED: str(PYTHON)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "mine/report.json").read_text())
    assert [row["status"] for row in report["rounds"]] == ["SUCCESS"] * 2
    assert report["rounds"][-1]["metrics"]["accuracy"] > 0.7
