"""A committee drawn on real nodes, from the header of a block fixed in advance, and a round that it rejects.

What the contracts refuse is tested in `contracts/test`; here is what only a node can show.
"""

import hashlib
from pathlib import Path

import pytest
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.headers import encode_header, header_of
from prefect_federated.core.committee import VoteState
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.errors import ContentMismatch, ContractRefused, SpecError, WrongPhase
from prefect_federated.core.round import Phase, Status
from prefect_federated.core.vote import Vote
from tests.adapters.evm.conftest import funded
from tests.adapters.evm.consortium import ETHER, Consortium

SIZE = 3


class Judged(Consortium):
    """A consortium whose task has a committee of three."""

    def enforced(self) -> Enforced:
        votes = {"committee": SIZE, "vote_window": 600, "vote_reveal_window": 600, "validator_bond": ETHER}
        return super().enforced().model_copy(update={**votes, "floor_bps": 5000})

    def validator(self) -> Federation:
        made = self.facade(self.account())
        self.join(made)
        self.sponsor.admit_reader(self.task, made.signer, True)
        made.enlist(self.task, ETHER)
        return made

    def wait_for_draw(self) -> int:
        """Until the fixed block can be drawn from; its number."""
        block = self.sponsor.ballot(self.task).draw_block
        self.sponsor.wait_for_block(block + 1)
        return block

    def draw(self) -> list[str]:
        self.wait_for_draw()
        self.sponsor.draw(self.task)
        return [seat.member for seat in self.sponsor.seats(self.task)]


def test_a_committee_is_drawn_from_a_real_header_and_its_rejection_pays_floors(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Judged(devnet, tmp_path)
    sponsor, task = consortium.sponsor, consortium.task
    validators = {made.signer: made for made in (consortium.validator() for _ in range(SIZE))}
    sponsor.open_round(task)
    with pytest.raises(WrongPhase, match="draw after that block"):
        sponsor._send("Committee", "draw", task, b"")
    members = consortium.draw()
    assert set(members) == set(validators)

    for silo in consortium.silos:
        consortium.commit(silo, 1)
    for silo in consortium.silos:
        silo.federation.reveal(task, 1, silo.opening(1), "cas://payload")
    assert sponsor.round_state(task).phase is Phase.VOTE
    votes = [Vote(False, -5, bytes(32), hashlib.sha256(one.encode()).digest()) for one in members]
    for seat, (member, vote) in enumerate(zip(members, votes, strict=True)):
        promise = vote.digest(sponsor.ballot_context(task, 1, member))
        validators[member].cast_vote(task, 1, seat, promise)
    assert sponsor.round_state(task).phase is Phase.VOTE_REVEAL
    for seat, vote in enumerate(votes):
        sponsor.reveal_vote(task, 1, seat, vote, b"")
    assert {(one.state, one.accept, one.metric) for one in sponsor.seats(task)} == {(VoteState.REVEALED, False, -5)}
    assert sponsor.votes_are_final(task, 1) and sponsor.median_metric(task, 1) is None

    state = sponsor.round_state(task)
    assert (state.phase, state.status) == (Phase.SETTLED, Status.REJECTED)
    assert sponsor.treasury_account(task).floors > 0
    with pytest.raises(WrongPhase):  # floors can be fetched for one challenge window
        sponsor.open_round(task)


def test_the_header_of_another_block_draws_nothing(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Judged(devnet, tmp_path, silos=1)
    for _ in range(SIZE):
        consortium.validator()
    consortium.sponsor.open_round(consortium.task)
    block = consortium.wait_for_draw()
    with pytest.raises(ContentMismatch, match="encode that block's header"):
        consortium.sponsor._send("Committee", "draw", consortium.task, header_of(consortium.w3, block - 1))


def test_everybody_who_may_be_drawn_reads_until_the_draw_and_then_the_members_alone(
    devnet: Devnet, tmp_path: Path
) -> None:
    consortium = Judged(devnet, tmp_path, silos=1)
    sponsor, task = consortium.sponsor, consortium.task
    able = {consortium.validator().signer for _ in range(SIZE + 2)}
    sponsor.open_round(task)
    late = consortium.validator().signer  # from the next round on
    assert set(sponsor.panel(task, 1)) == able
    members = consortium.draw()
    assert list(sponsor.panel(task, 1)) == members and len(members) == SIZE and set(members) < able
    consortium.sponsor.wait_until(sponsor.round_state(task).deadline + 1)  # nobody has committed: void
    sponsor.open_round(task)
    assert list(sponsor.panel(task, 1)) == members and set(sponsor.panel(task, 2)) == able | {late}
    assert sponsor.panel(task, 3) == ()


def test_validator_that_resigned_is_released_with_its_bond_once_its_last_round_is_over(
    devnet: Devnet, tmp_path: Path
) -> None:
    consortium = Judged(devnet, tmp_path, silos=1)
    leaver, *_ = [consortium.validator() for _ in range(SIZE)]
    consortium.sponsor.open_round(consortium.task)
    leaver.resign(consortium.task)
    with pytest.raises(ContractRefused, match="when that round is over"):
        leaver.release_validator(consortium.task, leaver.signer)
    consortium.sponsor.wait_until(consortium.sponsor.round_state(consortium.task).deadline + 1)
    leaver.release_validator(consortium.task, leaver.signer)
    assert leaver.participant(leaver.signer).locked == 0
    assert leaver.signer not in {one.account for one in leaver.validators(consortium.task)}


def test_a_round_needs_as_many_validators_as_seats(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Judged(devnet, tmp_path, silos=1)
    with pytest.raises(ContractRefused, match=f"0 validators for {SIZE} seats"):
        consortium.sponsor.open_round(consortium.task)


def test_a_header_whose_fields_do_not_hash_to_its_hash_is_refused(w3: Web3) -> None:
    block = rpc.request(w3, "eth_getBlockByNumber", ["latest", False])
    encode_header(block)
    with pytest.raises(ContentMismatch, match="hashes to"):
        encode_header({**block, "mixHash": "0x" + "11" * 32})
    with pytest.raises(ContentMismatch, match="knows no block"):
        header_of(w3, 10**9)


def test_committees_are_never_drawn_from_the_block_that_opens_the_round(devnet: Devnet, tmp_path: Path) -> None:
    w3 = rpc.connect(devnet.url, devnet.chain_id)
    with pytest.raises(SpecError, match="at least one block"):
        deploy(w3, funded(devnet), draw_delay=0)
