"""One effect for each intent, whatever dies, lies or forgets in between (F17)."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.core.errors import (
    ChainUnreachable,
    ConfigurationError,
    ContractRefused,
)
from tests.adapters.evm.conftest import funded
from tests.adapters.evm.dying import PAY, TILL, Killed, killer

Proxy = Callable[[str, Callable[[bytes], bool]], str]


@pytest.fixture
def till(account: LocalAccount) -> str:
    """An address of this test alone."""
    return Web3.to_checksum_address("0x" + account.address[-20:].lower() + "00" * 10)


@pytest.mark.parametrize("moment", ["signed", "broadcast", "mined"])
def test_killed_at_any_moment_and_started_again_pays_once(
    w3: Web3, account: LocalAccount, till: str, tmp_path: Path, moment: str
) -> None:
    with pytest.raises(Killed):
        Outbox(tmp_path, w3, account, on_step=killer(moment)).send("pay", till, b"", PAY)
    receipt = Outbox(tmp_path, w3, account).send("pay", till, b"", PAY)
    assert rpc.balance_of(w3, till) == PAY
    assert Outbox(tmp_path, w3, account).send("pay", till, b"", PAY) == receipt
    assert rpc.balance_of(w3, till) == PAY


def test_a_leftover_of_a_killed_process_goes_out_before_the_next_intent(
    w3: Web3, account: LocalAccount, till: str, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        Outbox(tmp_path, w3, account, on_step=killer("signed")).send("first", till, b"", PAY)
    Outbox(tmp_path, w3, account).send("second", till, b"", 100)
    assert rpc.balance_of(w3, till) == PAY + 100
    Outbox(tmp_path, w3, account).send("first", till, b"", PAY)
    assert rpc.balance_of(w3, till) == PAY + 100


def test_bytes_that_somebody_broadcast_twice_pay_once(
    w3: Web3, account: LocalAccount, till: str, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        Outbox(tmp_path, w3, account, on_step=killer("signed")).send("pay", till, b"", PAY)
    stored = json.loads(next(tmp_path.glob("*/pending/*.json")).read_text())
    rpc.request(w3, "eth_sendRawTransaction", [stored["attempts"][0]["raw"]])
    receipt = Outbox(tmp_path, w3, account).send("pay", till, b"", PAY)
    assert "0x" + receipt.tx_hash.hex() == stored["attempts"][0]["hash"]
    assert rpc.balance_of(w3, till) == PAY


def test_a_proxy_that_forwards_and_then_answers_503_pays_once(
    devnet: Devnet, account: LocalAccount, till: str, tmp_path: Path, proxy: Proxy
) -> None:
    spoiled: list[bytes] = []

    def spoil(body: bytes) -> bool:
        if b"eth_sendRawTransaction" in body:
            spoiled.append(body)
            return True
        return False

    w3 = rpc.connect(proxy(devnet.url, spoil))
    receipt = Outbox(tmp_path, w3, account).send("pay", till, b"", PAY)
    assert len(spoiled) == 1
    assert receipt.block > 0
    assert rpc.balance_of(w3, till) == PAY


def test_a_lagging_node_that_shows_an_old_nonce_pays_once_for_each_intent(
    devnet: Devnet, account: LocalAccount, till: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    w3 = rpc.connect(devnet.url)
    outbox = Outbox(tmp_path, w3, account, stale_s=0.5)
    outbox.send("first", till, b"", PAY)
    honest, stale = rpc.request_int, iter([0])

    def lagging(chain: Web3, method: str, params: list[object]) -> int:
        true = honest(chain, method, params)
        return next(stale, true) if method == "eth_getTransactionCount" else true

    monkeypatch.setattr(rpc, "request_int", lagging)
    outbox.send("second", till, b"", 100)
    assert rpc.balance_of(w3, till) == PAY + 100


def test_processes_that_share_key_and_folder_never_collide(
    devnet: Devnet, w3: Web3, account: LocalAccount, till: str, tmp_path: Path
) -> None:
    script = f"""
import sys
from pathlib import Path
from eth_account import Account
from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.outbox import Outbox
outbox = Outbox(Path({str(tmp_path)!r}), rpc.connect({devnet.url!r}), Account.from_key({account.key.hex()!r}))
for number in range(6):
    outbox.send(f"shared-{{number}}", {till!r}, b"", 1)
    outbox.send(f"own-{{sys.argv[1]}}-{{number}}", {till!r}, b"", 1000)
"""
    processes = [subprocess.Popen([sys.executable, "-c", script, str(one)]) for one in range(3)]
    assert [process.wait(300) for process in processes] == [0, 0, 0]
    assert rpc.balance_of(w3, till) == 6 + 3 * 6 * 1000


def test_threads_of_one_outbox_never_collide(w3: Web3, account: LocalAccount, till: str, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, w3, account)
    threads = [threading.Thread(target=outbox.send, args=(f"pay-{n}", till, b"", 1)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert rpc.balance_of(w3, till) == 8


def test_the_same_name_with_another_content_is_refused(
    w3: Web3, account: LocalAccount, till: str, tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path, w3, account)
    outbox.send("pay", till, b"", PAY)
    with pytest.raises(ConfigurationError, match=r"already signed .* with other content"):
        outbox.send("pay", till, b"", PAY + 1)


def test_an_effect_that_is_wanted_again_takes_place_again_but_a_crashed_one_is_resumed(
    w3: Web3, account: LocalAccount, till: str, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        Outbox(tmp_path, w3, account, on_step=killer("signed")).send("deposit", till, b"", PAY, once=False)
    outbox = Outbox(tmp_path, w3, account)
    outbox.send("deposit", till, b"", PAY, once=False)
    assert rpc.balance_of(w3, till) == PAY
    outbox.send("deposit", till, b"", PAY, once=False)
    assert rpc.balance_of(w3, till) == 2 * PAY


def test_an_account_without_money_is_told_so_and_can_send_after_funding(
    devnet: Devnet, w3: Web3, till: str, tmp_path: Path
) -> None:
    poor = funded(devnet, 1000)
    outbox = Outbox(tmp_path, w3, poor)
    with pytest.raises(ConfigurationError, match=r"1000 wei.*fund the account"):
        outbox.send("pay", till, b"", PAY)
    devnet.fund(poor.address, 10**18)
    outbox.send("pay", till, b"", PAY)
    assert rpc.balance_of(w3, till) == PAY


def test_a_call_that_reverts_signs_nothing(w3: Web3, account: LocalAccount, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, w3, account)
    contract = outbox.send("deploy", None, _creating("60006000fd")).contract
    with pytest.raises(ContractRefused):
        outbox.send("call", contract, b"")
    assert rpc.request_int(w3, "eth_getTransactionCount", [account.address, "pending"]) == 1


def test_a_key_that_another_wallet_used_meanwhile_signs_anew(
    w3: Web3, account: LocalAccount, till: str, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        Outbox(tmp_path, w3, account, on_step=killer("signed")).send("pay", till, b"", PAY)
    Outbox(tmp_path / "wallet", w3, account).send("other", till, b"", 1000)
    Outbox(tmp_path, w3, account, stale_s=0.5).send("pay", till, b"", PAY)
    assert rpc.balance_of(w3, till) == 1000 + PAY


def test_a_dead_endpoint_is_named_without_its_credentials(account: LocalAccount, tmp_path: Path) -> None:
    with pytest.raises(ChainUnreachable, match=r"http://127.0.0.1:9 ") as caught:
        rpc.connect("http://me:hunter2@127.0.0.1:9/key-0123?token=4")
    assert not any(word in str(caught.value) for word in ("hunter2", "0123", "token"))


def test_a_chain_that_began_anew_does_not_inherit_old_signatures(account: LocalAccount, tmp_path: Path) -> None:
    for seconds in (0, 1):
        time.sleep(seconds)  # another genesis time, another genesis hash
        with Devnet.start(prefer="eth-tester") as fresh:
            chain = rpc.connect(fresh.url)
            fresh.fund(account.address, 10**18)
            for number in range(2 - seconds):
                Outbox(tmp_path, chain, account).send(f"pay-{number}", TILL, b"", PAY)
            assert rpc.balance_of(chain, TILL) == PAY * (2 - seconds)


def _creating(runtime: str) -> bytes:
    """Creation code of a contract with this runtime code (at most 32 bytes)."""
    size = len(runtime) // 2
    return bytes.fromhex(f"{0x60 + size - 1:02x}{runtime}600052{0x60:02x}{size:02x}60{32 - size:02x}f3")
