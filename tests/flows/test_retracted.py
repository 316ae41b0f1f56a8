"""Consent is withdrawn in Reveal: a silo takes its own commit out, the aggregator another one; the round goes on."""

from pathlib import Path

import pytest

from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.core.round import Exclusion, Phase
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS, Found

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = HOSPITALS


def part(consortium: Consortium, name: str) -> str:
    return take_part(consortium.members[name].open(), consortium.task)


def withdraw(consortium: Consortium, name: str) -> None:
    grant = consortium.members[name].open().consent_record().grant_id
    consortium.federation(f"{name}-dpo").withdraw_grant(grant)


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
def test_silo_and_aggregator_take_withdrawn_commits_out(
    prefect_api: str, found: Found, tmp_path: Path, paused: bool
) -> None:
    consortium = found(tmp_path, rounds=1, quorum=1)
    task, federation, aggregator = consortium.task, consortium.federation(), consortium.aggregator.open()
    open_round(consortium.sponsor.open(), task)
    assert [part(consortium, name) for name in HOSPITALS] == ["commit", "commit", "commit, reveal"]
    if paused:
        consortium.federation("sponsor").pause(federation.chain_time() + 600)
    withdraw(consortium, THIRD)  # it has opened already, and does not look again
    assert bring_on(aggregator, task) == "retract"
    withdraw(consortium, FIRST)
    assert part(consortium, FIRST) == "retract"
    assert part(consortium, SECOND) == "reveal"
    assert federation.round_state(task).phase is Phase.AGGREGATE  # nobody else is waited for
    assert bring_on(aggregator, task) == "aggregate"
    log = read_round_log(federation, task, 1)
    accounts = {name: consortium.ground.accounts[name].address for name in HOSPITALS}
    assert log.aggregated == (accounts[SECOND],)
    assert log.participation({}).excluded == tuple(
        Exclusion(accounts[name], "reveal", "consent withdrawn") for name in (FIRST, THIRD)
    )
    assert not log.slashed and bool(federation.paused_until()) == paused
    assert [part(consortium, name) for name in (FIRST, THIRD)] == ["nothing", "nothing"]
