"""`federated poster` and `federated relay --roll`: enlisted with a bond, two roots a round, out again."""

from pathlib import Path

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.keys import create_keystore
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.core.round import Phase
from tests.cli.conftest import Cli, SmallFederation
from tests.cli.test_relay import leave, signed

PASSWORD, ETHER = "correct horse", 10**18


@pytest.fixture
def rolled(fresh: SmallFederation) -> SmallFederation:
    """The federation with a task that takes rolls in place of its own."""
    sponsor, enforced = fresh.parties["sponsor"].federation, fresh.spec.enforced.model_copy(update={"modes": 7})
    fresh.task = sponsor.create_task(enforced, fresh.spec.spec_hash, "cas://x", label="rolled")
    sponsor.fund(fresh.task, 9 * enforced.round_reward)
    fresh.parties["aggregator"].federation.accept_duty(fresh.task)
    for silo in fresh.silos:
        silo.federation.enrol(fresh.task)
    return fresh


def test_poster_enlists_posts_two_roots_resigns_and_is_released(
    cli: Cli, rolled: SmallFederation, tmp_path: Path
) -> None:
    home, task = tmp_path / "poster", str(rolled.task)
    address = create_keystore(home / "keystore.json", PASSWORD, dev=True)
    rpc.set_balance(rolled.w3, address, 10 * ETHER)
    options = ["--keystore", str(home / "keystore.json"), "--home", str(home), *rolled.options]
    for said in ("may post the rolls", "nothing to do"):
        result = cli("poster", "enlist", task, *options, "--sealing-key", str(home / "sealing.pem"))
        assert result.exit_code == 0 and said in result.stdout, result.output
    bond = str(rolled.spec.enforced.aggregator_bond)
    assert cli.json("poster", "show", task, address, *rolled.options) == {
        "account": address,
        "bond_wei": bond,
        "until_round": None,
        "round": None,
        "leaves": 0,
        "opened": 0,
        "state": "none",
    }
    round, mailbox = rolled.open_round(), tmp_path / "mailbox"
    for silo in rolled.silos:
        leave(rolled, mailbox, round, signed(rolled, silo, round))
    relay = ("relay", task, "--mailbox", str(mailbox), "--roll", *options)
    assert "name it with --store" in cli(*relay).stderr
    relay = (*relay, "--store", rolled.store_address)
    posted = cli(*relay, "--no-receipts").output
    assert "3 commits brought" in posted and "receipts" not in posted
    again = cli(*relay).output
    assert "0 commits brought" in again and "3 receipts left" in again
    assert "receipts" not in cli(*relay).output
    reader = rolled.reader
    reader.read_rolls_from(rolled.store)
    reader.wait_until(reader.round_state(rolled.task).deadline + 1)
    for silo in rolled.silos:
        opening = silo.federation.sign_opening(rolled.task, round, rolled.opening(silo, round), "cas://payload")
        leave(rolled, mailbox, round, opening)
    assert "3 openings brought" in cli(*relay).output
    assert reader.round_state(rolled.task).phase == Phase.REVEAL  # whoever wants to may still leave the roll
    assert len(read_round_log(reader, rolled.task, round).revealed) == 3
    state = ("round", "status", task, "1", *rolled.options)
    assert cli.json(*state)["revealed"] == []
    assert len(cli.json(*state, "--store", rolled.store_address)["revealed"]) == 3
    shown = cli.json("poster", "show", task, address, *rolled.options)
    assert (shown["round"], shown["leaves"], shown["opened"], shown["state"]) == (1, 3, 3, "opened")
    for _ in range(2):
        assert "round 1 is its last" in cli("poster", "resign", task, *options).stdout
    early = cli("poster", "release", task, *options)
    assert early.exit_code == 7 and "is held until round 1 is over" in early.stderr
    for _ in (Phase.REVEAL, Phase.AGGREGATE):
        reader.wait_until(reader.round_state(rolled.task).deadline + 1)
    rolled.parties["sponsor"].federation.tick(rolled.task)
    reader.wait_until(reader.round_state(rolled.task).deadline + 2 * 60 + 1)
    assert "are free" in cli("poster", "release", task, *options).stdout
    assert reader.participant(address).locked == 0


def test_task_without_rolls_takes_no_poster(cli: Cli, fresh: SmallFederation) -> None:
    result = cli("poster", "enlist", str(fresh.task), *fresh.parties["silo-0"].options, *fresh.options)
    assert result.exit_code == 7 and "modes 5 or 7" in result.stderr


def test_who_never_enlisted_cannot_resign(cli: Cli, rolled: SmallFederation) -> None:
    result = cli("poster", "resign", str(rolled.task), *rolled.parties["silo-0"].options, *rolled.options)
    assert result.exit_code == 7 and "holds no poster's bond" in result.stderr
