"""Signed votes on real nodes: whoever pays brings them, nobody can alter them, two of one member cost its bond."""

import hashlib
from pathlib import Path

import pytest

from prefect_federated.adapters.bringing_votes import bring, prove_conflict
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.core.committee import VoteState
from prefect_federated.core.errors import CommitmentMismatch, ContractRefused, SpecError
from prefect_federated.core.round import Phase
from prefect_federated.core.signed_votes import OpenVote, SignedVote
from prefect_federated.core.vote import Vote
from tests.adapters.evm.consortium import ETHER
from tests.adapters.evm.test_committee import SIZE, Judged


class Voting(Judged):
    """In Vote of its first round; its sponsor brings what members sign."""

    def come_to_vote(self) -> dict[str, Federation]:
        """The members by account, in the order of seats."""
        made = {one.signer: one for one in (self.validator() for _ in range(SIZE))}
        self.sponsor.open_round(self.task)
        members = self.draw()
        for silo in self.silos:
            self.commit(silo, 1)
        for silo in self.silos:
            silo.federation.reveal(self.task, 1, silo.opening(1), "cas://payload")
        return {account: made[account] for account in members}

    def promise(self, member: Federation, vote: Vote) -> SignedVote:
        context = self.sponsor.ballot_context(self.task, 1, member.signer)
        return member.sign_vote(context, vote.digest(context))

    def opened(self, member: Federation, vote: Vote, scores: bytes = b"") -> OpenVote:
        return OpenVote.of(self.sponsor.ballot_context(self.task, 1, member.signer), vote, scores)


def vote_of(member: str, accept: bool = True) -> Vote:
    return Vote(accept, 5, bytes(32), hashlib.sha256(member.encode()).digest())


def test_signed_votes_that_others_bring_decide_the_round(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Voting(devnet, tmp_path, silos=1)
    sponsor, task, members = consortium.sponsor, consortium.task, consortium.come_to_vote()
    promises = [consortium.promise(member, vote_of(account)) for account, member in members.items()]
    gas = [sent.gas_used for promise in promises if (sent := bring(sponsor, promise).sent)]
    assert len(gas) == SIZE and bring(sponsor, promises[0]).sent is None
    assert sponsor.round_state(task).phase is Phase.VOTE_REVEAL
    for account, member in members.items():
        opened = consortium.opened(member, vote_of(account))
        assert bring(sponsor, opened).sent is not None and bring(sponsor, opened).sent is None
    assert {(seat.state, seat.accept) for seat in sponsor.seats(task)} == {(VoteState.REVEALED, True)}
    assert sponsor.round_state(task).phase is Phase.AGGREGATE


def test_nobody_but_the_member_can_say_what_it_promises(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Voting(devnet, tmp_path, silos=1)
    sponsor, members = consortium.sponsor, list(consortium.come_to_vote().values())
    promise = consortium.promise(members[0], vote_of("a"))
    spoilt = [
        promise.model_copy(update={"commitment": b"\1" * 32}),
        promise.model_copy(update={"member": members[1].signer}),
        promise.model_copy(update={"r": bytes(32)}),
    ]
    for file in spoilt:
        assert not sponsor.is_signed_vote(file)
        with pytest.raises(ContractRefused, match="have the member sign again"):
            bring(sponsor, file)
        with pytest.raises(ContractRefused, match="neither signed nor cast"):  # the contract, asked all the same
            sponsor.attest(file, next(s.number for s in sponsor.seats(consortium.task) if s.member == file.member))
    assert sponsor.is_signed_vote(promise)


def test_a_vote_brought_with_scores_that_no_task_asked_for_is_refused(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Voting(devnet, tmp_path, silos=1)
    members = consortium.come_to_vote()
    for account, member in members.items():
        bring(consortium.sponsor, consortium.promise(member, vote_of(account)))
    account, member = next(iter(members.items()))
    with pytest.raises(SpecError, match="do not suit task"):
        bring(consortium.sponsor, consortium.opened(member, vote_of(account), bytes(4)))
    with pytest.raises(ContractRefused, match="promised was"):
        bring(consortium.sponsor, consortium.opened(member, vote_of(account, accept=False)))
    with pytest.raises(CommitmentMismatch, match="does not hash"):  # the contract, asked all the same
        consortium.sponsor.show_open_vote(consortium.opened(member, vote_of(account, accept=False)), 0)


def test_two_signed_votes_cost_the_bond_also_after_the_ballot(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Voting(devnet, tmp_path, silos=1)
    sponsor, task, members = consortium.sponsor, consortium.task, consortium.come_to_vote()
    account, member = next(iter(members.items()))
    first, second = (consortium.promise(member, vote_of(account, accept)) for accept in (True, False))
    bring(sponsor, first)
    sponsor.wait_until(sponsor.round_state(task).deadline + 1)
    sponsor.wait_until(sponsor.round_state(task).deadline + 601)  # VoteReveal, once more: too few votes, void
    assert sponsor.round_state(task).phase is Phase.VOIDED
    event = prove_conflict(sponsor, first, second).event("ValidatorSlashed")
    assert (event.args["account"], event.args["taken"], event.args["bounty"]) == (account, ETHER, ETHER // 2)
    with pytest.raises(ContractRefused, match="no validator of task"):
        prove_conflict(consortium.silos[0].federation, first, second)
