"""`federated devnet` as a process: it says where it is, serves, and goes with its parent."""

import json
import time

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.keys import address_of
from prefect_federated.core.errors import ChainUnreachable
from tests.cli.program import ctrl_c, start


@pytest.fixture
def running():
    process = start("devnet", "--port", "0", "--kind", "eth-tester", "--accounts", "2", "--json")
    yield process
    process.kill()
    process.wait()


def test_it_serves_until_ctrl_c_and_leaves_nothing_behind(running) -> None:
    record = json.loads(running.stdout.readline())
    w3 = rpc.connect(record["url"], 31337)
    for account in record["accounts"]:
        assert address_of(bytes.fromhex(account["key"][2:])) == account["address"]
        assert rpc.balance_of(w3, account["address"]) > 10**20
    assert ctrl_c(running) == 0
    with pytest.raises(ChainUnreachable):
        rpc.connect(record["url"])


def test_killed_without_warning_it_takes_the_chain_along(running) -> None:
    url = json.loads(running.stdout.readline())["url"]
    running.kill()
    running.wait()
    for _ in range(100):
        try:
            rpc.connect(url)
        except ChainUnreachable:
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} still answers")


def test_port_that_is_taken_is_said(cli, running) -> None:
    url = json.loads(running.stdout.readline())["url"]
    result = cli("devnet", "--kind", "eth-tester", "--port", url.rpartition(":")[2])
    assert result.exit_code == 8 and url.rpartition(":")[2] in result.stderr


def test_chain_that_cannot_keep_its_state_says_so(cli, tmp_path) -> None:
    result = cli("devnet", "--kind", "eth-tester", "--state", tmp_path / "chain.json")
    assert result.exit_code == 2 and "chain.json" in result.stderr


def test_anvil_that_is_not_there_is_said(cli, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = cli("devnet", "--kind", "anvil")
    assert result.exit_code == 2 and "anvil" in result.stderr
