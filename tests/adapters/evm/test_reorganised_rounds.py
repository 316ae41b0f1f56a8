"""A chain that takes blocks back between commit and reveal: no opening is out before commits are final."""

from pathlib import Path

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.errors import WrongPhase
from prefect_federated.core.round import Phase
from tests.adapters.evm.consortium import Consortium

GAP_S = 64


class PatientConsortium(Consortium):
    """Commits are final after 64 seconds, and only then may anybody open."""

    def enforced(self) -> Enforced:
        return super().enforced().model_copy(update={"finality_gap": GAP_S})


def test_a_commit_that_a_reorganisation_took_back_is_made_again_and_opens(anvil: Devnet, tmp_path: Path) -> None:
    consortium = PatientConsortium(anvil, tmp_path)
    task, sponsor, (first, second) = consortium.task, consortium.sponsor, consortium.silos
    sponsor.open_round(task)
    rpc.request(consortium.w3, "evm_mine", [])
    consortium.commit(first, 1)
    before = sponsor.commitment_of(task, 1, first.address)
    rpc.request(consortium.w3, "anvil_reorg", [1, []])
    assert not sponsor.has_committed(task, 1, first.address)
    consortium.commit(first, 1)
    assert sponsor.commitment_of(task, 1, first.address) == before
    consortium.commit(second, 1)
    rpc.wait_until(consortium.w3, sponsor.round_state(task).opens_at)
    for silo in (first, second):
        silo.federation.reveal(task, 1, silo.opening(1), "cas://payload")
    assert sponsor.round_state(task).revealed == 2


def test_no_opening_can_be_seen_while_a_commit_could_still_be_taken_back(anvil: Devnet, tmp_path: Path) -> None:
    """Who saw an opening and could then commit anew would copy the work: the gap keeps the two apart."""
    consortium = PatientConsortium(anvil, tmp_path)
    task, sponsor, (victim, thief) = consortium.task, consortium.sponsor, consortium.silos
    sponsor.open_round(task)
    consortium.commit(victim, 1)
    consortium.commit(thief, 1)
    state = sponsor.round_state(task)
    assert state.phase == Phase.REVEAL
    assert state.opens_at >= sponsor.chain_time() + GAP_S - 1
    with pytest.raises(WrongPhase):
        victim.federation.reveal(task, 1, victim.opening(1), "cas://victim")
    rpc.request(consortium.w3, "anvil_reorg", [1, []])  # the thief's commit, but nothing of the victim's is out
    assert not sponsor.has_committed(task, 1, thief.address)
    assert sponsor.reveals(task, 1) == []
