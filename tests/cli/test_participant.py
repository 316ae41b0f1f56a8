"""`federated participant`: joining, leaving, standing; each command may be repeated."""

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.keys import create_keystore

PASSWORD, ETHER = "correct horse", 10**18


@pytest.fixture
def newcomer(fresh, tmp_path):
    """An account with money and a keystore that the federation has not met: (address, options)."""
    home = tmp_path / "newcomer"
    address = create_keystore(home / "keystore.json", PASSWORD, dev=True)
    rpc.set_balance(fresh.w3, address, 10 * ETHER)
    return address, ["--keystore", home / "keystore.json", "--home", home, *fresh.options]


def admit(cli, federation, address):
    return cli("participant", "admit", address, *federation.parties["sponsor"].options, *federation.options)


def test_newcomer_registers_stakes_and_enrols_with_one_command(cli, fresh, newcomer, tmp_path) -> None:
    address, options = newcomer
    assert admit(cli, fresh, address).exit_code == 0
    key = tmp_path / "sealing.pem"
    result = cli("participant", "join", fresh.task, *options, "--sealing-key", key)
    assert result.exit_code == 0, result.output
    assert key.exists() and "back it up" in result.stderr and "from round 1 on" in result.stdout
    row = cli.json("participant", "status", address, *fresh.options)
    assert (row["stake_wei"], row["locked_wei"], row["free_wei"]) == (str(ETHER), str(ETHER), "0")
    assert row["tasks"][0]["role"] == "participant" and row["reputation"] == 0


def test_joining_twice_locks_and_deposits_once(cli, fresh, newcomer, tmp_path) -> None:
    address, options = newcomer
    admit(cli, fresh, address)
    for _ in range(2):
        result = cli("participant", "join", fresh.task, *options, "--sealing-key", tmp_path / "sealing.pem")
        assert result.exit_code == 0, result.output
    assert "nothing to do" in result.stdout
    assert fresh.reader.participant(address).stake == ETHER


def test_who_only_reads_registers_a_key_and_no_stake(cli, fresh, newcomer, tmp_path) -> None:
    address, options = newcomer
    for _ in range(2):
        result = cli("participant", "register", *options, "--sealing-key", tmp_path / "sealing.pem")
        assert result.exit_code == 0, result.output
    assert "nothing to do" in result.stdout
    found = fresh.reader.participant(address)
    assert found.registered and found.sealing_key != bytes(32) and found.stake == 0


def test_stake_option_deposits_what_is_missing_to_it(cli, fresh, newcomer, tmp_path) -> None:
    address, options = newcomer
    admit(cli, fresh, address)
    cli("participant", "join", fresh.task, *options, "--sealing-key", tmp_path / "sealing.pem", "--stake", "2.5eth")
    assert fresh.reader.participant(address).stake == 5 * ETHER // 2


def test_who_is_not_admitted_is_told_whom_to_ask_and_goes_on_later(cli, fresh, newcomer, tmp_path) -> None:
    address, options = newcomer
    arguments = ["participant", "join", fresh.task, *options, "--sealing-key", tmp_path / "sealing.pem"]
    result = cli(*arguments)
    assert result.exit_code == 7 and f"participant admit {address}" in result.stderr
    admit(cli, fresh, address)
    assert cli(*arguments).exit_code == 0 and fresh.reader.enrolment(fresh.task, address).enrolled


def test_registering_without_a_sealing_key_is_refused(cli, fresh, newcomer) -> None:
    address, options = newcomer
    result = cli("participant", "join", fresh.task, *options)
    assert result.exit_code == 2 and "--sealing-key" in result.stderr and address in result.stderr


def test_too_little_money_for_the_stake_names_both_amounts(cli, fresh, newcomer, tmp_path) -> None:
    address, options = newcomer
    admit(cli, fresh, address)
    result = cli("participant", "join", fresh.task, *options, "--sealing-key", tmp_path / "s.pem", "--stake", "50eth")
    assert result.exit_code in (2, 7) and "wei" in result.stderr and "Traceback" not in result.output
    assert fresh.reader.participant(address).stake == 0


def test_named_aggregator_accepts_its_duty_by_joining(cli, fresh) -> None:
    aggregator, sponsor = fresh.parties["aggregator"], fresh.parties["sponsor"]
    task = sponsor.federation.create_task(fresh.spec.enforced, fresh.spec.spec_hash, "cas://x", label="2")
    for _ in range(2):
        result = cli("participant", "join", task, *aggregator.options, *fresh.options)
        assert result.exit_code == 0, result.output
    assert fresh.reader.task_of(task).aggregator_bonded
    row = cli.json("participant", "status", aggregator.address, *fresh.options)
    assert [(one["task"], one["role"], one["bonded"]) for one in row["tasks"]][-1] == (task, "aggregator", True)


def test_leaving_between_rounds_frees_the_bond_at_once(cli, fresh) -> None:
    silo = fresh.silos[0]
    result = cli("participant", "leave", fresh.task, *silo.options, *fresh.options)
    assert result.exit_code == 0 and "bond is free" in result.stdout
    assert fresh.reader.participant(silo.address).locked == 0


def test_leaving_during_a_round_holds_the_bond_until_it_is_over(cli, fresh) -> None:
    silo, round = fresh.silos[0], fresh.open_round()
    leave = ["participant", "leave", fresh.task, *silo.options, *fresh.options]
    result = cli(*leave)
    assert result.exit_code == 0 and "held until" in result.stdout and f"round {round} is the last" in result.stdout
    assert cli(*leave).exit_code == 7 and fresh.reader.participant(silo.address).locked == ETHER
    rpc.wait_until(fresh.w3, fresh.reader.round_state(fresh.task).deadline + 1)
    assert cli(*leave).exit_code == 0 and fresh.reader.participant(silo.address).locked == 0


def test_stake_comes_back_after_the_unbonding_period(cli, fresh) -> None:
    silo = fresh.silos[0]
    leave = ["participant", "leave", fresh.task, *silo.options, *fresh.options, "--withdraw"]
    assert "can be taken out in 21 d" in cli(*leave).stdout
    assert "can be taken out in" in cli(*leave).stdout
    rpc.wait_until(fresh.w3, fresh.reader.participant(silo.address).unbond_at)
    before = fresh.reader.balance(silo.address)
    assert "took out 4 eth" in cli(*leave).stdout
    assert fresh.reader.balance(silo.address) > before + 3 * ETHER


def test_leaving_a_task_that_was_never_joined_is_refused(cli, fresh, newcomer) -> None:
    result = cli("participant", "leave", fresh.task, *newcomer[1])
    assert result.exit_code == 7 and "not enrolled" in result.stderr


def test_only_the_administrator_admits(cli, fresh, newcomer) -> None:
    result = cli("participant", "admit", newcomer[0], *fresh.silos[0].options, *fresh.options)
    assert result.exit_code == 7 and "lacks the role" in result.stderr


def test_status_takes_the_account_from_the_keystore_without_its_password(cli, settled) -> None:
    silo = settled.silos[0]
    result = cli(
        "participant", "status", "--keystore", silo.keystore, *settled.options, env={"FEDERATED_PASSWORD": "?"}
    )
    assert result.exit_code == 0 and silo.address in result.stdout and "4 eth" in result.stdout


@pytest.mark.parametrize("account", ["0x12", "hospital-a", "0x" + "zz" * 20])
def test_mistyped_account_is_refused(cli, settled, account) -> None:
    result = cli("participant", "status", account, *settled.options)
    assert result.exit_code == 2 and account in result.stderr


def test_stranger_is_told_how_to_begin(cli, settled) -> None:
    result = cli("participant", "status", "0x" + "12" * 20, *settled.options)
    assert result.exit_code == 0 and "federated participant join" in result.stdout


def test_a_silo_limits_its_own_privacy_loss_and_lifts_the_limit(cli, fresh) -> None:
    silo = fresh.silos[0]
    limit = ["participant", "limit", *silo.options, *fresh.options]
    assert "at most epsilon 8 at delta 1e-06" in cli(*limit, "--epsilon", "8", "--delta", "1e-6").stdout
    assert cli(*limit, "--epsilon", "8", "--delta", "1e-6").exit_code == 0  # said already: nothing is sent
    privacy = cli.json("participant", "status", silo.address, "--delta", "1e-6", *fresh.options)["privacy"]
    assert privacy == {"epsilon_limit": pytest.approx(8, abs=1e-6), "epsilon_spent": 0, "delta": 1e-6}
    assert "of no limit" not in cli("participant", "status", silo.address, *fresh.options).stdout
    assert "without a limit" in cli(*limit).stdout
    assert "of no limit" in cli("participant", "status", silo.address, *fresh.options).stdout
