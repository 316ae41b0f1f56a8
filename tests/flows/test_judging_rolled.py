"""Lies about a rolled round: who has a receipt proves that it was passed over, anybody asks for a doubtful record."""

from collections.abc import Iterator
from typing import Any

import pytest
from prefect import flow

from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.posting import own_roll
from prefect_federated.adapters.reading import rewards_before
from prefect_federated.adapters.receipts import broken_receipt, issue_missing, keep_arrived
from prefect_federated.adapters.relayer import Relayer, waiting_openings
from prefect_federated.adapters.remedies import read_remedies
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.errors import ConfigurationError, ContractRefused, FederatedError
from prefect_federated.core.findings import RECORD, Wrong
from prefect_federated.core.pay import Part, round_pay
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.rewards import add_rewards
from prefect_federated.core.rolls import OpeningLeaf, roll_openings
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.members import Participant
from prefect_federated.flows.relay import bring
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.demands import meet_demands
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.lies import Truth, payload_of_an_update, propose
from tests.flows.test_judging import finish, on_duty, proposer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """Three hospitals in rolls; the sponsor posts them."""
    folder = tmp_path_factory.mktemp("rolled-lies")
    made = found(folder, 20, modes=7, quorum=2)
    for name in HOSPITALS:
        made.members[name] = made.members[name].model_copy(
            update={"commit_by": "rolled", "mailbox": folder / "mailbox"}
        )
    poster = made.federation("sponsor")
    poster.register(made.ground.accounts["sponsor"].signer.open_sealing_key().public_bytes)
    poster.deposit(10**19)
    poster.enlist_poster(made.task)
    return made


@pytest.fixture
def spec(consortium: Consortium, request: pytest.FixtureRequest) -> Iterator[RoundSpec]:
    """A round that waits for its proposal; the test's parameter is how many of its commits are opened."""
    federation = consortium.federation()
    if federation.round_state(consortium.task).round:
        on_duty(consortium)
    play(consortium, getattr(request, "param", 3))
    assert federation.round_state(consortium.task).phase is Phase.AGGREGATE
    yield listen(consortium.standby.open().party, consortium.task, federation.round_state(consortium.task).round)


def play(consortium: Consortium, opened: int) -> None:
    federation, task = consortium.federation(), consortium.task
    block, folder = consortium.sponsor, consortium.members[HOSPITALS[0]].mailbox
    assert folder is not None
    poster = Relayer("poster", consortium.federation("sponsor"), FolderMailbox(folder), block.store.open())
    silos = [Participant(consortium.members[name].open()) for name in HOSPITALS]

    @flow(name="rolled")
    def rolled() -> None:
        round = open_round(block.open(), task)
        for silo in silos:
            silo.commit(task, round)
        assert bring(poster, task) == "3 commits in a roll"
        federation.wait_until(federation.round_state(task).deadline + 1)
        for silo in silos[:opened]:
            silo.reveal(task, round)
        if opened == len(silos):
            assert bring(poster, task) == f"{opened} openings in a roll"
        else:
            post_miscounted(poster, task, round)
        federation.wait_until(federation.round_state(task).deadline + 1)

    rolled()


def post_miscounted(poster: Relayer, task: int, round: int) -> None:
    """Openings of those who left them, counted as if all had."""
    enrolment = poster.federation.enrolment
    letters = waiting_openings(poster, task, round).letters
    leaves = [OpeningLeaf.of(enrolment(task, letter.participant).index, letter) for letter in letters]
    commits = own_roll(poster, task, round)
    roll = roll_openings(commits, leaves)
    assert poster.store is not None
    uri = poster.store.put([roll.to_bytes()])
    poster.federation._send("Coordinator", "postOpenings", task, round, roll.root, len(commits.leaves), uri)


def passed_over(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    document = truth.document.model_copy(update={"included": truth.document.included[::2]})
    return document, {"included": 2, "exclusions": b""}


def test_who_is_passed_over_proves_it_with_the_receipt_for_its_payload(consortium: Consortium, spec: RoundSpec) -> None:
    silo, leader = consortium.members[HOSPITALS[1]].open(), consortium.aggregator.open().party
    assert silo.mailbox is not None
    assert issue_missing(leader, silo.mailbox, spec) == 3
    keep_arrived(silo.party, silo.mailbox, spec)
    propose(consortium, spec, passed_over)
    standby = consortium.standby.open().party
    assert verify_proposal(standby, spec).findings[0].wrong is Wrong.RULE  # the receipt is not the standby's
    assert broken_receipt(silo.party, spec)
    verification = judge(silo.party, spec)
    assert verification.provable and verification.provable[0].wrong is Wrong.OMISSION
    assert standby.federation.fallen(spec.task, spec.round) == [proposer(consortium)]
    assert len(standby.federation.events(spec.task, spec.round, ("Landed",))) == 1


def test_false_payload_of_a_rolled_update_costs_the_bond_when_its_record_is_asked_for(
    consortium: Consortium, spec: RoundSpec
) -> None:
    propose(consortium, spec, payload_of_an_update)
    asked_for(consortium, spec)
    with pytest.raises(FederatedError):
        meet_demands(consortium.aggregator.open().party, spec)
    never_shown(consortium, spec)


def test_rights_that_a_rolled_grant_does_not_give_cost_the_bond_when_its_record_is_asked_for(
    consortium: Consortium, spec: RoundSpec
) -> None:
    propose(consortium, spec, lambda truth: (truth.document, {"purposes": truth.proposal.purposes | 1 << 40}))
    standby = consortium.standby.open().party
    found = verify_proposal(standby, spec).findings
    assert {(one.wrong, one.tree) for one in found} == {(Wrong.WITHHELD, RECORD)}
    judge(standby, spec)
    with pytest.raises(ContractRefused, match="the proposal claims"):
        meet_demands(consortium.aggregator.open().party, spec)
    asked = standby.federation.demands(spec.task, spec.round)
    assert [one.target[0] for one in asked] == [RECORD] * len(HOSPITALS)
    standby.federation.wait_until(asked[-1].due + 1)
    assert meet_demands(standby, spec) == "forfeit"
    assert standby.federation.fallen(spec.task, spec.round) == [proposer(consortium)]


def test_record_that_is_doubted_is_shown(consortium: Consortium, spec: RoundSpec) -> None:
    propose(consortium, spec, lambda truth: (truth.document, {}))
    standby, leader = consortium.standby.open().party, consortium.aggregator.open().party
    assert not verify_proposal(standby, spec).findings
    standby.federation.demand(case_of(standby, spec), RECORD, 1)
    assert meet_demands(leader, spec) == "answer"
    assert [demand.open for demand in standby.federation.demands(spec.task, spec.round)] == [False]


@pytest.mark.parametrize("spec", [2], indirect=True)
def test_included_update_that_nobody_opened_costs_the_bond_when_its_record_is_asked_for(
    consortium: Consortium, spec: RoundSpec
) -> None:
    def unopened(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        account = consortium.members[HOSPITALS[2]].open().party.account
        last = truth.document.included[-1].model_copy(update={"participant": account})
        document = truth.document.model_copy(update={"included": (*truth.document.included, last)})
        parts = [Part(record.participant, 0, record.weight) for record in document.included]
        earned = round_pay(spec.spec.enforced, proposer(consortium), parts)
        owed = add_rewards(rewards_before(consortium.standby.open().party, spec.task, spec.round), earned)
        return document.model_copy(update={"rewards": owed}), {"included": 3, "exclusions": b""}

    propose(consortium, spec, unopened)
    assert asked_for(consortium, spec) == 2
    never_shown(consortium, spec)


def test_whose_grants_are_in_a_rolled_version_is_known_to_who_reads_the_lists(
    consortium: Consortium, spec: RoundSpec
) -> None:
    """The last test: the grant that it withdraws is missing afterwards."""
    propose(consortium, spec, lambda truth: (truth.document, {}))
    finish(consortium)
    reader = consortium.standby.open().party.federation
    grant_id = reader.grants_of(spec.task, spec.round)[consortium.ground.accounts[HOSPITALS[0]].address]
    consortium.federation(f"{HOSPITALS[0]}-dpo").withdraw_grant(grant_id)
    with pytest.raises(ConfigurationError, match="name the content store"):
        read_remedies(consortium.federation(), spec.task)
    last = read_remedies(reader, spec.task)[-1]
    assert last.grant_id == grant_id and spec.round in last.rounds


def asked_for(consortium: Consortium, spec: RoundSpec) -> int:
    """The standby judges, and asks for one record; its position."""
    standby = consortium.standby.open().party
    (found,) = [finding for finding in judge(standby, spec).findings if finding.tree == RECORD]
    return found.position


def never_shown(consortium: Consortium, spec: RoundSpec) -> None:
    """The record is not shown in time."""
    standby = consortium.standby.open().party
    (demand,) = [one for one in standby.federation.demands(spec.task, spec.round) if one.target[0] == RECORD]
    standby.federation.wait_until(demand.due + 1)
    assert meet_demands(standby, spec) == "forfeit"
    assert standby.federation.fallen(spec.task, spec.round) == [proposer(consortium)]


def case_of(party: Any, spec: RoundSpec) -> Any:
    from prefect_federated.adapters.evm.disputing import Case

    return Case(spec.task, spec.round, party.federation.proposal(spec.task, spec.round))
