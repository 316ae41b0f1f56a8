"""`federated deploy`: what it writes is what the other commands read, under each profile."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.rpc import connect
from prefect_federated.cli.where import read_deployment
from prefect_federated.core.chains import profile


@pytest.fixture
def deployer(devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options of a new account with money."""
    account = Account.create()
    devnet.fund(account.address, 100 * 10**18)
    monkeypatch.setenv("DEPLOYER_KEY", account.key.hex())
    return ["--key-env", "DEPLOYER_KEY", "--home", str(tmp_path / "home"), "--chain", devnet.url]


def accounts(count: int) -> list[str]:
    return [str(Account.create().address) for _ in range(count)]


def test_dev_writes_a_file_that_the_other_commands_find(cli, devnet: Devnet, deployer: list[str]) -> None:
    made = cli.json("deploy", *deployer)
    assert made["governance"] == "dev"
    assert read_deployment(Path("deployment.json")).coordinator == made["coordinator"]
    assert cli("task", "show", "1", "--chain", devnet.url).exit_code == 3  # found it, and no task in it


def test_timelock_names_council_votes_and_timelock(cli, deployer: list[str]) -> None:
    guardian, *members = accounts(4)
    options = [part for one in members for part in ("--member", one)]
    made = cli.json("deploy", *deployer, "--governance", "timelock", "--guardian", guardian, *options)
    assert made["governance"] == "timelock" and len({made["admin"], made["council"], made["votes"]}) == 3


def test_safe_takes_an_existing_contract_and_refuses_an_account(cli, deployer: list[str]) -> None:
    guardian, nobody = accounts(2)
    refused = cli("deploy", *deployer, "--governance", "safe", "--guardian", guardian, "--admin", nobody)
    assert refused.exit_code == 2 and f"{nobody} has no code" in refused.stderr
    assert not Path("deployment.json").exists()
    there = cli.json("deploy", *deployer, "--out", "first.json")["treasury"]  # any contract stands for the Safe
    made = cli.json(
        "deploy", *deployer, "--governance", "safe", "--guardian", guardian, "--admin", there, "--label", "second"
    )
    assert made["admin"] == there


@pytest.fixture(scope="module")
def arbitrum() -> Iterator[Devnet]:
    with Devnet.start(prefer="anvil", chain_id=profile("arbitrum").chain_id) as running:
        yield running


@pytest.mark.parametrize(("options", "expected"), [([], True), (["--no-hash-draws"], False)])
def test_a_chain_with_a_constant_prevrandao_draws_by_hash_unless_told_otherwise(
    arbitrum: Devnet, cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: list[str], expected: bool
) -> None:
    account = Account.create()
    monkeypatch.setenv("DEPLOYER_KEY", account.key.hex())
    arbitrum.fund(account.address, 100 * 10**18)
    sender = ["--key-env", "DEPLOYER_KEY", "--home", str(tmp_path / "home"), "--chain", arbitrum.url]
    made = cli.json("deploy", *sender, *options)
    federation = Federation(connect(arbitrum.url), made["coordinator"])
    assert federation.call("Committee", "drawProfile")[1] is expected


def test_a_pause_must_not_wait_for_a_vote(cli, deployer: list[str]) -> None:
    result = cli("deploy", *deployer, "--governance", "timelock", "--member", accounts(1)[0])
    assert result.exit_code == 2 and "guardian" in result.stderr


def test_a_federation_that_is_named_already_is_not_overwritten(cli, deployer: list[str]) -> None:
    Path("deployment.json").write_text(json.dumps({}))
    result = cli("deploy", *deployer)
    assert result.exit_code == 2 and "--out" in result.stderr
    assert Path("deployment.json").read_text() == "{}"


def test_people_read_who_was_put_in_charge(cli, deployer: list[str]) -> None:
    result = cli("deploy", *deployer)
    assert result.exit_code == 0 and "One key administers everything" in result.stdout


def test_a_mistyped_account_is_named_with_its_option(cli, deployer: list[str]) -> None:
    result = cli("deploy", *deployer, "--guardian", "0x12")
    assert result.exit_code == 2 and "--guardian" in result.stderr
