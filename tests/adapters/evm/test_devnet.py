"""The development chain: it lives and dies with its owner, and answers like any node."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3
from eth_account import Account
from web3 import Web3

from prefect_federated.adapters.evm import devnet as module
from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet, find_anvil
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.core.errors import ChainUnreachable, ConfigurationError
from tests.adapters.evm.conftest import ETHER

SCRIPT = """
import sys, time
from prefect_federated.adapters.evm.devnet import Devnet
devnet = Devnet.start(prefer=sys.argv[1], tethered=sys.argv[2] == "tethered")
print(devnet.url, devnet.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("kind", ["anvil", "eth-tester"])
@pytest.mark.parametrize("tethered", [True, False])
def test_the_chain_dies_with_its_owner_unless_asked_to_stay(devnet: Devnet, kind: str, tethered: bool) -> None:
    if devnet.kind != kind:
        pytest.skip("plays once for each kind")
    mode = "tethered" if tethered else "loose"
    owner = subprocess.Popen([sys.executable, "-c", SCRIPT, kind, mode], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    url, pid = owner.stdout.readline().split()
    rpc.connect(url)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert _dies(url, 5.0) == tethered
    if not tethered:
        os.kill(int(pid), signal.SIGTERM)
        assert _dies(url, 5.0)


def test_both_kinds_have_the_same_chain_id_and_accounts(devnet: Devnet, w3: Web3) -> None:
    assert rpc.chain_id_of(w3) == devnet.chain_id == 31337
    accounts = [Account.from_key(key).address for key in devnet.accounts(10)]
    assert (
        rpc.request(w3, "eth_accounts", []) == accounts
        or [Web3.to_checksum_address(one) for one in rpc.request(w3, "eth_accounts", [])] == accounts
    )
    assert Account.from_key(devnet.funder_key).address == accounts[0]
    assert rpc.balance_of(w3, accounts[9]) >= 9_000 * ETHER


def test_funding_adds_to_what_an_account_has(devnet: Devnet, w3: Web3) -> None:
    account = Account.create()
    devnet.fund(account.address, 5)
    devnet.fund(account.address, 2 * ETHER)
    assert rpc.balance_of(w3, account.address) == 2 * ETHER + 5


def test_the_funder_can_pay_by_transaction(devnet: Devnet, w3: Web3, tmp_path: Path) -> None:
    account = Account.create()
    Outbox(tmp_path, w3, Account.from_key(devnet.funder_key)).send("pay", account.address, b"", 3)
    assert rpc.balance_of(w3, account.address) == 3


def test_anvil_keeps_its_state_in_a_file(anvil: Devnet, tmp_path: Path) -> None:
    state, account = tmp_path / "chain.json", Account.create()
    with Devnet.start(prefer="anvil", state=state) as first:
        first.fund(account.address, ETHER)
    with Devnet.start(prefer="anvil", state=state) as second:
        assert rpc.balance_of(rpc.connect(second.url), account.address) == ETHER


def test_the_embedded_chain_says_that_it_keeps_no_state(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="install anvil"):
        Devnet.start(prefer="eth-tester", state=tmp_path / "chain.json")


def test_anvil_is_asked_for_where_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert find_anvil() is None
    with pytest.raises(ConfigurationError, match="neither on the PATH nor in node_modules"):
        Devnet.start(prefer="anvil")
    with Devnet.start(prefer="auto") as embedded:
        assert embedded.kind == "eth-tester"


def test_anvil_is_found_in_node_modules_of_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    binary = tmp_path / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
    binary.parent.mkdir(parents=True)
    binary.touch()
    assert find_anvil(tmp_path) == binary


def test_a_port_that_is_taken_is_an_error_with_advice(devnet: Devnet) -> None:
    port = int(devnet.url.rpartition(":")[2])
    with pytest.raises(ChainUnreachable, match=rf"port {port} is taken"):
        Devnet.start(port=port, prefer=devnet.kind)


def test_without_the_extra_the_embedded_chain_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"prefect-federated\[demo\]"):
        Devnet.start(prefer="eth-tester")


@pytest.mark.parametrize("kind", ["anvil", "eth-tester"])
def test_blocks_come_by_themselves_at_an_interval(devnet: Devnet, kind: str, tmp_path: Path) -> None:
    if devnet.kind != kind:
        pytest.skip("plays once for each kind")
    with Devnet.start(prefer=devnet.kind, block_time_s=1) as slow:
        w3, account = rpc.connect(slow.url), Account.create()
        slow.fund(account.address, ETHER)
        while rpc.balance_of(w3, account.address) == 0:
            time.sleep(0.05)
        receipt = Outbox(tmp_path, w3, account).send("pay", Account.create().address, b"", 1)
        assert receipt.block >= 1


def test_an_answer_costs_milliseconds_not_a_delayed_acknowledgement(w3: Web3) -> None:
    """A delayed acknowledgement adds 40 ms to every answer, a busy machine not to all of a hundred."""
    took = []
    for _ in range(100):
        start = time.perf_counter()
        rpc.request(w3, "eth_chainId", [])
        took.append(time.perf_counter() - start)
    assert min(took) < 0.02


def test_malformed_requests_are_answered_with_json_rpc_errors(devnet: Devnet) -> None:
    if devnet.kind != "eth-tester":
        pytest.skip("about the embedded server")
    pool = urllib3.PoolManager()
    for body, code in ((b"{", -32700), (b"7", -32600), (b'{"id":1,"method":"eth_getBalance","params":[7]}', -32602)):
        answer = pool.request("POST", devnet.url, body=body).json()
        assert answer["error"]["code"] == code


def _dies(url: str, seconds: float) -> bool:
    patience = time.monotonic() + seconds
    while time.monotonic() < patience:
        try:
            rpc.connect(url, timeout_s=1.0)
        except ChainUnreachable:
            return True
        time.sleep(0.1)
    return False


def test_a_chain_in_the_foreground_says_when_it_is_ready_and_ends_with_its_process(devnet: Devnet) -> None:
    seen: list[str] = []

    def ready(running: Devnet) -> None:
        seen.append(running.url)
        rpc.connect(running.url)
        os.kill(running.pid, signal.SIGKILL)

    assert module.serve_forever(0, devnet.kind, on_ready=ready) == -signal.SIGKILL
    assert _dies(seen[0], 5.0)


def test_anvil_leaves_nothing_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if find_anvil() is None:
        pytest.skip("anvil is neither on the PATH nor in contracts/node_modules")
    monkeypatch.setenv("HOME", str(tmp_path))
    with Devnet.start(prefer="anvil") as chain:
        w3 = rpc.connect(chain.url)
        for _ in range(1000):  # anvil itself keeps some hundred in memory
            rpc.request(w3, "evm_mine", [])
        assert rpc.request(w3, "eth_getBlockByNumber", ["0x1", False])["number"] == "0x1"  # blocks are all kept
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
