"""Privacy budgets over rounds: a grant that runs out, a silo that limits itself, a round that nobody could read."""

import json
from pathlib import Path

import pytest
from prefect import flow
from pydantic import ValidationError

from prefect_federated.adapters.data.budget import round_cost
from prefect_federated.adapters.lineage.losses import Losses
from prefect_federated.adapters.spending import PrivacyLedger, Spent
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.errors import BudgetSpent, ConsentError, SpecError, SpecMismatch
from prefect_federated.core.privacy import add, lanes
from prefect_federated.core.round import Phase
from prefect_federated.core.spec import PrivacySpec, TaskSpec
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.federated_round import drive_rounds
from prefect_federated.flows.members import Participant
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium, data_path
from prefect_federated.scenario.grants import give_consent
from prefect_federated.scenario.plot import consent_of
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS, Found

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = HOSPITALS
PRIVACY = PrivacySpec(noise_multiplier=8.0, max_grad_norm=1.0)


@pytest.fixture(scope="module")
def private(prefect_api: str, found: Found, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """Three rounds of a private task; the first hospital's grant pays for one round and not for two."""
    consortium = found(tmp_path_factory.mktemp("budgets"), rounds=4, quorum=2, privacy=PRIVACY)
    cost = cost_for(consortium, FIRST)
    regrant(consortium, FIRST, add(cost, cost) - sum(1 << 32 * lane for lane in range(8)))
    return consortium


def cost_for(consortium: Consortium, name: str) -> int:
    """What a round costs a silo; nobody of the first two withdrew."""
    return round_cost(consortium.spec, len(consortium.ground.tables[name]))


def regrant(consortium: Consortium, name: str, budget: int) -> None:
    """Another grant in the place of a silo's own, with a privacy budget."""
    ground, holder = consortium.ground, consortium.federation(f"{name}-dpo")
    table, account = ground.tables[name], ground.accounts[name]
    consent = consent_of(ground.plot, name, table, holder.chain_time())
    give_consent(
        holder,
        ground.accounts[f"{name}-dpo"].signer.account(),
        account.address,
        table,
        secret=bytes([budget % 251]) * 32,
        consent=type(consent)(consent.columns, consent.subjects, consent.expiry, budget),
        record=data_path(ground, name).with_name("consent.sealed"),
        reader=account.signer.open_sealing_key().public_bytes,
    )


def cast(consortium: Consortium) -> Cast:
    members = [Participant(block.open()) for block in consortium.members.values()]
    return Cast(consortium.sponsor.open(), consortium.aggregator.open(), members, standby=consortium.standby.open())


def drive(consortium: Consortium) -> RoundResult:
    return drive_round(cast(consortium), consortium.task)


def account(consortium: Consortium, name: str) -> str:
    return consortium.ground.accounts[name].address


def record(consortium: Consortium, name: str) -> ConsentRecord:
    return consortium.members[name].open().consent_record()


@pytest.mark.parametrize("more", [-(1 << 20), 1 << 20])
def test_a_floor_that_the_noise_does_not_cost_is_refused(private: Consortium, more: int) -> None:
    spec = private.spec
    enforced = spec.enforced.model_copy(update={"privacy_floor": spec.enforced.privacy_floor + more})
    with pytest.raises(SpecMismatch, match="counts at least epsilon"):
        round_cost(spec.model_copy(update={"enforced": enforced}), 50)


def test_a_spec_says_noise_in_words_and_in_numbers(private: Consortium) -> None:
    document = private.spec.model_dump(mode="json")
    with pytest.raises(SpecError, match="give both"):
        TaskSpec.model_validate_json(json.dumps(document | {"privacy": None}))
    document["enforced"]["modes"] = 3
    with pytest.raises(ValidationError, match="counts privacy loss; set them to 1"):
        TaskSpec.model_validate_json(json.dumps(document))


def test_each_commit_spends_what_its_rows_cost(private: Consortium) -> None:
    result = drive(private)
    assert len(result.log.aggregated) == 3
    federation = private.federation()
    for name in (FIRST, SECOND):
        grant = federation.grant_state(record(private, name).grant_id)
        assert grant.spent == federation.own_budget(account(private, name)).spent == cost_for(private, name)
    events = federation.events(private.task, 1, ("PrivacySpent",))
    losses = Losses.of(events, PRIVACY.delta)
    spent = {name: losses.of_commit(private.task, 1, account(private, name)) for name in HOSPITALS}
    assert all(epsilon is not None and 0 < epsilon < 3 for epsilon in spent.values())
    assert losses.of_grant(record(private, FIRST).grant_id) == losses.of_silo(private.task, account(private, FIRST))


def test_over_its_grants_budget_a_silo_stays_out_before_training(private: Consortium) -> None:
    before = private.federation().own_budget(account(private, FIRST))
    result = drive(private)
    excluded = result.notes.exclusions[account(private, FIRST)]
    assert excluded.stage == "validate"
    assert "costs epsilon" in excluded.reason and "has spent" in excluded.reason and "new grant" in excluded.reason
    assert {*result.log.aggregated} == {account(private, name) for name in (SECOND, THIRD)}
    assert private.federation().own_budget(account(private, FIRST)) == before


def test_who_skips_its_own_check_is_refused_by_the_contract(private: Consortium) -> None:
    open_round(private.sponsor.open(), private.task)
    federation, grant = private.federation(FIRST), record(private, FIRST).grant_id
    cost = cost_for(private, FIRST)
    round = federation.round_state(private.task).round
    with pytest.raises(BudgetSpent, match="would have spent"):
        federation.commit_private(private.task, round, b"\x01" * 32, grant, b"\x02" * 32, cost)
    with pytest.raises(ConsentError):
        federation.commit(private.task, round, b"\x01" * 32, grant, b"\x02" * 32)


def test_over_its_own_limit_a_silo_stays_out(private: Consortium) -> None:
    second = private.federation(SECOND)
    spent = second.own_budget(account(private, SECOND)).spent
    second.set_own_limit(spent)
    with pytest.raises(BudgetSpent, match=r"this silo has spent .* participant limit"):
        take_part(private.members[SECOND].open(), private.task)
    own = spent_by(private, SECOND)
    assert own.limit == own.epsilon > 0
    second.set_own_limit(0)
    assert spent_by(private, SECOND).limit is None


def test_what_an_unread_round_cost_comes_back(private: Consortium) -> None:
    third = private.members[THIRD].open()
    federation, place = private.federation(), account(private, THIRD)
    before = federation.own_budget(place).spent
    told = spent_by(private, THIRD).epsilon
    assert take_part(third, private.task) == "commit"
    assert spent_by(private, THIRD).epsilon > told
    assert lanes(federation.own_budget(place).spent) > lanes(before)
    assert federation.refundable(private.task, place) == []
    state = federation.round_state(private.task)
    federation.wait_until(state.deadline + 1)
    private.federation("sponsor").tick(private.task)
    assert federation.round_state(private.task).phase is Phase.VOIDED
    assert take_part(third, private.task) == "refund, claim"
    assert federation.own_budget(place).spent == before and spent_by(private, THIRD).epsilon == told
    assert take_part(third, private.task) == "nothing"


def spent_by(consortium: Consortium, name: str) -> Spent:
    """What a silo spent over all tasks and grants by the log, and its own limit."""
    silo = account(consortium, name)
    ledger = PrivacyLedger(consortium.federation())
    return ledger.spending(consortium.task, PRIVACY, [silo]).silos[silo].own


def test_a_grant_with_a_budget_is_refused_by_a_task_without_noise(
    prefect_api: str, found: Found, tmp_path: Path
) -> None:
    consortium = found(tmp_path, rounds=1, quorum=2)
    regrant(consortium, FIRST, 2**255)
    open_round(consortium.sponsor.open(), consortium.task)
    with pytest.raises(ConsentError, match="has a privacy budget, and task breast-cancer trains without"):
        take_part(consortium.members[FIRST].open(), consortium.task)


def test_no_round_is_opened_for_fewer_than_the_quorum_who_can_pay_for_it_and_a_run_ends_there(
    private: Consortium,
) -> None:
    sponsor, limited = private.sponsor.open(), [private.federation(name) for name in (FIRST, SECOND)]
    before, escrow = sponsor.federation.round_state(private.task), sponsor.federation.treasury_account(private.task)
    spent = [one.own_budget(account(private, name)).spent for one, name in zip(limited, (FIRST, SECOND), strict=True)]
    for one, own in zip(limited, spent, strict=True):
        one.set_own_limit(own)
    with pytest.raises(BudgetSpent, match=r"2 of 3 participants have spent .* quorum is 2") as refused:
        open_round(sponsor, private.task)
    assert all(account(private, name) in str(refused.value) for name in (FIRST, SECOND))
    assert account(private, THIRD) not in str(refused.value)
    assert sponsor.federation.round_state(private.task) == before
    assert sponsor.federation.treasury_account(private.task) == escrow
    limited[1].set_own_limit(add(spent[1], cost_for(private, SECOND)))  # for one round more, and two are a quorum
    (only,) = flow(lambda: drive_rounds(cast(private), private.task, 2), name="two-rounds")()
    assert only.log.round == before.round + 1
    assert {*only.log.aggregated} == {account(private, name) for name in (SECOND, THIRD)}
    assert sponsor.federation.round_state(private.task).round == only.log.round
