"""The benchmark of a round's fixed cost runs the product's own round, and counts every part of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("listen", "validate", "train", "seal", "commit", "reveal", "open_round", "aggregate", "settle", "mirror")


@pytest.mark.slow
def test_every_stage_of_a_round_is_timed() -> None:
    command = [sys.executable, str(ROOT / "benchmarks/round_overhead.py"), "--rounds", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    told = dict(re.findall(r"^  (.+?) {2,}([0-9.]+) s$", done.stdout, re.MULTILINE))
    assert {f"stage {part}" for part in PARTS} <= told.keys()
    assert {"within: transactions", "within: MLflow"} <= told.keys()
    assert all(float(seconds) > 0 for seconds in told.values())
    assert re.search(r"later rounds, median +[0-9.]+ s", done.stdout)
