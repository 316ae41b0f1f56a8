"""A simulation's committee: what it measures, what is paid with it and without it, how it shows in the report."""

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from prefect_federated.cli.simulate_tables import committee_table
from prefect_federated.core.report import Report
from prefect_federated.core.spec import CommitteeSpec
from prefect_federated.learning.algorithms.chosen import shared_manifest
from prefect_federated.learning.local import initial_vector
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.scenario.simulation.committee import SharedSet, committee_spec, write_shared_set
from prefect_federated.scenario.simulation.options import Options, algorithm
from prefect_federated.scenario.simulation.tables import Dealt, deal, hyperparameters
from prefect_federated.scenario.simulation.town import names_of
from tests.simulation.conftest import simulated

ETHER = 10**18


class Silent(TabularClassifier):
    """Reports its loss, and no accuracy."""

    def evaluate(self, model: Any, data: TrainingData) -> dict[str, float]:
        return {"loss": super().evaluate(model, data)["loss"]}


def agreed(folder: Path, kind: type[TabularClassifier], **changes: Any) -> tuple[CommitteeSpec, SharedSet, Dealt]:
    options = Options(participants=4, **changes)
    dealt = deal(options, names_of(options))
    plan, (local, _) = kind(**hyperparameters(options, dealt)), algorithm("fedavg")
    tensors, shared = shared_manifest(plan, local), write_shared_set(folder, options, dealt)
    return (
        committee_spec(options, dealt, shared, plan, tensors, initial_vector(plan, tensors, 0, local)),
        shared,
        dealt,
    )


def test_plan_without_accuracy_is_judged_by_its_loss(tmp_path: Path) -> None:
    spec, _, _ = agreed(tmp_path / "plain", TabularClassifier)
    assert (spec.metric, spec.better, spec.scores) == ("accuracy", "higher", "loss")
    spec, _, _ = agreed(tmp_path / "silent", Silent, scores="cosine")
    assert (spec.metric, spec.better, spec.scores) == ("loss", "lower", "cosine")


def test_root_of_the_held_out_rows_is_fixed_and_follows_from_the_seed(tmp_path: Path) -> None:
    first, second = agreed(tmp_path / "a", TabularClassifier), agreed(tmp_path / "b", TabularClassifier)
    assert first[0].holdout_root == second[0].holdout_root == first[1].root
    assert agreed(tmp_path / "c", TabularClassifier, seed=1)[0].holdout_root != first[0].holdout_root


def test_every_validator_votes_and_whom_the_rule_left_out_scores_nothing(report: Report) -> None:
    for row in report.rounds:
        assert sorted(vote.member for vote in row.votes) == [f"validator-{number:03d}" for number in (1, 2, 3)]
        assert all(vote.accept for vote in row.votes)
        assert row.median_metric == pytest.approx(row.metrics["accuracy"], abs=1e-9)
        assert row.scores.keys() == set(row.revealed)
        assert {name for name, score in row.scores.items() if score} == set(row.aggregated)


def test_table_of_scores_says_what_attackers_got_of_them(report: Report) -> None:
    console = Console(width=120)
    with console.capture() as shown:
        console.print(committee_table(report))
    said = shown.get()
    assert "3 of 3" in said and "0.0%" in said and f"{sum(report.rounds[0].scores.values()):,}" in said


def test_without_a_committee_nobody_votes_and_a_rule_that_reweights_pays_equally(
    tmp_path: Path, prefect_server: str
) -> None:
    report = simulated(tmp_path / "none", committee=0, rule="geometric_median", rounds=1)
    (row,) = report.rounds
    assert row.votes == [] and row.scores == {} and row.median_metric is None
    assert not [name for name in report.balances.accounts if name.startswith("validator-")]
    earned = {int(report.balances.accounts[name].earned_wei) for name in row.aggregated}
    assert earned == {ETHER * 95 // 100 // len(row.aggregated)}
