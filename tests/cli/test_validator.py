"""`federated validator`: admitted by the sponsor, enlisted with a bond, out again; each command may be repeated."""

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.keys import create_keystore

PASSWORD, ETHER = "correct horse", 10**18
COMMITTEE = {"committee": 1, "vote_window": 600, "vote_reveal_window": 600, "validator_bond": ETHER}


@pytest.fixture
def task(fresh) -> int:
    """A task with a committee of one, beside the federation's own."""
    enforced = fresh.spec.enforced.model_copy(update=COMMITTEE)
    return fresh.parties["sponsor"].federation.create_task(enforced, fresh.spec.spec_hash, "cas://x", label="judged")


@pytest.fixture
def newcomer(fresh, tmp_path):
    """An account with money and a keystore that the federation has not met: (address, options)."""
    home = tmp_path / "validator"
    address = create_keystore(home / "keystore.json", PASSWORD, dev=True)
    rpc.set_balance(fresh.w3, address, 10 * ETHER)
    key = ["--sealing-key", home / "sealing.pem"]
    return address, ["--keystore", home / "keystore.json", "--home", home, *fresh.options], key


def admit(cli, fresh, task, address, *more):
    return cli("validator", "admit", task, address, *fresh.parties["sponsor"].options, *fresh.options, *more)


def test_admitted_account_registers_stakes_and_enlists_with_one_command(cli, fresh, task, newcomer) -> None:
    address, options, key = newcomer
    for _ in range(2):
        assert admit(cli, fresh, task, address).exit_code == 0
    for said in ("may be drawn", "nothing to do"):
        result = cli("validator", "enlist", task, *options, *key)
        assert result.exit_code == 0 and said in result.stdout, result.output
    found = fresh.reader.participant(address)
    assert (found.stake, found.locked) == (ETHER, ETHER)
    row = cli.json("validator", "show", task, *fresh.options)
    assert (row["seats"], row["round"], row["members"]) == (1, None, [])
    assert [(one["account"], one["bond_wei"], one["until_round"]) for one in row["validators"]] == [
        (address, str(ETHER), None)
    ]


def test_larger_bond_weighs_more(cli, fresh, task, newcomer) -> None:
    address, options, key = newcomer
    admit(cli, fresh, task, address)
    assert cli("validator", "enlist", task, *options, *key, "--bond", "3eth").exit_code == 0
    assert cli.json("validator", "show", task, *fresh.options)["validators"][0]["weight_wei"] == str(3 * ETHER)


def test_who_is_not_admitted_is_told_whom_to_ask(cli, fresh, task, newcomer) -> None:
    address, options, key = newcomer
    result = cli("validator", "enlist", task, *options, *key)
    assert result.exit_code == 7 and f"validator admit {task} {address}" in result.stderr
    assert not fresh.reader.participant(address).registered


def test_task_without_a_committee_takes_no_validator(cli, fresh, newcomer) -> None:
    _, options, key = newcomer
    result = cli("validator", "enlist", fresh.task, *options, *key)
    assert result.exit_code == 3 and "no committee" in result.stderr


def test_only_the_sponsor_admits(cli, fresh, task, newcomer) -> None:
    result = cli("validator", "admit", task, newcomer[0], *fresh.silos[0].options, *fresh.options)
    assert result.exit_code == 7 and "sponsor" in result.stderr


def test_resigned_validator_gets_its_bond_back(cli, fresh, task, newcomer) -> None:
    address, options, key = newcomer
    admit(cli, fresh, task, address)
    cli("validator", "enlist", task, *options, *key)
    assert cli("validator", "release", task, *options).exit_code == 7
    for _ in range(2):
        assert "validator release" in cli("validator", "resign", task, *options).stdout
    result = cli("validator", "release", task, *options)
    assert result.exit_code == 0 and "1 eth" in result.stdout
    assert fresh.reader.participant(address).locked == 0
    assert cli.json("validator", "show", task, *fresh.options)["validators"] == []


def test_admission_taken_back_ends_the_service(cli, fresh, task, newcomer) -> None:
    address, options, key = newcomer
    admit(cli, fresh, task, address)
    cli("validator", "enlist", task, *options, *key)
    assert admit(cli, fresh, task, address, "--revoke").exit_code == 0
    assert not fresh.reader.is_reader(task, address)
    assert cli.json("validator", "show", task, *fresh.options)["validators"][0]["until_round"] == 0


def test_people_are_shown_a_table(cli, fresh, task) -> None:
    result = cli("validator", "show", task, *fresh.options)
    assert result.exit_code == 0 and "seats" in result.stdout
