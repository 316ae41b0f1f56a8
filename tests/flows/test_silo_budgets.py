"""Whole silos under noise, round after round: the chain counts each commit, and a silo stops before it is too much."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.data.budget import round_cost
from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.lineage.auditing import audit
from prefect_federated.adapters.lineage.page import page
from prefect_federated.adapters.lineage.sources import read_documents, read_facts
from prefect_federated.adapters.mlflow.drift import Drift, run_drifts
from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.store import open_client
from prefect_federated.adapters.reconciling import Wanted, repair, wanted
from prefect_federated.adapters.spending import PrivacyLedger
from prefect_federated.cli.account import participant_record
from prefect_federated.core.audit import Audit
from prefect_federated.core.errors import BudgetSpent, SpecError, SpecMismatch
from prefect_federated.core.privacy import add, epsilon_of, limit_of, within
from prefect_federated.core.report import Balances, Baselines
from prefect_federated.core.silo_noise import participant_cost
from prefect_federated.core.spec import ParticipantPrivacy
from prefect_federated.scenario.consortium import Consortium, mlflow_uri
from prefect_federated.scenario.reporting import build_report
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.test_budgets import account, drive, record, regrant

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = HOSPITALS
PRIVACY = ParticipantPrivacy(noise_multiplier=20.0, max_norm=1.0)
COST = participant_cost(20.0)
LIMIT = limit_of(0.6, 1e-5)  # two rounds are epsilon 0.55, three 0.70


@pytest.fixture(scope="module")
def hidden(prefect_api: str, found: Found, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """Four rounds of a task that hides silos; the first hospital's grant pays for two."""
    consortium = found(tmp_path_factory.mktemp("hidden"), rounds=4, quorum=2, privacy=PRIVACY)
    regrant(consortium, FIRST, LIMIT)
    return consortium


def audited(consortium: Consortium, folder: Path, number: int) -> Audit:
    party = consortium.standby.open().party
    facts = read_facts(party.federation, EventIndex(folder / "events.sqlite"), consortium.task)
    return audit(str(number), facts, number, read_documents(party, facts))


def test_floor_is_the_accountants_figure_whatever_the_rows(hidden: Consortium) -> None:
    assert hidden.spec.enforced.privacy_floor == COST == round_cost(hidden.spec, 7) == round_cost(hidden.spec, 5000)


def test_a_floor_that_the_noise_does_not_cost_is_refused(hidden: Consortium) -> None:
    cheap = hidden.spec.enforced.model_copy(update={"privacy_floor": participant_cost(40.0)})
    with pytest.raises(SpecMismatch, match=r"counts at least epsilon .* \(each participant hidden"):
        round_cost(hidden.spec.model_copy(update={"enforced": cheap}), 50)


def test_every_silo_spends_the_same_until_a_budget_ends(hidden: Consortium, tmp_path: Path) -> None:
    for number in (1, 2):
        result = drive(hidden)
        assert len(result.log.aggregated) == 3
        for name in HOSPITALS:
            spent = hidden.federation().own_budget(account(hidden, name)).spent
            assert spent == (COST if number == 1 else add(COST, COST))
    third = drive(hidden)
    why = third.notes.exclusions[account(hidden, FIRST)]
    assert why.stage == "validate" and "costs epsilon 0.3878, grant" in why.reason
    assert "has spent 0.5478 of 0.6" in why.reason
    assert {*third.log.aggregated} == {account(hidden, name) for name in (SECOND, THIRD)}
    found = audited(hidden, tmp_path, 3)
    assert (found.plan.hidden, found.plan.noise_multiplier, found.delta) == ("participant", 20.0, 1e-5)
    silos = {one.account: one.epsilon for one in found.contributors}
    two, three = epsilon_of(add(COST, COST), 1e-5), epsilon_of(add(add(COST, COST), COST), 1e-5)
    assert silos[account(hidden, FIRST)] == pytest.approx(two, abs=1e-6)
    assert silos[account(hidden, SECOND)] == silos[account(hidden, THIRD)] == pytest.approx(three, abs=1e-6)
    grant = next(one for one in found.grants if bytes.fromhex(one.grant[2:]) == record(hidden, FIRST).grant_id)
    assert grant.privacy == "0.547838 of 0.6"
    shown = page(found)
    for text in ("hides each participant, multiplier 20", "epsilon spent", "0.547838 of 0.6", "0.69698"):
        assert text in shown
    assert any("0.69698" in one for one in in_mlflow(hidden, "lineage.html"))
    runs = runs_in_mlflow(hidden)
    ours, theirs = (runs[f"round-3/{name}"].data for name in (FIRST, SECOND))
    assert ours.metrics["epsilon/silo"] == ours.metrics["epsilon/grant"] == pytest.approx(two, abs=1e-6)
    assert ours.metrics["epsilon/grant_limit"] == pytest.approx(0.6, abs=1e-6)
    assert ours.tags["federated.grant"] == grant.grant and ours.tags["federated.epsilon.grant"] == "0.547838 of 0.6"
    assert theirs.metrics["epsilon/silo"] == theirs.metrics["epsilon/grant"] == pytest.approx(three, abs=1e-6)
    assert theirs.tags["federated.epsilon.silo"] == "0.69698 of no limit"
    most = {run: runs[run].data.metrics["epsilon/silo_most"] for run in ("round-1", "round-2", "round-3")}
    one = epsilon_of(COST, 1e-5)
    assert most == pytest.approx({"round-1": one, "round-2": two, "round-3": three}, abs=1e-6)


def runs_in_mlflow(consortium: Consortium) -> dict[str, Any]:
    client = open_client(mlflow_uri(consortium.ground.out))
    runs = client.search_runs([one.experiment_id for one in client.search_experiments()])
    return {run.info.run_name: run for run in runs}


def test_a_report_says_what_each_silo_and_each_grant_spent(hidden: Consortium) -> None:
    nothing = Balances(accounts={}, contracts_before_wei="0", contracts_after_wei="0", fees_wei="0", difference_wei="0")
    found = build_report(hidden, [], [], nothing, Baselines(pooled={}, local={}), {}).privacy
    assert found is not None and (found.hidden, found.delta) == ("participant", 1e-5)
    two, three = (epsilon_of(total, 1e-5) for total in (add(COST, COST), add(add(COST, COST), COST)))
    spent = {one.silo: (one.epsilon_in_task, one.epsilon_spent, one.epsilon_limit) for one in found.silos}
    due = {FIRST: two, SECOND: three, THIRD: three}
    assert spent == {name: (pytest.approx(total, abs=1e-6),) * 2 + (None,) for name, total in due.items()}
    grants = {one.silo: (one.epsilon_spent, one.epsilon_limit) for one in found.grants}
    limits = {FIRST: pytest.approx(0.6, abs=1e-6), SECOND: None, THIRD: None}
    assert grants == {name: (pytest.approx(total, abs=1e-6), limits[name]) for name, total in due.items()}


def test_figures_of_a_round_are_those_of_its_end_whenever_they_are_asked_for(hidden: Consortium) -> None:
    federation, silo = hidden.federation(), account(hidden, SECOND)
    ledger, ends = PrivacyLedger(federation), federation.events(hidden.task, names=("RoundSettled",))

    def spent(block: int) -> float:
        return ledger.spending(hidden.task, PRIVACY, [silo], block).silos[silo].in_task

    one, two = epsilon_of(COST, 1e-5), epsilon_of(add(COST, COST), 1e-5)
    blocks = [ends[0].block, ends[1].block, ends[0].block, ends[0].block - 1]
    assert [spent(block) for block in blocks] == pytest.approx([one, two, one, one], abs=1e-6)
    assert spent(0) == 0


def test_mlflows_losses_follow_from_the_chain_alone_and_a_false_one_is_mended(hidden: Consortium) -> None:
    aggregator, client = hidden.aggregator.open(), open_client(mlflow_uri(hidden.ground.out))
    mirror = aggregator.mirror
    assert mirror is not None
    task = wanted(aggregator.party, mirror, hidden.task)
    assert changed(mirror, task) == []
    run, slot = runs_in_mlflow(hidden)[f"round-3/{FIRST}"].info.run_id, account(hidden, FIRST).lower()
    client.log_metric(run, "epsilon/grant", 0.1, step=99)
    client.set_tag(run, "federated.epsilon.grant", "0.1 of 0.6")
    found = changed(mirror, task)
    assert {(one.kind, one.what, one.found) for one in found} == {
        ("changed metric", f"epsilon/grant of the run of round 3, participant {slot}", "0.1"),
        ("changed tag", f"federated.epsilon.grant of the run of round 3, participant {slot}", "'0.1 of 0.6'"),
    }
    repair(mirror, task, found)
    assert changed(mirror, task) == []
    children = [name for name in runs_in_mlflow(hidden) if name.startswith("round-3/")]
    assert len(children) == 3 and f"round-3/{SECOND}" in children, "the others' runs are the same"


def changed(mirror: Mirror, task: Wanted) -> list[Drift]:
    """Runs that are not as chain and store say."""
    with mirror.connected() as (client, experiment_id):
        return list(run_drifts(client, experiment_id, task.records, f"{task.federation}/{task.task}"))


def in_mlflow(consortium: Consortium, name: str) -> list[str]:
    """The files of this name that the mirror wrote to its runs."""
    client = open_client(mlflow_uri(consortium.ground.out))
    runs = client.search_runs([one.experiment_id for one in client.search_experiments()])
    there = [run.info.run_id for run in runs if name in {item.path for item in client.list_artifacts(run.info.run_id)}]
    return [Path(client.download_artifacts(run, name)).read_text() for run in there]


def test_who_skips_its_own_check_is_refused_by_the_contract_and_an_endless_loss_is_told(
    hidden: Consortium, tmp_path: Path
) -> None:
    open_round(hidden.sponsor.open(), hidden.task)
    federation, grant = hidden.federation(FIRST), record(hidden, FIRST).grant_id
    assert not within(add(add(COST, COST), COST), LIMIT)
    round = federation.round_state(hidden.task).round
    with pytest.raises(BudgetSpent, match="would have spent"):
        federation.commit_private(hidden.task, round, b"\x01" * 32, grant, b"\x02" * 32, COST)
    cheaper = participant_cost(20.1)
    with pytest.raises(SpecError, match="the task's floor is"):
        federation.commit_private(hidden.task, round, b"\x01" * 32, grant, b"\x02" * 32, cheaper)
    endless, silo = hidden.federation(THIRD), account(hidden, THIRD)
    own = record(hidden, THIRD).grant_id
    endless.commit_private(hidden.task, round, b"\x03" * 32, own, b"\x04" * 32, 2**256 - 1)
    said = json.dumps(participant_record(hidden.federation(), silo)["privacy"], allow_nan=False)
    assert json.loads(said)["epsilon_spent"] == "unbounded"
    told = json.loads(audited(hidden, tmp_path, 3).model_dump_json())
    (grant_row,) = (one for one in told["grants"] if one["grant"] == "0x" + own.hex())
    (contributor,) = (one for one in told["contributors"] if one["account"] == silo)
    (deed,) = (one for one in told["rounds"][-1]["deeds"] if one["account"] == silo)
    assert [grant_row["epsilon_spent"], contributor["epsilon"], deed["epsilon"]] == ["unbounded"] * 3
    spending = PrivacyLedger(hidden.federation()).spending(hidden.task, PRIVACY, [silo])
    assert spending.silos[silo].own.epsilon == spending.grants[own].budget.epsilon == math.inf
