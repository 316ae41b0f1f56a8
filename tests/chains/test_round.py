"""One full round with the shipped artifacts on every kind of node, and on anvil set up like every known chain."""

from pathlib import Path

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.chains import PROFILES
from prefect_federated.core.errors import WrongPhase
from prefect_federated.core.rewards import sum_proof
from prefect_federated.core.round import Phase, Status
from tests.adapters.evm.consortium import REWARD
from tests.chains.conftest import Opened
from tests.chains.rehearsed import Rehearsed

PLACES = ("eth-tester", *PROFILES, "hardhat")


@pytest.mark.parametrize("name", PLACES)
def test_a_round_goes_from_open_to_claim_and_reveals_nothing_before_commits_are_final(
    name: str, opened: Opened, reference: Rehearsed, tmp_path: Path
) -> None:
    here = Rehearsed(opened(name), tmp_path)
    assert rpc.chain_id_of(here.w3) == here.place.profile.chain_id
    assert here.code() == reference.code()
    task, sponsor, profile = here.task, here.sponsor, here.place.profile
    sponsor.open_round(task)
    for silo in here.silos:
        here.commit(silo, 1)
    committed = sponsor.block_number()
    if profile.finality_s:
        assert sponsor.final_block() < committed
        with pytest.raises(WrongPhase):
            here.silos[0].federation.reveal(task, 1, here.silos[0].opening(1), "cas://early")
        here.let_finality_pass()
    assert sponsor.final_block() >= committed
    for silo in here.silos:
        silo.federation.reveal(task, 1, silo.opening(1), f"cas://{silo.address}")
    proposal = here.proposal(len(here.silos))
    here.aggregator.propose(task, 1, proposal)
    rpc.wait_until(here.w3, sponsor.round_state(task).deadline + 1)
    sponsor.settle(task, 1, proposal)
    state = sponsor.round_state(task)
    assert (state.phase, state.status, state.committed, state.revealed) == (Phase.SETTLED, Status.SUCCESS, 2, 2)
    earner, half = here.silos[0].address, REWARD // 2
    before = sponsor.balance(earner)
    here.aggregator.claim(task, earner, half, sum_proof({earner: half}, earner))
    assert sponsor.balance(earner) - before == half
    assert [version.number for version in sponsor.versions(task)] == [0, 1]
