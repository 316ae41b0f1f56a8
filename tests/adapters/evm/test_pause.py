"""A pause as its users meet it: commits wait, deadlines move, a grant needs to last no longer, the rest goes on."""

from pathlib import Path

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.core.errors import ContractRefused, WrongPhase
from prefect_federated.core.round import Phase
from tests.adapters.evm.consortium import Consortium


def test_a_pause_holds_commits_up_and_moves_the_deadline(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path)
    sponsor, task, (first, second) = consortium.sponsor, consortium.task, consortium.silos
    sponsor.open_round(task)
    consortium.commit(first, 1)
    before, on_chain = sponsor.round_state(task), sponsor.task_of(task)
    reads_until = sponsor.reads_until(before, on_chain)

    until = sponsor.chain_time() + 3600
    sponsor.pause(until)
    assert second.federation.paused_until() == until
    moved = sponsor.round_state(task)
    at = sponsor.chain_time()
    assert moved.deadline == before.deadline + until - at
    assert sponsor.reads_until(moved, on_chain) == reads_until
    with pytest.raises(WrongPhase, match=f"paused until chain time {until}"):
        consortium.commit(second, 1)
    with pytest.raises(ContractRefused, match="never cut short"):
        sponsor.pause(until - 1)
    second.federation.leave(task)

    rpc.wait_until(consortium.w3, until + 1)
    assert second.federation.paused_until() == 0
    consortium.commit(second, 1)
    assert sponsor.round_state(task).phase is Phase.REVEAL
    with pytest.raises(ContractRefused, match="the next pause may begin"):
        sponsor.pause(sponsor.chain_time() + 60)
