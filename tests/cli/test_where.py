"""Finding the federation: by option, by environment, by file, by search; and each way in which it is not there."""

import json
import socket
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet


@pytest.fixture
def bare() -> str:
    """A chain without any contract."""
    with Devnet.start(prefer="eth-tester") as devnet:
        yield devnet.url


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def deployment_file(settled, path: Path, **changes: object) -> Path:
    content = json.loads((settled.folder / "deployment.json").read_text()) | changes
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_dead_endpoint_is_named_and_ends_with_8(cli) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    result = cli("round", "status", "--chain", url)
    assert result.exit_code == 8 and url in result.stderr and result.stdout == ""
    assert "Traceback" not in result.output


def test_endpoint_password_is_not_repeated_in_the_error(cli) -> None:
    result = cli("round", "status", "--chain", f"http://me:hunter2@127.0.0.1:{unused_port()}/v3/apikey")
    assert result.exit_code == 8 and "hunter2" not in result.output and "apikey" not in result.output


def test_without_a_chain_the_default_is_tried_and_the_option_named(cli, monkeypatch) -> None:
    monkeypatch.setattr("prefect_federated.cli.where.DEFAULT_CHAIN", f"http://127.0.0.1:{unused_port()}")
    result = cli("round", "status")
    assert result.exit_code == 8 and "--chain" in result.stderr


def test_wrong_chain_id_names_both(cli, settled) -> None:
    result = cli("round", "status", *settled.options, "--chain-id", "1")
    assert result.exit_code == 2 and "31337" in result.stderr and "chain 1;" in result.stderr


def test_deployment_file_of_another_chain_names_both(cli, settled, tmp_path) -> None:
    path = deployment_file(settled, tmp_path / "there.json", chain_id=10)
    result = cli("round", "status", "--chain", settled.url, "--deployment", path)
    assert result.exit_code == 2 and "chain 10" in result.stderr and "31337" in result.stderr


def test_missing_and_broken_deployment_files_are_named(cli, settled, tmp_path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"coordinator": 1}')
    for path in (tmp_path / "absent.json", broken):
        result = cli("round", "status", "--chain", settled.url, "--deployment", path)
        assert result.exit_code == 2 and path.name in result.stderr and "Traceback" not in result.output


def test_account_that_is_no_contract_is_refused_as_coordinator(cli, settled) -> None:
    result = cli("round", "status", "--chain", settled.url, "--coordinator", settled.silos[0].address)
    assert result.exit_code == 2 and settled.silos[0].address in result.stderr


def test_mistyped_address_is_refused(cli, settled) -> None:
    result = cli("round", "status", "--chain", settled.url, "--coordinator", "0x12")
    assert result.exit_code == 2 and "0x12" in result.stderr


def test_environment_names_the_federation(cli, settled) -> None:
    env = {"FEDERATED_CHAIN": settled.url, "FEDERATED_COORDINATOR": settled.coordinator.lower()}
    result = cli("round", "status", "--json", env=env)
    assert result.exit_code == 0 and json.loads(result.stdout)[0]["round"] == 2


def test_only_federation_of_a_chain_is_found_and_said_on_stderr(cli, bare, tmp_path) -> None:
    from prefect_federated.adapters.evm import rpc
    from prefect_federated.adapters.evm.deploy import deploy
    from prefect_federated.adapters.evm.outbox import Outbox
    from prefect_federated.adapters.keys import account_from_env

    w3 = rpc.connect(bare)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEV_KEY", "0x" + Devnet.accounts(None, 1)[0].hex())  # type: ignore[arg-type]
        account = account_from_env("DEV_KEY")
    first = deploy(w3, account, Outbox(tmp_path, w3, account))
    result = cli("round", "status", "--chain", bare, "--json")
    assert (result.exit_code, result.stdout.strip()) == (0, "[]")
    assert first.coordinator in result.stderr and "only one" in result.stderr
    second = deploy(w3, account, Outbox(tmp_path, w3, account), label="again")
    result = cli("round", "status", "--chain", bare)
    assert second.coordinator in result.stderr and "newest of 2" in result.stderr


def test_chain_without_federation_says_what_to_do(cli, bare) -> None:
    result = cli("round", "status", "--chain", bare)
    assert result.exit_code == 2 and "no federation is on chain 31337" in result.stderr


def test_long_chain_is_not_searched(cli, settled, monkeypatch) -> None:
    monkeypatch.setattr("prefect_federated.cli.where.SHORT", 3)
    result = cli("round", "status", "--chain", settled.url)
    assert result.exit_code == 2 and "--coordinator" in result.stderr


def test_file_of_a_chain_that_is_gone_is_left_aside(cli, settled) -> None:
    deployment_file(settled, Path("deployment.json"), coordinator=settled.silos[0].address)
    result = cli("round", "status", "--chain", settled.url, "--json")
    assert result.exit_code == 0 and "deployment.json is left aside" in result.stderr
    json.loads(result.stdout)
