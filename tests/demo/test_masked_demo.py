"""`federated demo --mode masked`: nobody sees a single update, and somebody leaves after its commit."""

from pathlib import Path

import pytest

from prefect_federated.core.report import Report
from tests.demo.conftest import run_demo

pytestmark = pytest.mark.slow
HOSPITALS = ["hospital-a", "hospital-b", "hospital-c", "hospital-d"]


@pytest.fixture(scope="module")
def masked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("masked")


@pytest.fixture(scope="module")
def masked(masked_folder: Path) -> Report:
    return run_demo(masked_folder, "--mode", "masked", "--rounds", "2")


def test_who_leaves_after_its_commit_is_left_out_and_pays_for_it(masked: Report) -> None:
    first, second = masked.rounds
    assert (first.status, second.status) == ("DEGRADED", "SUCCESS")
    assert first.expected == first.committed == [*HOSPITALS, "leaver"]
    assert first.revealed == first.aggregated == HOSPITALS
    (left,) = first.excluded
    assert (left.participant, left.stage) == ("leaver", "reveal")
    assert second.expected == second.aggregated == HOSPITALS


def test_the_sum_of_who_stayed_is_exact_word_for_word(masked: Report, masked_folder: Path) -> None:
    assert [row.exact for row in masked.rounds] == [True, True]
    said = (masked_folder / "console.txt").read_text()
    assert "the sum of 4 of 5 updates is exact" in said and "the sum of 4 of 4 updates is exact" in said


def test_all_money_adds_up_and_only_the_leaver_loses_some(masked: Report) -> None:
    assert masked.balances.difference_wei == "0"
    assert [name for name, one in masked.balances.accounts.items() if one.slashed_wei != "0"] == ["leaver"]


def test_shares_and_answers_are_counted_in_gas(masked: Report) -> None:
    assert {"share", "commit", "reveal", "unmask"} <= set(masked.rounds[0].gas)


def test_cheating_aggregator_of_a_masked_sum_loses_its_bond_and_the_true_sum_settles(tmp_path: Path) -> None:
    found = run_demo(tmp_path, "--mode", "masked", "--rounds", "1", "--cheating-aggregator")
    (only,) = found.rounds
    assert only.status == "DEGRADED" and only.aggregated == HOSPITALS
    assert only.exact is True, "what settled is the standby's"
    assert found.balances.difference_wei == "0"
    slashed = {name for name, one in found.balances.accounts.items() if one.slashed_wei != "0"}
    assert slashed == {"leaver", "aggregator"}
