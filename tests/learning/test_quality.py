"""The benchmark of model quality runs: a short play of each table, and the hospitals' data are left out in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = ROOT / "benchmarks" / "quality.py"
NAMES = ("age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca", "thal")
METHODS = [
    "fedavg",
    "fedprox",
    "scaffold",
    "fedadam",
    "fedyogi",
    "fedadagrad",
    "fedavgm",
    "fednova",
    "fedbuff",
    "fedbn",
]
CELLS = [*METHODS, "pooled"]


def benchmark(*options: str, **environment: str) -> str:
    command = [sys.executable, str(BENCHMARK), "--seeds", "1", "--rounds", "1", "--jobs", "1", *options]
    env = {**os.environ, **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def hospitals(tmp_path: Path) -> Path:
    """Made-up rows in the files' own form: missing values, five degrees of disease, a column without spread."""
    rng = np.random.default_rng(1)
    for place, name in enumerate(("cleveland", "hungarian", "switzerland", "va")):
        count = 40 + 5 * place
        table = pd.DataFrame(rng.normal(size=(count, 13)).round(2), columns=list(NAMES))
        table = table.assign(cp=rng.integers(1, 5, count), restecg=rng.integers(0, 3, count), chol=0.0)
        table["target"] = np.where(table["age"] > 0, rng.integers(1, 5, count), 0)
        table["ca"] = "?"
        table.loc[0, "age"] = np.nan
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


@pytest.mark.slow
def test_both_tables_have_every_method(hospitals: Path) -> None:
    told: dict[str, list[dict[str, Any]]] = json.loads(benchmark("--hearts", str(hospitals), "--json"))
    assert [row["method"] for row in told["digits"]] == [*CELLS, "one alone"]
    assert [row["method"] for row in told["hearts"]][: len(CELLS)] == CELLS
    found = {row["method"]: row["pooled test"] for row in told["hearts"]}
    assert found["fednova"] == found["fedavg"], "with equal steps they are one algorithm"
    assert found["fedbn"] is None and all(0 <= one[0] <= 1 for name, one in found.items() if name != "fedbn")


def test_absent_hospitals_are_one_line_and_no_failure(tmp_path: Path) -> None:
    expected = f"skipped: hearts ({tmp_path} has no cleveland.csv; name the folder with --hearts)\n"
    assert benchmark("--only", "hearts", FEDERATED_HEARTS=str(tmp_path)) == expected
