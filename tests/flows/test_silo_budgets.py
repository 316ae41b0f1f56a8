"""Whole silos under noise, round after round: the chain counts each commit, and a silo stops before it is too much."""

from pathlib import Path

import pytest

from prefect_federated.adapters.data.budget import round_cost
from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.lineage.auditing import audit
from prefect_federated.adapters.lineage.page import page
from prefect_federated.adapters.lineage.sources import read_documents, read_facts
from prefect_federated.adapters.mlflow.store import open_client
from prefect_federated.core.audit import Audit
from prefect_federated.core.errors import BudgetSpent, SpecError, SpecMismatch
from prefect_federated.core.privacy import add, epsilon_of, limit_of, within
from prefect_federated.core.silo_noise import participant_cost
from prefect_federated.core.spec import ParticipantPrivacy
from prefect_federated.scenario.consortium import Consortium, mlflow_uri
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


def in_mlflow(consortium: Consortium, name: str) -> list[str]:
    """The files of this name that the mirror wrote to its runs."""
    client = open_client(mlflow_uri(consortium.ground.out))
    runs = client.search_runs([one.experiment_id for one in client.search_experiments()])
    there = [run.info.run_id for run in runs if name in {item.path for item in client.list_artifacts(run.info.run_id)}]
    return [Path(client.download_artifacts(run, name)).read_text() for run in there]


def test_who_skips_its_own_check_is_refused_by_the_contract(hidden: Consortium) -> None:
    open_round(hidden.sponsor.open(), hidden.task)
    federation, grant = hidden.federation(FIRST), record(hidden, FIRST).grant_id
    assert not within(add(add(COST, COST), COST), LIMIT)
    round = federation.round_state(hidden.task).round
    with pytest.raises(BudgetSpent, match="would have spent"):
        federation.commit_private(hidden.task, round, b"\x01" * 32, grant, b"\x02" * 32, COST)
    cheaper = participant_cost(20.1)
    with pytest.raises(SpecError, match="the task's floor is"):
        federation.commit_private(hidden.task, round, b"\x01" * 32, grant, b"\x02" * 32, cheaper)
