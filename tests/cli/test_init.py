"""`federated init`: a project that passes its own tests, and takes part in a simulation as it is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from prefect_federated.cli.main import app
from prefect_federated.learning.plan import code_hash, load_plan, manifest


def init(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["init", *map(str, words)])
    return done.exit_code, " ".join(done.output.split())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_project_passes_its_own_tests(here: Path) -> None:
    code, told = init("My Task")
    assert code == 0 and "--plan plan.py:Plan" in told
    folder = here / "My Task"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout
    assert json.loads((folder / "task.json").read_text())["name"] == "my-task"
    assert "data/" in (folder / ".gitignore").read_text()


def test_silo_of_the_project_approves_its_plan_and_nothing_else(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert init("ward")[0] == 0
    monkeypatch.setenv("FEDERATED_CHAIN", "http://127.0.0.1:1")
    monkeypatch.setenv("FEDERATED_COORDINATOR", "0x" + "11" * 20)
    place: dict[str, Any] = {"__file__": str(here / "ward/silo.py"), "__name__": "silo"}
    exec((here / "ward/silo.py").read_text(), place)
    block = place["silo"]()
    assert block.approved_plans == ["0x" + code_hash(str(here / "ward/plan.py") + ":Plan").hex()]
    assert block.readers == [] and block.data == here / "ward/data/sample.csv"


def test_table_of_ones_own_decides_columns_and_labels(here: Path) -> None:
    frame = pd.DataFrame({"subject": ["a", "b", "c", "d"], "x": [1.5, 2, 3, 4], "flat": [7] * 4, "kind": [0, 1, 2, 1]})
    frame.to_csv("mine.csv", index=False)
    assert init("mine", "--data", "mine.csv", "--target", "kind")[0] == 0
    task = json.loads((here / "mine/task.json").read_text())
    assert [column["name"] for column in task["data"]["columns"]] == ["x", "flat"]
    assert task["data"]["target_values"] == [0, 1, 2]
    plan = load_plan(str(here / "mine/plan.py") + ":Plan", {})
    assert next(tensor.shape for tensor in manifest(plan)) == (16, 2)


@pytest.mark.parametrize(
    ("columns", "target", "words"),
    [
        ({"x": [1, 2], "y": [0, 1]}, "z", "has no column 'z'; name one of x, y"),
        ({"x": ["a", "b"], "y": [0, 1]}, "", "column x holds"),
        ({"x": [1, None], "y": [0, 1]}, "", "1 values missing"),
        ({"x": [1, 2], "y": [1, 2]}, "", "labels in y are 1, 2, they must be 0, 1 and so on"),
        ({"x": [1, 2], "y": [0, 0]}, "", "labels in y are 0, they must be"),
    ],
)
def test_table_that_no_plan_can_learn_is_refused_and_nothing_is_written(
    here: Path, columns: dict[str, list[object]], target: str, words: str
) -> None:
    pd.DataFrame(columns).to_csv("mine.csv", index=False)
    code, told = init("mine", "--data", "mine.csv", "--target", target)
    assert code in (2, 4) and words in told
    assert not (here / "mine").exists()


def test_nothing_is_overwritten(here: Path) -> None:
    (here / "there").mkdir()
    code, told = init("there")
    assert code == 2 and "is there already" in told and not list((here / "there").iterdir())


@pytest.mark.slow
def test_project_takes_part_in_a_simulation_as_it_is(here: Path) -> None:
    assert init("mine")[0] == 0
    words = "simulate --plan plan.py:Plan --data csv:data/sample.csv --target ill --participants 4 --rounds 1"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "federated"), *words.split(), "--json", "report.json"],
        cwd=here / "mine",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((here / "mine/report.json").read_text())
    assert [row["status"] for row in report["rounds"]] == ["SUCCESS"]
    assert report["balances"]["difference_wei"] == "0"
