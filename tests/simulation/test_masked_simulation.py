"""A masked simulation in which somebody leaves in every phase: who is in the sum, and where the money went."""

import re

import pytest

from prefect_federated.cli.watched import stages_of
from prefect_federated.core.errors import ProtocolError
from prefect_federated.core.report import Report
from prefect_federated.scenario.adversaries import CheatingAggregator
from prefect_federated.scenario.simulation import town
from prefect_federated.scenario.simulation.task import FRAC_BITS
from tests.simulation.conftest import simulated

pytestmark = pytest.mark.slow
WORDS = 64 * 32 + 32 + 32 * 10 + 10  # of the network that learns the digits


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Report:
    """Seven participants, of whom the last three leave after share, commit and reveal."""
    asked = {"participants": 7, "attackers": 0, "attack": "", "rule": "mean", "committee": 0, "epochs": 1}
    return simulated(tmp_path_factory.mktemp("masked") / "out", mode="masked", drop=3, **asked)


def test_who_leaves_is_out_from_there_on_and_the_round_goes_on(report: Report) -> None:
    first, second = report.rounds
    names = [f"participant-{number:03d}" for number in range(1, 8)]
    assert first.expected == names
    assert first.committed == [name for name in names if name != "participant-005"]
    assert first.revealed == first.aggregated == [name for name in names if name[-1] not in "56"]
    assert (first.status, second.status) == ("DEGRADED", "SUCCESS")
    assert second.aggregated == names[:4], "who left has no bond any more"
    assert tuple(second.stages_s) == stages_of(True, "judge"), "of so many steps is the bar that shows how far it is"


def test_the_sum_of_who_stayed_is_exact_word_for_word(report: Report) -> None:
    found = [(row.exact, len(row.aggregated), len(row.expected)) for row in report.rounds]
    assert found == [(True, 5, 7), (True, 4, 4)]


def test_all_three_lose_their_bonds_and_the_sum_is_right_to_the_wei(report: Report) -> None:
    accounts = report.balances.accounts
    assert report.balances.difference_wei == "0"
    slashed = [name for name, row in accounts.items() if row.slashed_wei != "0"]
    assert slashed == ["participant-005", "participant-006", "participant-007"]
    assert int(accounts["participant-007"].earned_wei) > 0, "its update is in the sum"
    assert accounts["participant-006"].earned_wei == accounts["participant-005"].earned_wei == "0"


def test_groups_of_three_go_on_without_the_one_that_somebody_left_and_a_false_sum_is_told(
    tmp_path_factory: pytest.TempPathFactory, prefect_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine participants, of whom the last leaves after it shared: its group is lost, the median is of the others.

    The aggregator moves the middle word by a quarter, and nobody judges: every word before it is as it should be.
    """
    monkeypatch.setattr(town, "Aggregator", CheatingAggregator)  # lies in the first round
    asked = {"participants": 9, "attackers": 0, "attack": "", "rule": "median", "committee": 0, "epochs": 1}
    out = tmp_path_factory.mktemp("grouped") / "out"
    with pytest.raises(ProtocolError, match="of the settled aggregate is") as told:
        simulated(out, mode="masked", group=3, drop=1, rounds=1, **asked)
    found = re.match(r"round 1: word (\d+) of the .* is (-?\d+), of the 6 .* it is (-?\d+); trust", str(told.value))
    assert found is not None, told.value
    word, settled, due = map(int, found.groups())
    assert word == WORDS // 2 and settled - due == 1 << (FRAC_BITS - 2)
    report = Report.model_validate_json((out / "report.json").read_text())
    (round,) = report.rounds
    assert round.exact is False
    assert (round.status, len(round.revealed), len(round.aggregated)) == ("DEGRADED", 8, 6)
    assert report.balances.difference_wei == "0"
    slashed = [name for name, row in report.balances.accounts.items() if row.slashed_wei != "0"]
    assert slashed == ["participant-009"]
