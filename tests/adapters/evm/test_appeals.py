"""Appeals on a real chain: the wrongly accused is made whole, silence ends by itself, everybody finds what it is owed.

What the contracts refuse is tested in `contracts/test/Appeals.t.sol`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.appealing import Ruling, Slash
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import ContractRefused, WrongPhase
from tests.adapters.evm.consortium import BOND, Consortium, Silo


@pytest.fixture
def scene(devnet: Devnet, tmp_path: Path) -> Iterator[Consortium]:
    """A round in which the second of two silos stayed silent and was slashed."""
    consortium = Consortium(devnet, tmp_path)
    sponsor, task = consortium.sponsor, consortium.task
    sponsor.open_round(task)
    for silo in consortium.silos:
        consortium.commit(silo, 1)
    consortium.silos[0].federation.reveal(task, 1, consortium.silos[0].opening(1), "cas://first")
    rpc.wait_until(consortium.w3, sponsor.round_state(task).deadline + 31)
    sponsor.slash_silent(task, 1)
    yield consortium


def silent(scene: Consortium) -> Silo:
    return scene.silos[1]


def the_slash(scene: Consortium) -> Slash:
    (slash,) = scene.sponsor.slashes()
    return slash


def wait_past(w3: Web3, until: int) -> None:
    rpc.wait_until(w3, until + 1)


def test_an_accepted_appeal_makes_the_slashed_whole_to_the_wei(scene: Consortium) -> None:
    accused, slash = silent(scene), the_slash(scene)
    assert (slash.participant, slash.taken, slash.accuser) == (accused.address, BOND, NOBODY)
    stake = accused.federation.participant(accused.address).stake
    accused.federation.open_appeal(slash.id, "cas://why")
    appealed = the_slash(scene)
    assert appealed.appealed and appealed.why == "cas://why" and appealed.until > slash.until - 1
    scene.sponsor.answer_appeal(slash.id, Ruling.ACCEPT)  # the administrator of a `dev` deployment arbitrates
    assert accused.federation.participant(accused.address).stake == stake + BOND
    deposit = scene.sponsor.appeal_terms().deposit
    assert scene.sponsor.appeal_deposit_of(accused.address) == deposit
    before = scene.sponsor.balance(accused.address)
    scene.sponsor.collect_appeal_deposit(accused.address)
    assert scene.sponsor.balance(accused.address) - before == deposit
    assert (the_slash(scene).state, the_slash(scene).ruling) == ("restored", Ruling.ACCEPT)


def test_a_silent_arbitrator_locks_nothing_longer_than_the_period(scene: Consortium) -> None:
    accused, slash = silent(scene), the_slash(scene)
    accused.federation.open_appeal(slash.id, "cas://why")
    until = the_slash(scene).until
    assert until - scene.sponsor.chain_time() <= scene.sponsor.appeal_terms().period_s
    assert accused.federation.close_appeals() == []
    wait_past(scene.w3, until)
    with pytest.raises(WrongPhase, match=f"until chain time {until}"):
        scene.sponsor.answer_appeal(slash.id, Ruling.REJECT)
    treasury = scene.sponsor.slashed_funds()
    assert accused.federation.close_appeals() == [slash.id]
    assert scene.sponsor.slashed_funds() - treasury == BOND
    assert (the_slash(scene).state, the_slash(scene).ruling) == ("upheld", Ruling.DRAW)


def test_what_nobody_appeals_goes_to_the_treasury_after_the_window(scene: Consortium) -> None:
    slash, treasury = the_slash(scene), scene.sponsor.slashed_funds()
    assert slash.until - slash.at == scene.sponsor.appeal_terms().window_s
    wait_past(scene.w3, slash.until)
    with pytest.raises(WrongPhase, match="it stands"):
        silent(scene).federation.open_appeal(slash.id, "cas://late")
    assert scene.sponsor.close_appeals() == [slash.id]
    assert scene.sponsor.close_appeals() == []
    assert scene.sponsor.slashed_funds() - treasury == BOND
    assert the_slash(scene).state == "upheld"


def test_a_rejected_appeal_costs_its_deposit_and_only_the_arbitrator_answers(scene: Consortium) -> None:
    accused, slash = silent(scene), the_slash(scene)
    with pytest.raises(ContractRefused, match=f"took from {accused.address}"):
        scene.silos[0].federation.open_appeal(slash.id, "cas://why")
    accused.federation.open_appeal(slash.id, "cas://why")
    with pytest.raises(ContractRefused, match="lacks the role"):
        accused.federation.answer_appeal(slash.id, Ruling.ACCEPT)
    treasury, deposit = scene.sponsor.slashed_funds(), scene.sponsor.appeal_terms().deposit
    scene.sponsor.answer_appeal(slash.id, Ruling.REJECT)
    assert scene.sponsor.slashed_funds() - treasury == deposit
    assert scene.sponsor.appeal_deposit_of(accused.address) == 0
