"""A small simulation from end to end: who got in, where the money went, what it left behind, the same model again."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from prefect_federated.core.report import Report
from prefect_federated.scenario.simulation.town import mlflow_uri
from tests.simulation.conftest import simulated

ETHER = 10**18


def test_attackers_reveal_and_are_left_out_and_unpaid(report: Report) -> None:
    for row in report.rounds:
        assert row.status == "DEGRADED"
        assert len(row.expected) == len(row.validated) == len(row.committed) == len(row.revealed) == 8
        assert {one.participant for one in row.excluded} == {"attacker-001", "attacker-002"}
        assert all(one.stage == "aggregate" for one in row.excluded)
    accounts = report.balances.accounts
    assert all(accounts[name].earned_wei == "0" for name in accounts if name.startswith("attacker-"))
    assert all(int(accounts[name].earned_wei) > 0 for name in accounts if name.startswith("participant-"))


def test_balances_add_up_to_the_wei(report: Report) -> None:
    assert report.balances.difference_wei == "0"
    earned = sum(int(row.earned_wei) for row in report.balances.accounts.values())
    assert 0 <= 2 * ETHER - earned < 2 * len(report.balances.accounts)  # what does not divide stays in the escrow
    before, after = int(report.balances.contracts_before_wei), int(report.balances.contracts_after_wei)
    assert before - after == earned


def test_relayer_brings_all_commits_and_openings_and_pays_for_them(report: Report) -> None:
    """Whoever earned nothing and claims nothing sent no transaction at all."""
    accounts = report.balances.accounts
    assert int(accounts["relayer"].fees_wei) > 0
    assert accounts["attacker-001"].fees_wei == accounts["attacker-002"].fees_wei == "0"


def test_shard_is_one_task_run_a_stage_and_no_participant_has_one(ran: tuple[Report, set[str]]) -> None:
    wanted = {
        f"round-{number}/{shard}/{stage}"
        for number in (1, 2)
        for shard in ("shard-1", "attackers")
        for stage in ("commit", "reveal")
    }
    assert wanted <= ran[1]
    assert not [name for name in ran[1] if "participant-0" in name]


def test_time_of_every_stage_is_told(report: Report) -> None:
    for row in report.rounds:
        assert row.stages_s.keys() == {"open", "commit", "reveal", "vote", "aggregate", "settle"}
        assert sum(row.stages_s.values()) == pytest.approx(row.wall_s, rel=0.2)


def test_report_and_plots_lie_in_the_folder_and_in_mlflow(report: Report, folder: Path) -> None:
    plots = {path.name for path in (folder / "plots").iterdir()}
    assert plots == {"accuracy.png", "participation.png", "exclusions.png", "gas.png", "stages.png"}
    assert all((folder / "plots" / name).read_bytes().startswith(b"\x89PNG") for name in plots)
    assert Report.model_validate_json((folder / "report.json").read_text()) == report
    client = MlflowClient(mlflow_uri(folder))
    (run,) = [one for one in _runs(client) if one.info.run_name == "simulation"]
    assert {one.path for one in client.list_artifacts(run.info.run_id)} == {*plots, "report.json"}
    history = client.get_metric_history(run.info.run_id, "accuracy")
    assert [one.value for one in history] == [row.metrics["accuracy"] for row in report.rounds]


def test_same_seed_makes_the_same_model_in_other_shards_and_threads(report: Report, tmp_path: Path) -> None:
    again = simulated(tmp_path / "again", shards=3, workers=3)
    assert [row.model_hash for row in again.rounds] == [row.model_hash for row in report.rounds]


@pytest.mark.slow
def test_cohort_is_drawn_anew_and_who_is_not_in_it_earns_nothing(tmp_path: Path, prefect_server: str) -> None:
    settings = {"participants": 6, "cohort": 3, "attackers": 0, "attack": "", "rule": "mean", "rounds": 3}
    report = simulated(tmp_path / "drawn", **settings)
    assert all(len(row.expected) == len(row.aggregated) == 3 for row in report.rounds)
    assert len({tuple(row.expected) for row in report.rounds}) > 1
    drawn = {name for row in report.rounds for name in row.expected}
    earned = {name for name, row in report.balances.accounts.items() if int(row.earned_wei) and "participant" in name}
    assert earned == drawn
    assert report.balances.difference_wei == "0"


@pytest.mark.slow
def test_another_seed_makes_another_model(report: Report, tmp_path: Path) -> None:
    other = simulated(tmp_path / "other", seed=1, rounds=1)
    assert other.rounds[0].model_hash != report.rounds[0].model_hash


@pytest.mark.slow
def test_plan_with_batch_norm_trains_one_by_one_with_layers_at_home(
    tmp_path: Path, prefect_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    plan = f"{Path(__file__).with_name('normed.py')}:Normed"
    settings = {"participants": 3, "attackers": 0, "attack": "", "rule": "mean", "plan": plan, "algorithm": "fedbn"}
    report = simulated(tmp_path / "normed", **settings)
    assert [row.status for row in report.rounds] == ["SUCCESS", "SUCCESS"]
    assert report.rounds[0].model_hash != report.rounds[1].model_hash
    assert "participants train one after the other: under fedbn everybody has layers of its own" in caplog.text


def _runs(client: MlflowClient) -> list:  # type: ignore[type-arg]
    return [one for experiment in client.search_experiments() for one in client.search_runs([experiment.experiment_id])]
