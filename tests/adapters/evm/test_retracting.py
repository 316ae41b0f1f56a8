"""Consent is withdrawn while a round runs: the commit comes out, nobody loses a bond, the log says so."""

from pathlib import Path

import pytest

from prefect_federated.adapters.evm.consent import sign_withdrawal
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.retracting import Running
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.core.errors import ConsentError, ContractRefused
from prefect_federated.core.round import Exclusion, Phase, Status
from tests.adapters.evm.consortium import REWARD, SPEC_HASH, Consortium, Silo


@pytest.fixture
def consortium(devnet: Devnet, tmp_path: Path) -> Consortium:
    """A round with three commits."""
    made = Consortium(devnet, tmp_path, silos=3)
    made.sponsor.open_round(made.task)
    for silo in made.silos:
        made.commit(silo, 1)
    return made


def reveal(consortium: Consortium, *silos: Silo) -> None:
    for silo in silos:
        silo.federation.reveal(consortium.task, 1, silo.opening(1), "cas://payload")


def test_withdrawal_takes_the_running_commit_out_in_the_same_transaction(consortium: Consortium) -> None:
    first, second, third = consortium.silos
    sponsor, task = consortium.sponsor, consortium.task
    assert [one.participant for one in sponsor.running_commits(first.grant)] == [first.address]
    sent = first.federation.withdraw_and_retract(first.grant)
    assert {event.name for event in sent.events} >= {"ConsentWithdrawn", "UpdateRetracted", "Left"}
    assert sponsor.running_commits(first.grant) == sponsor.withdrawn_commits(task) == []
    assert sponsor.has_revealed(task, 1, first.address)  # owes nothing
    reveal(consortium, second, third)
    assert sponsor.round_state(task).phase is Phase.AGGREGATE
    assert [one.participant for one in sponsor.reveals(task, 1)] == [second.address, third.address]
    assert sponsor.slash_silent(task, 1) is None
    log = read_round_log(sponsor, task, 1)
    assert log.retracted == {first.address: "reveal"}  # everybody had committed: Reveal had begun
    assert Exclusion(first.address, "reveal", "consent withdrawn") in log.participation({}).excluded
    assert sponsor.enrolment(task, first.address).waits_until == 1 + consortium.enforced().wait_rounds
    with pytest.raises(ContractRefused, match=f"round {1 + consortium.enforced().wait_rounds} has begun"):
        first.federation.enrol(task)


def test_opened_update_comes_out_and_anybody_may_see_to_it(consortium: Consortium) -> None:
    first, second, third = consortium.silos
    sponsor, task = consortium.sponsor, consortium.task
    reveal(consortium, first, second)
    first.federation.withdraw_grant(first.grant)
    (commit,) = sponsor.withdrawn_commits(task)
    assert (commit.participant, sponsor.withdrawn_commits(task, second.address)) == (first.address, [])
    third.federation.retract(commit)
    assert [one.participant for one in sponsor.reveals(task, 1)] == [second.address]
    assert sponsor.round_state(task).revealed == 1
    reveal(consortium, third)
    sent = consortium.aggregator.propose(task, 1, consortium.proposal(2))
    assert sent.event("RoundAggregated")
    log = read_round_log(sponsor, task, 1)
    assert log.revealed == log.aggregated == (second.address, third.address)
    assert log.status is Status.NONE


def test_retraction_of_a_commit_whose_grant_stands_is_refused_with_what_to_do(consortium: Consortium) -> None:
    first, second, _ = consortium.silos
    (commit,) = consortium.sponsor.running_commits(first.grant)
    with pytest.raises(ConsentError, match="is not withdrawn; withdraw it first"):
        second.federation.retract(commit)
    first.federation.withdraw_grant(first.grant)
    another = Running(commit.task, 1, commit.participant, bytes(31) + b"1", commit.evidence_hash, commit.grant_id)
    with pytest.raises(ContractRefused, match="has no such commit standing"):
        second.federation.retract(another)


def test_signed_withdrawal_takes_the_commit_out_whoever_brings_it(consortium: Consortium) -> None:
    holder, relayer, _ = consortium.silos
    sponsor = consortium.sponsor
    deadline = sponsor.chain_time() + 100
    signed = sign_withdrawal(holder.account, sponsor.addresses.consent, sponsor.chain_id, holder.grant, deadline)
    sent = relayer.federation.withdraw_and_retract_by_signature(holder.grant, deadline, signed)
    assert sent.event("UpdateRetracted").args["participant"] == holder.address


def test_withdrawal_after_the_round_takes_nothing_out(consortium: Consortium) -> None:
    first, sponsor = consortium.silos[0], consortium.sponsor
    reveal(consortium, *consortium.silos)
    sent = first.federation.withdraw_and_retract(first.grant)
    assert not {"UpdateRetracted", "NotRetracted"} & {event.name for event in sent.events}
    assert len(sponsor.reveals(consortium.task, 1)) == 3


def test_where_everybody_is_needed_whoever_withdrew_may_come_back_at_once(consortium: Consortium) -> None:
    """Waiting is counted in rounds, and none could open without it."""
    sponsor, everybody = consortium.sponsor, {"quorum": 3, "max_participants": 3, "wait_rounds": 1}
    enforced = consortium.enforced().model_copy(update=everybody)
    task = consortium.task = sponsor.create_task(enforced, SPEC_HASH, "cas://spec")
    sponsor.fund(task, 10 * REWARD)
    consortium.aggregator.accept_duty(task)
    for silo in consortium.silos:
        silo.federation.enrol(task)
    sponsor.open_round(task)
    leaver = consortium.silos[2]
    consortium.commit(leaver, 1)
    leaver.federation.withdraw_and_retract(leaver.grant)
    sponsor.wait_until(sponsor.round_state(task).deadline + 1)
    sponsor.tick(task)
    assert sponsor.round_state(task).phase is Phase.VOIDED
    with pytest.raises(ContractRefused, match="2 participants ready, a round needs 3"):
        sponsor.open_round(task)
    leaver.federation.enrol(task)
    sponsor.open_round(task)
    assert sponsor.round_state(task).round == 2
