"""A committee drawn on real nodes, from the header of a block fixed in advance, and a round that it rejects.

What the contracts refuse is tested in `contracts/test`; here is what only a node can show.
"""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.headers import encode_header, header_of
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.errors import ContentMismatch, ContractRefused, SpecError, WrongPhase
from prefect_federated.core.round import Phase, Status
from prefect_federated.core.words import hash_words, keccak256
from tests.adapters.evm.conftest import funded
from tests.adapters.evm.consortium import ETHER, Consortium

SIZE = 3
VOTE_TYPEHASH = keccak256(
    b"Vote(uint256 chainId,address committee,uint32 task,uint32 round,address member,bool accept,int64 metric,"
    b"bytes32 scoresHash,bytes32 salt)"
)


class Judged(Consortium):
    """A consortium whose task has a committee of three."""

    def enforced(self) -> Enforced:
        votes = {"committee": SIZE, "vote_window": 600, "vote_reveal_window": 600, "validator_bond": ETHER}
        return super().enforced().model_copy(update={**votes, "floor_bps": 5000})

    def validator(self) -> Federation:
        made = self.facade(self.account())
        self.join(made)
        self.write(self.sponsor, "admitReader", self.task, made.signer, True)
        self.write(made, "enlist", self.task, ETHER)
        return made

    def write(self, by: Federation, function: str, *values: Any) -> None:
        """What no method of the facade writes yet."""
        by._send("Committee", function, *values)

    def draw(self) -> list[str]:
        block = self.sponsor.call("Committee", "ballotOf", self.task)["drawBlock"]
        while rpc.request_int(self.w3, "eth_blockNumber", []) <= block:
            rpc.request(self.w3, "evm_mine", [])
        self.write(self.sponsor, "draw", self.task, header_of(self.w3, block))
        return [seat["member"] for seat in self.sponsor.call("Committee", "seatsOf", self.task)]


def test_a_committee_is_drawn_from_a_real_header_and_its_rejection_pays_floors(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Judged(devnet, tmp_path)
    sponsor, task = consortium.sponsor, consortium.task
    validators = {made.signer: made for made in (consortium.validator() for _ in range(SIZE))}
    sponsor.open_round(task)
    with pytest.raises(WrongPhase, match="draw after that block"):
        consortium.write(sponsor, "draw", task, b"")
    members = consortium.draw()
    assert set(members) == set(validators)

    for silo in consortium.silos:
        consortium.commit(silo, 1)
    for silo in consortium.silos:
        silo.federation.reveal(task, 1, silo.opening(1), "cas://payload")
    assert sponsor.round_state(task).phase is Phase.VOTE
    votes = [(False, -5, hashlib.sha256(b"scores").digest(), hashlib.sha256(one.encode()).digest()) for one in members]
    for seat, (member, vote) in enumerate(zip(members, votes, strict=True)):
        place = (sponsor.chain_id, sponsor.addresses.committee, task, 1, member)
        accept, metric, *rest = vote
        promise = hash_words(VOTE_TYPEHASH, *place, int(accept), (metric % 2**256).to_bytes(32, "big"), *rest)
        consortium.write(validators[member], "castVote", task, 1, seat, promise)
    assert sponsor.round_state(task).phase is Phase.VOTE_REVEAL
    for seat, vote in enumerate(votes):
        consortium.write(sponsor, "revealVote", task, 1, seat, vote, b"")

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
    block = consortium.sponsor.call("Committee", "ballotOf", consortium.task)["drawBlock"]
    while rpc.request_int(consortium.w3, "eth_blockNumber", []) <= block:
        rpc.request(consortium.w3, "evm_mine", [])
    with pytest.raises(ContentMismatch, match="encode that block's header"):
        consortium.write(consortium.sponsor, "draw", consortium.task, header_of(consortium.w3, block - 1))


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
