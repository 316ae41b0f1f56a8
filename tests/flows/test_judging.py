"""An aggregator lies in one place of its result; a standby that recomputes it says where, and proves it on chain."""

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from prefect_federated.adapters.evm.disputing import Case
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.reading import read_past_spec
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.errors import ContractRefused, FederatedError, ProtocolError
from prefect_federated.core.findings import Finding, Verification, Wrong
from prefect_federated.core.proposal import pack_exclusions
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.usage_rights import intersection
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.settle import settle
from tests.flows.conftest import HOSPITALS
from tests.flows.lies import LIES, Lie, Truth, propose, word_of_the_aggregate, word_of_the_model
from tests.flows.playing import revealed

BOND = Terms().aggregator_bond_wei


@pytest.fixture(scope="module")
def consortium(devnet: Any, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    folder = tmp_path_factory.mktemp("judging")
    terms = Terms(epochs=1, norm_rule=False)
    plot = Plot(rounds=30, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms)
    yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    """A round in which everybody has revealed, with aggregator and standby in their duties."""
    on_duty(consortium)
    return revealed(consortium)


def on_duty(consortium: Consortium) -> None:
    """End the last round, and give those who lost a duty its bond and its place back."""
    federation, task = consortium.federation("sponsor"), consortium.task
    names = [consortium.ground.accounts[name].address for name in ("aggregator", "standby")]
    finish(consortium)
    federation.appoint(task, *names)
    for name, account in zip(("aggregator", "standby"), names, strict=True):
        own, on_chain = consortium.federation(name), federation.task_of(task)
        if not (on_chain.aggregator_bonded if name == "aggregator" else on_chain.standby_bonded):
            own.deposit(max(BOND - own.participant(account).free, 1))
            own.accept_duty(task)


def finish(consortium: Consortium) -> None:
    federation, task = consortium.federation("sponsor"), consortium.task
    state = federation.round_state(task)
    if state.phase is Phase.AGGREGATE:
        aggregate(consortium.standby.open(), listen(consortium.standby.open().party, task, state.round))
    if federation.round_state(task).phase is Phase.CHALLENGE:
        federation.wait_until(federation.round_state(task).deadline + 1)
        settle(consortium.aggregator.open(), listen(consortium.aggregator.open().party, task, state.round))
    federation.wait_until(federation.round_state(task).deadline + 1)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_every_lie_is_named_proven_and_paid_for(lie: Lie, consortium: Consortium, spec: RoundSpec) -> None:
    propose(consortium, spec, lie)
    standby, federation = consortium.standby.open().party, consortium.federation()
    stake, bounty = federation.participant(proposer(consortium)).stake, federation.pending_bounty_of(standby.account)
    verification = judge(standby, spec)
    assert verification.read_updates and verification.provable
    assert verification.provable[0].wrong is LIES[lie]
    assert federation.round_state(spec.task).phase is Phase.AGGREGATE
    assert federation.fallen(spec.task, spec.round) == [proposer(consortium)]
    assert stake - federation.participant(proposer(consortium)).stake == BOND
    assert federation.pending_bounty_of(standby.account) - bounty == BOND // 2


def proposer(consortium: Consortium) -> str:
    return consortium.ground.accounts["aggregator"].address


def nothing(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    return truth.document, {}


def test_honest_proposal_has_no_findings_for_readers_and_auditors(consortium: Consortium, spec: RoundSpec) -> None:
    propose(consortium, spec, nothing)
    reader = verify_proposal(consortium.standby.open().party, spec)
    assert reader.read_updates and not reader.findings
    store = f"local:{consortium.ground.out / 'store'}"
    outsider = verify_proposal(auditor(consortium.federation(), store), spec)
    assert not outsider.read_updates and not outsider.findings
    finish(consortium)
    assert not verify_proposal(consortium.standby.open().party, read_past_spec_of(consortium, spec)).findings


def read_past_spec_of(consortium: Consortium, spec: RoundSpec) -> RoundSpec:
    return read_past_spec(consortium.standby.open().party, spec.task, spec.round)


def test_update_left_out_without_cause_is_named(consortium: Consortium, spec: RoundSpec) -> None:
    def without_the_last(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        document = truth.document.model_copy(update={"included": truth.document.included[:2]})
        return document, {"included": 2, "exclusions": pack_exclusions({2: Reason.MALFORMED})}

    propose(consortium, spec, without_the_last)
    findings = verify_proposal(consortium.standby.open().party, spec).findings
    assert "left out for MALFORMED, recomputed as included" in next(f for f in findings if f.wrong is Wrong.RULE).detail


@pytest.mark.parametrize("field", ["purposes", "usable_until"])
def test_rights_narrower_than_the_inputs_are_named_for_people_to_judge(
    consortium: Consortium, spec: RoundSpec, field: str
) -> None:
    """A bit, or a second, less; later rounds have it less too."""

    def less(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        due = getattr(truth.proposal, field)
        return truth.document, {field: due & (due - 1) if field == "purposes" else due - 1}

    propose(consortium, spec, less)
    verification = verify_proposal(consortium.standby.open().party, spec)
    (finding,) = verification.findings
    assert finding.wrong is Wrong.USE and not finding.provable and "its inputs allow" in finding.detail
    assert judge(consortium.standby.open().party, spec).provable == ()


def test_version_says_what_its_inputs_allow(consortium: Consortium, spec: RoundSpec) -> None:
    propose(consortium, spec, nothing)
    federation = consortium.federation()
    grants = federation.rights_of(federation.grants_of(spec.task, spec.round).values())
    base = federation.versions(spec.task)[-1].rights
    finish(consortium)
    version = federation.versions(spec.task)[-1]
    assert version.round == spec.round and len(grants) == len(HOSPITALS)
    assert version.rights == intersection(base, grants)


def nowhere(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    return truth.document, {"uri": "cas://sha256/" + "0" * 64}


def test_result_that_nobody_can_fetch_is_named_withheld(consortium: Consortium, spec: RoundSpec) -> None:
    propose(consortium, spec, nowhere)
    standby, federation = consortium.standby.open(), consortium.federation()
    assert [finding.wrong for finding in verify_proposal(standby.party, spec).findings] == [Wrong.WITHHELD]
    assert bring_on(standby, spec.task) == "judge"
    (demand,) = federation.demands(spec.task, spec.round)
    assert demand.open and demand.by == standby.party.account
    federation.wait_until(demand.due + 1)
    assert bring_on(standby, spec.task) == "forfeit"
    assert federation.fallen(spec.task, spec.round) == [proposer(consortium)]
    assert bring_on(standby, spec.task) == "aggregate"


def test_what_is_withheld_is_asked_for_though_something_else_could_not_be_proven(
    consortium: Consortium, spec: RoundSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(consortium, spec, nowhere)
    standby, federation = consortium.standby.open(), consortium.federation()

    def with_another(*given: Any) -> Verification:
        made_up = Finding(Wrong.STEP, "made up")
        return Verification((made_up, *verify_proposal(*given).findings), read_updates=True)

    monkeypatch.setattr(import_module("prefect_federated.tasks.judge"), "verify_proposal", with_another)
    with pytest.raises(FederatedError, match=r"0{64}"):
        judge(standby.party, spec)
    (demand,) = federation.demands(spec.task, spec.round)
    federation.wait_until(demand.due + 1)
    assert bring_on(standby, spec.task) == "forfeit"


def test_proposer_shows_what_is_asked_for_and_keeps_its_bond(consortium: Consortium, spec: RoundSpec) -> None:
    proposal = propose(consortium, spec, nothing)
    standby, federation = consortium.standby.open().party.federation, consortium.federation()
    for target in ((0, 0, 1), (1, 0, 0), (2, 1, 0), (3, 2, 1)):
        standby.demand(Case(spec.task, spec.round, proposal), *target)
    assert bring_on(consortium.aggregator.open(), spec.task) == "answer"
    assert not [demand for demand in federation.demands(spec.task, spec.round) if demand.open]
    credit = federation.call("Disputes", "creditOf", proposer(consortium))
    assert credit == 4 * federation.demand_deposit()
    federation.wait_until(federation.round_state(spec.task).deadline + 1)
    assert bring_on(consortium.aggregator.open(), spec.task) == "settle"


def test_challenge_without_cause_is_refused_by_the_contract(consortium: Consortium, spec: RoundSpec) -> None:
    from prefect_federated.adapters.challenging import challenge
    from prefect_federated.core.findings import Finding
    from prefect_federated.core.proofs import coordinate_of

    propose(consortium, spec, nothing)
    party = consortium.standby.open().party
    for wrong in (Wrong.SUM, Wrong.STEP, Wrong.HEADER, Wrong.LEAF, Wrong.ORDER, Wrong.REWARD):
        with pytest.raises(ContractRefused, match="nothing is wrong there"):
            challenge(party, spec, Finding(wrong, "made up", at=coordinate_of(0, 1024)))
    with pytest.raises(ProtocolError, match="no challenge can show that"):
        challenge(party, spec, Finding(Wrong.RULE, "made up"))


def test_standby_judges_once_and_steps_in_by_itself(consortium: Consortium, spec: RoundSpec) -> None:
    propose(consortium, spec, word_of_the_aggregate)
    standby, aggregator, federation = consortium.standby.open(), consortium.aggregator.open(), consortium.federation()
    assert bring_on(standby, spec.task) == "judge"
    assert bring_on(aggregator, spec.task) == "nothing"
    assert bring_on(standby, spec.task) == "aggregate"
    assert bring_on(standby, spec.task) == "nothing"
    assert bring_on(aggregator, spec.task) == "judge"
    assert bring_on(aggregator, spec.task) == "nothing"
    federation.wait_until(federation.round_state(spec.task).deadline + 1)
    assert bring_on(standby, spec.task) == "settle"
    assert federation.round_state(spec.task).status is Status.SUCCESS


def test_records_of_a_round_keep_the_overturned_proposal(consortium: Consortium, spec: RoundSpec) -> None:
    from prefect_federated.adapters.round_log import read_round_log

    propose(consortium, spec, word_of_the_model)
    judge(consortium.standby.open().party, spec)
    federation: Federation = consortium.federation()
    log = read_round_log(federation, spec.task, spec.round)
    assert not log.proposed and not log.aggregated
    assert [(one.proposer, one.taken, one.bounty) for one in log.overturned] == [
        (proposer(consortium), BOND, BOND // 2)
    ]
    assert log.slashed == {proposer(consortium): BOND}
    with pytest.raises(ProtocolError, match="its proposal was proven wrong"):
        federation.proposal(spec.task, spec.round)


def test_honest_work_is_paid_a_floor_when_fraud_voids_the_round(consortium: Consortium, spec: RoundSpec) -> None:
    federation = consortium.federation("sponsor")
    propose(consortium, spec, word_of_the_model)
    judge(consortium.standby.open().party, spec)
    standby = consortium.standby.open()
    lie = Truth(standby, spec)
    document, changes = word_of_the_model(lie)
    uri = lie.store.put([document.to_bytes()])
    root, total = document.reward_root
    again = replace(lie.proposal, uri=uri, reward_root=root, reward_total=total, **changes)
    standby.party.federation.propose(spec.task, spec.round, again)
    judge(consortium.aggregator.open().party, spec)
    assert federation.round_state(spec.task).phase is Phase.VOIDED
    floor = spec.spec.enforced.round_reward * spec.spec.enforced.floor_bps // (10_000 * spec.cohort)
    for block in consortium.members.values():
        before = federation.treasury_account(spec.task).floors
        assert take_part(block.open(), spec.task) in ("floor", "claim, floor")
        assert before - federation.treasury_account(spec.task).floors == floor
        assert take_part(block.open(), spec.task) == "nothing"
