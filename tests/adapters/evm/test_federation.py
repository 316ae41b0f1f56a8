"""The facade over real contracts: a whole round, what it leaves behind, and refusals as sentences."""

from pathlib import Path

import pytest
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.deploy import deploy, deploy_token, deployment_of, find_deployments, mint
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.records import Deployment
from prefect_federated.adapters.evm.versions import check_versions
from prefect_federated.core.enforced import NOBODY, task_id
from prefect_federated.core.errors import (
    ChainUnreachable,
    CommitmentMismatch,
    ConfigurationError,
    ConsentError,
    ContractRefused,
    InsufficientStake,
    SpecError,
    SpecMismatch,
    UnknownParticipant,
    WrongPhase,
)
from prefect_federated.core.rewards import sum_proof
from prefect_federated.core.round import Phase, Status
from tests.adapters.evm.conftest import funded
from tests.adapters.evm.consortium import BOND, GENESIS, REWARD, SPEC_HASH, Consortium


@pytest.fixture(scope="session")
def consortium(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return Consortium(devnet, tmp_path_factory.mktemp("consortium"))


def play_round(consortium: Consortium) -> int:
    """One undisturbed round of the consortium; its number."""
    task, sponsor, aggregator = consortium.task, consortium.sponsor, consortium.aggregator
    number = sponsor.round_state(task).round + 1
    sponsor.open_round(task)
    for silo in consortium.silos:
        consortium.commit(silo, number)
    for silo in consortium.silos:
        silo.federation.reveal(task, number, silo.opening(number), f"cas://{silo.address}")
    proposal = consortium.proposal(len(consortium.silos))
    aggregator.propose(task, number, proposal)
    rpc.wait_until(consortium.w3, sponsor.round_state(task).deadline + 1)
    sponsor.settle(task, number, proposal)
    return number


def test_a_whole_round_leaves_version_rewards_and_events(consortium: Consortium) -> None:
    task, sponsor, silo = consortium.task, consortium.sponsor, consortium.silos[0]
    number = play_round(consortium)
    state = sponsor.round_state(task)
    assert (state.phase, state.status, state.round) == (Phase.SETTLED, Status.SUCCESS, number)
    assert (state.cohort, state.committed, state.revealed) == (2, 2, 2)
    events = sponsor.events(task, number)
    assert [event.name for event in events if event.name != "PhaseChanged"] == [
        "RoundStarted",
        "UpdateCommitted",
        "UpdateCommitted",
        "UpdateRevealed",
        "UpdateRevealed",
        "RoundAggregated",
        "RoundSettled",
    ]
    assert all(event.timestamp for event in events)
    assert [reveal.opening for reveal in sponsor.reveals(task, number)] == [
        silo.opening(number) for silo in consortium.silos
    ]
    assert sponsor.proposal(task, number) == consortium.proposal(2)
    committed = next(event for event in events if event.name == "UpdateCommitted")
    assert sponsor.commitment_of(task, number, silo.address) == committed.args["commitment"]
    assert sponsor.has_committed(task, number, silo.address)
    assert sponsor.has_revealed(task, number, silo.address)
    assert not sponsor.has_committed(task, number, consortium.aggregator.account)
    assert sponsor.spec_uri(task) == "cas://spec"
    assert [event.args["participant"] for event in sponsor.membership(task)] == [
        one.address for one in consortium.silos
    ]
    versions = sponsor.versions(task)
    assert versions[0].model_root == GENESIS
    assert sponsor.head(task) == (versions[-1].version_hash, versions[-1].number)
    earned = {silo.address: REWARD // 2}
    before = sponsor.balance(silo.address)
    consortium.aggregator.claim(task, silo.address, REWARD // 2, sum_proof(earned, silo.address))
    assert sponsor.balance(silo.address) - before == REWARD // 2 == sponsor.claimed(task, silo.address)
    account = sponsor.treasury_account(task)
    assert account.claimed == account.total == REWARD // 2


def test_what_is_read_is_what_was_written(consortium: Consortium) -> None:
    sponsor, silo, task = consortium.sponsor, consortium.silos[1], consortium.task
    found = sponsor.task_of(task)
    assert found.enforced == consortium.enforced()
    assert found.spec_hash == SPEC_HASH
    mine = task_id(SPEC_HASH, found.enforced, sponsor.chain_id, sponsor.coordinator, sponsor.signer)
    assert found.task_id == mine
    assert sponsor.enrolment(task, silo.address).index == 1
    assert sponsor.participant_at(task, 1) == silo.address
    participant = sponsor.participant(silo.address)
    assert (participant.registered, participant.locked, participant.free) == (True, BOND, participant.stake - BOND)
    assert sponsor.master_of(silo.address) == silo.address
    grant = sponsor.grant_state(silo.grant)
    assert (grant.silo, grant.holder, grant.withdrawn_at) == (silo.address, silo.address, 0)
    assert sponsor.tasks() >= task
    assert sponsor.treasury_account(task).sponsor == sponsor.signer


def test_a_copied_commitment_cannot_be_opened_and_costs_the_bond(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path)
    task, sponsor, (victim, thief) = consortium.task, consortium.sponsor, consortium.silos
    sponsor.open_round(task)
    consortium.commit(victim, 1)
    stolen = sponsor.events(task, 1, ("UpdateCommitted",))[0].args
    thief.federation.commit(task, 1, stolen["commitment"], thief.grant, stolen["evidenceHash"])
    victim.federation.reveal(task, 1, victim.opening(1), "cas://victim")
    with pytest.raises(CommitmentMismatch, match=thief.address):
        thief.federation.reveal(task, 1, victim.opening(1), "cas://thief")
    assert sponsor.silent(task, 1) == [1]
    assert sponsor.slash_silent(task, 1) is None  # it can still open
    rpc.wait_until(consortium.w3, sponsor.round_state(task).deadline + 31)
    sponsor.slash_silent(task, 1)
    assert sponsor.slash_silent(task, 1) is None  # nothing is left to take
    assert sponsor.participant(thief.address).stake == 4 * BOND
    assert sponsor.participant(victim.address).stake == 5 * BOND
    held = sponsor.slashes(thief.address)
    assert [(one.taken, one.state) for one in held] == [(BOND, "held")]


def test_refusals_of_the_contracts_arrive_as_sentences(consortium: Consortium, tmp_path: Path) -> None:
    task, sponsor, silo = consortium.task, consortium.sponsor, consortium.silos[0]
    current = sponsor.round_state(task).round
    with pytest.raises(WrongPhase, match=rf"round {current + 7}"):
        silo.federation.commit(task, current + 7, bytes([1] * 32), silo.grant, bytes([1] * 32))
    with pytest.raises(SpecError, match="task 999 does not exist"):
        sponsor.task_of(999)
    with pytest.raises(ConsentError, match=r"0x0101.* is not on chain"):
        sponsor.grant_state(bytes([1] * 32))
    stranger = consortium.facade(funded(consortium.devnet))
    with pytest.raises(UnknownParticipant, match=r"not admitted"):
        stranger.enrol(task)
    with pytest.raises(UnknownParticipant, match=stranger.signer):
        stranger.master_of(stranger.signer)
    with pytest.raises(ContractRefused, match=rf"{silo.address} is not the task's sponsor, {sponsor.signer} is"):
        silo.federation.open_round(task)
    consortium.join(stranger, stake=BOND // 2)
    with pytest.raises(InsufficientStake, match=rf"{BOND // 2} wei of free stake, {BOND} wei"):
        stranger.enrol(task)


def test_who_leaves_and_comes_back_is_in_the_cohorts_it_stayed_for(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path, silos=2)
    task, sponsor, (stays, leaves) = consortium.task, consortium.sponsor, consortium.silos
    assert sponsor.in_cohort(task, 1, leaves.address)
    assert not sponsor.in_cohort(task, 1, sponsor.account)
    sponsor.open_round(task)
    leaves.federation.leave(task)
    assert [sponsor.in_cohort(task, round, leaves.address) for round in (1, 2)] == [True, False]
    sponsor.wait_until(sponsor.round_state(task).deadline + 1)
    assert sponsor.round_state(task).phase is Phase.VOIDED
    sponsor.tick(task)
    leaves.federation.release_bond(task, leaves.address)
    leaves.federation.enrol(task)
    assert sponsor.in_cohort(task, 2, leaves.address)
    assert sponsor.in_cohort(task, 2, stays.address)


def test_a_delegate_acts_for_its_master(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path, silos=1)
    silo, delegate = consortium.silos[0], consortium.facade(funded(devnet))
    assert delegate.account == delegate.signer
    silo.federation.set_delegate(delegate.signer)
    assert delegate.account == silo.address
    consortium.sponsor.open_round(consortium.task)
    opening = silo.opening(1)
    delegate.commit(consortium.task, 1, opening.digest(consortium.context(silo, 1)), silo.grant, silo.evidence(1))
    assert delegate.has_committed(consortium.task, 1, silo.address)
    assert not delegate.has_revealed(consortium.task, 1, silo.address)


def test_a_withdrawn_grant_stops_the_commit(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path, silos=1)
    silo = consortium.silos[0]
    consortium.sponsor.open_round(consortium.task)
    silo.federation.withdraw_grant(silo.grant)
    with pytest.raises(ConsentError, match="withdrawn at chain time"):
        consortium.commit(silo, 1)


def test_stakes_and_escrow_in_a_token_are_approved_and_counted(devnet: Devnet, w3: Web3, tmp_path: Path) -> None:
    account = funded(devnet)
    outbox = Outbox(tmp_path, w3, account)
    token = deploy_token(outbox)
    mint(outbox, token, account.address, 1000)
    deployment = deploy(w3, account, outbox, stake_token=token)
    federation = Federation(w3, deployment.coordinator, outbox)
    federation.register(bytes([1] * 32))
    federation.deposit(300)
    federation.deposit(300)
    assert federation.participant(account.address).stake == 600
    assert federation.balance(account.address, token) == 400
    assert federation.balance(deployment.registry, token) == 600


def test_an_interrupted_deployment_goes_on_where_it_stopped(devnet: Devnet, w3: Web3, tmp_path: Path) -> None:
    account, sent = funded(devnet), []

    class Killed(BaseException):
        pass

    def die(step: str, intent: str) -> None:
        sent.append(intent)
        if len(sent) == 14:
            raise Killed

    with pytest.raises(Killed):
        deploy(w3, account, Outbox(tmp_path, w3, account, on_step=die))
    deployment = deploy(w3, account, Outbox(tmp_path, w3, account))
    assert rpc.request_int(w3, "eth_getTransactionCount", [account.address, "latest"]) == 22
    assert deploy(w3, account, Outbox(tmp_path, w3, account)) == deployment
    assert deployment in find_deployments(w3)
    assert deployment_of(w3, deployment.coordinator).treasury == deployment.treasury
    assert Deployment.from_json(deployment.to_json()) == deployment


def test_a_wrong_address_is_no_coordinator(w3: Web3) -> None:
    with pytest.raises(ConfigurationError, match="no Coordinator at 0x000"):
        Federation(w3, NOBODY).tasks()


def test_without_a_signer_nothing_can_be_sent(consortium: Consortium) -> None:
    with pytest.raises(ConfigurationError, match="only reads"):
        Federation(consortium.w3, consortium.deployment.coordinator).tick(1)


def test_a_version_log_with_a_version_left_out_is_refused(consortium: Consortium) -> None:
    if len(consortium.sponsor.versions(consortium.task)) < 2:
        play_round(consortium)
    versions = consortium.sponsor.versions(consortium.task)
    head, registry = versions[-1].version_hash, consortium.deployment.models
    check_versions(versions, consortium.sponsor.chain_id, registry, head)
    for tampered in (versions[1:], versions[:-1]):
        with pytest.raises(SpecMismatch, match="read the log from another node"):
            check_versions(tampered, consortium.sponsor.chain_id, registry, head)


def test_a_round_whose_opening_the_node_does_not_show_is_asked_for_again(consortium: Consortium) -> None:
    """A node whose log lags behind its state gave an IndexError."""
    federation, none = consortium.sponsor, 1 << 20
    for read in (federation.started, federation.masking_members, federation.masking_seed, federation.dealing_keys):
        with pytest.raises(ChainUnreachable, match=f"the node shows no opening of round {consortium.task}/{none}"):
            read(consortium.task, none)


def test_rolling_back_appends_a_version_that_points_back(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path, silos=1)
    play_round(consortium)
    sponsor, task = consortium.sponsor, consortium.task
    sponsor.rollback(task, list(reversed(sponsor.versions(task))), "cas://why")
    versions = sponsor.versions(task)
    assert (versions[-1].kind, versions[-1].model_root, versions[-1].number) == (2, GENESIS, 2)
