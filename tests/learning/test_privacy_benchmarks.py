"""What privacy buys and costs, measured: the attack loses with epsilon, the table has every cell."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


def benchmark(name: str, *options: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(ROOT / "benchmarks" / name), *options, "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmarks' folder, where they find each other."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


@pytest.mark.slow
def test_attack_names_members_without_noise_and_hardly_any_under_much_of_it() -> None:
    told = benchmark("membership.py", "--seeds", "3", "--epsilons", "inf", "1")
    found = {(row["hidden"], row["epsilon"]): row["advantage"] for row in told}
    assert found["silo", "inf"] > 0.3 and found["silo", "inf"] > found["silo", "1"] + 0.2
    assert found["row", "inf"] > 0.05 and found["row", "inf"] > found["row", "1"] + 0.05
    assert all(row["advantage"] <= row["bound"] for row in told)


def test_advantage_is_members_named_less_others_named(scripts: None) -> None:
    from membership import advantage

    assert advantage(np.array([0.0, 0.0, 3.0, 1.0]), np.array([0.5, 2.0, 9.0, 9.0])) == 0.75 - 0.25
    assert advantage(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0


def test_no_attack_may_exceed_the_sum_of_both_bounds(scripts: None) -> None:
    from membership import most

    assert most(0.0, 1e-5) == pytest.approx(1e-5) and most(math.inf, 1e-5) == 1
    assert most(1.0, 0.0) == pytest.approx((math.e - 1) / (math.e + 1))


def test_least_noise_keeps_the_epsilon_and_a_little_less_does_not(scripts: None) -> None:
    from privacy_play import digits, least_noise

    scene = digits(0, 3)
    for unit in ("row", "silo", "silo, to outsiders"):
        noise = least_noise(3.0, lambda multiplier, unit=unit: scene.spent(unit, multiplier))
        assert scene.spent(unit, noise) <= 3.0 < scene.spent(unit, noise / 1.002)
    assert least_noise(math.inf, lambda multiplier: 0.0) == 0


def test_outsiders_see_the_noise_of_all(scripts: None) -> None:
    """Twenty silos of about the same rows: the mean has the noise of each over the root of twenty."""
    from privacy_play import digits

    scene = digits(0, 1)
    assert scene.spent("silo, to outsiders", 1.0) == pytest.approx(scene.spent("silo", math.sqrt(20)), rel=0.01)


@pytest.mark.slow
def test_table_has_every_cell_and_noise_costs_accuracy(tmp_path: Path) -> None:
    told = benchmark("private_utility.py", "--seeds", "1", "--epsilons", "inf", "1", "--hearts", str(tmp_path / "none"))
    found = {(row["hidden"], row["epsilon"]): row["accuracy"] for row in told}
    assert len(found) == 6 and {row["data"] for row in told} == {"digits"}
    for unit in ("row", "silo", "silo, to outsiders"):
        assert found[unit, "inf"] > 0.85 and found[unit, "inf"] > found[unit, "1"] + 0.2
