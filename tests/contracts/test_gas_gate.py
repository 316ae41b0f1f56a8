"""Gas cannot grow unnoticed: the gate is run as a command on figures that have grown, vanished or appeared."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "contracts" / "checks"
COMMITTED = ROOT / "contracts" / "snapshots"


def gate(tmp_path: Path, change: dict[str, int | None]) -> subprocess.CompletedProcess[str]:
    """Run the gate on the committed figures of rounds, with some changed (None: not measured)."""
    committed = {"whole round": "1000000", "commit": "70000", "upgrade, delay": "86400"}
    measured = {**committed, **{name: str(value) for name, value in change.items()}}
    for folder, figures in (("committed", committed), ("measured", measured)):
        (tmp_path / folder).mkdir()
        kept = {name: value for name, value in figures.items() if value != "None"}
        (tmp_path / folder / "rounds.json").write_text(json.dumps(kept))
    command = [sys.executable, str(CHECKS / "gas_gate.py"), "--committed", str(tmp_path / "committed")]
    return subprocess.run([*command, "--measured", str(tmp_path / "measured")], capture_output=True, text=True)


def test_a_figure_that_grew_by_six_per_cent_fails_and_is_named(tmp_path: Path) -> None:
    done = gate(tmp_path, {"whole round": 1_060_000})
    assert done.returncode == 1
    assert "rounds: whole round: 1060000, committed 1000000 (+6.0 %)" in done.stdout


def test_a_figure_that_grew_by_four_per_cent_passes(tmp_path: Path) -> None:
    done = gate(tmp_path, {"whole round": 1_040_000, "commit": 72_800})
    assert done.returncode == 0, done.stdout


def test_five_per_cent_is_the_most(tmp_path: Path) -> None:
    assert gate(tmp_path, {"whole round": 1_050_000}).returncode == 0


def test_one_unit_more_than_five_per_cent_is_too_much(tmp_path: Path) -> None:
    assert gate(tmp_path, {"whole round": 1_050_001}).returncode == 1


@pytest.mark.parametrize("change", [{"commit": None}, {"reveal": 50_000}])
def test_a_figure_that_vanished_or_that_nobody_committed_fails(tmp_path: Path, change: dict[str, int | None]) -> None:
    assert gate(tmp_path, change).returncode == 1


def test_a_saving_passes_and_is_named_so_that_somebody_commits_it(tmp_path: Path) -> None:
    done = gate(tmp_path, {"commit": 60_000})
    assert done.returncode == 0
    assert "rounds: commit: only 60000 now" in done.stdout


def test_a_delay_is_a_promise_and_may_not_even_shrink(tmp_path: Path) -> None:
    assert gate(tmp_path, {"upgrade, delay": 86_399}).returncode == 1


def test_the_page_says_what_the_committed_figures_say() -> None:
    done = subprocess.run([sys.executable, str(CHECKS / "gas_page.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_size_of_round_is_committed_in_each_mode_and_beside_the_naive_skeleton() -> None:
    figures = json.loads((COMMITTED / "rounds.json").read_text())
    for mode, which in (("direct", "first"), ("direct", "steady"), ("naive", "first")):
        for n in (3, 10, 40, 100, 1000):
            steps = {step: int(gas) for name, gas in figures.items() for step in [name.split(", ")[3]]
                     if name.startswith(f"{mode}, {n}, {which}, ")}  # fmt: skip
            assert steps.pop("whole round") == sum(steps.values())
