"""What the demo ends with: every figure of the report is somewhere on the screen."""

import io
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from prefect_federated.cli.demo_tables import show_report, totals
from prefect_federated.cli.simulate_tables import show_simulation
from prefect_federated.core.report import (
    BalanceRow,
    Balances,
    Baselines,
    ExclusionRow,
    GrantLossRow,
    PrivacyLoss,
    Report,
    RoundRow,
    SiloLossRow,
    VoteRow,
)

ETHER = 10**18
Show = Callable[[Console, Report, Path], None]


def balance(before: int, after: int, fees: int) -> BalanceRow:
    return BalanceRow(
        account="0x" + "1" * 40,
        before_wei=str(before),
        after_wei=str(after),
        stake_before_wei=str(2 * ETHER),
        stake_after_wei=str(ETHER),
        earned_wei="7",
        slashed_wei=str(ETHER),
        fees_wei=str(fees),
    )


@pytest.fixture
def report() -> Report:
    return Report(
        task=1,
        task_id="0x" + "ab" * 32,
        chain_id=31337,
        coordinator="0x" + "c" * 40,
        seed=0,
        rounds=[
            RoundRow(
                round_id=1,
                status="DEGRADED",
                expected=["hospital-a", "flipper"],
                validated=["hospital-a", "flipper"],
                committed=["hospital-a", "flipper"],
                revealed=["hospital-a", "flipper"],
                aggregated=["hospital-a"],
                excluded=[ExclusionRow(participant="flipper", stage="aggregate", reason="update [too] long")],
                votes=[
                    VoteRow(member="validator-a", accept=True, metric=0.9737),
                    VoteRow(member="validator-b", accept=False, metric=-1000.0),
                    VoteRow(member="validator-c", accept=None, metric=None),
                ],
                median_metric=0.8765,
                model_hash="0x" + "12" * 32,
                parent_hash="0x" + "34" * 32,
                model_version=1,
                mlflow_version=1,
                metrics={"accuracy": 0.9123, "loss": 0.2345},
                gas={"commit": 123_456, "settle": 1_000},
                wall_s=1.26,
            )
        ],
        balances=Balances(
            accounts={"hospital-a": balance(10 * ETHER, 11 * ETHER - 5, 5)},
            contracts_before_wei=str(3 * ETHER),
            contracts_after_wei=str(2 * ETHER),
            fees_wei="5",
            difference_wei="0",
        ),
        baselines=Baselines(
            pooled={"accuracy": 0.95, "loss": 0.1}, local={"hospital-a": {"accuracy": 0.6, "loss": 0.9}}
        ),
        links={"mlflow": "mlflow ui --backend-store-uri sqlite:///x", "data_docs_hospital-a": "/x/index.html"},
    )


def shown(report: Report) -> str:
    console = Console(file=io.StringIO(), width=200)
    show_report(console, report, Path("federated-demo"))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_rounds_show_participation_metrics_versions_and_gas(report: Report) -> None:
    text = shown(report)
    for said in (
        "DEGRADED",
        "flipper",
        "aggregate: update [too] long",
        "0.9123",
        "0.2345",
        "123,456",
        "124,456",
        "0x121212",
    ):
        assert said in text


def test_everything_fits_into_80_columns(report: Report) -> None:
    console = Console(file=io.StringIO(), width=80)
    show_report(console, report, Path("federated-demo"))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert any("aggregate: update [too] long" in line for line in lines)
    assert any("DEGRADED" in line and "0.9123" in line and "0x121212" in line for line in lines)
    assert any("hospital-a" in line and "2 > 1" in line for line in lines)
    assert any("1 of 3" in line and "0.8765" in line and "no -1000.0000" in line for line in lines)


def test_committee_shows_who_accepted_who_did_not_and_who_was_silent(report: Report) -> None:
    text = shown(report)
    for said in ("1 of 3", "0.8765", "yes 0.9737", "no -1000.0000", "no vote", "validator-c"):
        assert said in text
    report.rounds[0].votes = []
    assert "Committee" not in shown(report)


def test_baselines_stand_beside_the_federated_model(report: Report) -> None:
    text = shown(report)
    assert "0.9500" in text and "hospital-a alone" in text and "0.6000" in text


def test_balances_add_up_in_view(report: Report) -> None:
    before, after = totals(report.balances)
    assert before - after - 5 == 0
    text = shown(report)
    assert "difference 0 wei: adds up" in text and str(13 * ETHER) in text


def test_missing_wei_is_said(report: Report) -> None:
    changed = report.balances.model_copy(update={"difference_wei": "3"})
    assert "does not add up" in shown(report.model_copy(update={"balances": changed}))


def test_links_are_commands_to_copy(report: Report) -> None:
    text = shown(report)
    assert "mlflow ui --backend-store-uri sqlite:///x" in text and "Data Docs of hospital-a" in text


def told_by(show: Show, report: Report) -> str:
    """What 80 columns show."""
    file = io.StringIO()
    show(Console(file=file, width=80), report, Path("out"))
    return file.getvalue()


LOSS = PrivacyLoss(
    hidden="participant",
    delta=1e-5,
    silos=[
        SiloLossRow(silo="hospital-a", epsilon_in_task=0.25, epsilon_spent=0.547838, epsilon_limit=8.0),
        SiloLossRow(silo="hospital-b", epsilon_in_task=math.inf, epsilon_spent=math.inf, epsilon_limit=None),
    ],
    grants=[GrantLossRow(grant="0x" + "ab" * 32, silo="hospital-a", epsilon_spent=0.697, epsilon_limit=3.0)],
)


@pytest.mark.parametrize("show", [show_report, show_simulation])
def test_privacy_that_was_spent_is_shown_with_its_limits_and_only_where_it_counts(report: Report, show: Show) -> None:
    def said(report: Report) -> list[list[str]]:
        return [line.split() for line in told_by(show, report).splitlines()]

    lines = said(report.model_copy(update={"privacy": LOSS}))
    for line in (
        ["Epsilon", "spent", "at", "delta", "1e-05,", "each", "participant", "hidden"],
        ["hospital-a", "0.25", "0.547838", "8"],
        ["hospital-b", "unbounded", "unbounded", "none"],
        ["0xabababab", "of", "hospital-a", "0.697", "3"],
    ):
        assert line in lines
    assert not any("Epsilon" in line for line in said(report))


@pytest.mark.parametrize("show", [show_report, show_simulation])
@pytest.mark.parametrize(
    ("exact", "verdict"), [(True, "the sum of 1 of 2 updates is exact"), (False, "is not exact"), (None, None)]
)
def test_a_masked_sum_that_was_compared_is_told(
    report: Report, show: Show, exact: bool | None, verdict: str | None
) -> None:
    rows = [report.rounds[0].model_copy(update={"exact": exact})]
    text = told_by(show, report.model_copy(update={"rounds": rows}))
    assert verdict in text if verdict else "exact" not in text
