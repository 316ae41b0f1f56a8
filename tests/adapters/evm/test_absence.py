"""Who does not commit is noted as absent, and un-enrolled after `max_misses` rounds in a row."""

import dataclasses
from pathlib import Path

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from tests.adapters.evm.consortium import Consortium


def test_who_misses_three_rounds_in_a_row_is_unenrolled(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path)
    task, sponsor, (there, away) = consortium.task, consortium.sponsor, consortium.silos
    for round in (1, 2, 3):
        sponsor.open_round(task)
        consortium.commit(there, round)
        assert sponsor.enrolment(task, away.address).enrolled
        rpc.wait_until(consortium.w3, sponsor.round_state(task).deadline + 1)
        sponsor.tick(task)
        there.federation.reveal(task, round, there.opening(round), "cas://there")
        assert sponsor.absent(task, round) == [1]
        sponsor.note_absent(task, round)
        assert sponsor.note_absent(task, round) is None  # noted already
        assert sponsor.enrolment(task, away.address).misses == round
        proposal = dataclasses.replace(consortium.proposal(1), reward_total=sponsor.treasury_account(task).total)
        consortium.aggregator.propose(task, round, proposal)
        rpc.wait_until(consortium.w3, sponsor.round_state(task).deadline + 1)
        sponsor.settle(task, round, proposal)
    assert not sponsor.enrolment(task, away.address).enrolled
    assert sponsor.enrolment(task, there.address).misses == 0
    sponsor.release_bond(task, away.address)  # the round that held it is over
    assert sponsor.participant(away.address).locked == 0
