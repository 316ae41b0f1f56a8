"""The benchmark runs a round of its own and compares every sum before it shows a time."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "secure_aggregation.py"


def test_benchmark_shows_times_goals_and_bytes_of_both_graphs() -> None:
    command = [sys.executable, str(SCRIPT), "--participants", "30", "--parameters", "2000"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "complete graph: 29 neighbours, threshold 21 of 30" in shown
    assert "sparse graph: 20 neighbours, threshold 11 of 21" in shown
    assert shown.count("goal 130 ms: ") == shown.count("goal 600 ms: ") == 1
    assert shown.count("goal 1.05 x: MISSED") == 2, "messages outweigh a payload of 8 kB"
