"""One effect for each intent when the chain itself forgets: reorganisations, lost and stuck transactions (F17)."""

import threading
from pathlib import Path

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.core.errors import ContractRefused, TransactionPending
from tests.adapters.evm.conftest import funded
from tests.adapters.evm.dying import PAY, TILL, Killed, attempts, killer, stored, until


def test_a_transaction_lost_in_a_reorganisation_is_sent_again_byte_for_byte(anvil: Devnet, tmp_path: Path) -> None:
    w3, account = rpc.connect(anvil.url), funded(anvil)
    rpc.request(w3, "evm_mine", [])
    outbox = Outbox(tmp_path, w3, account)
    before = outbox.send("pay", TILL, b"", PAY)
    rpc.request(w3, "anvil_reorg", [1, []])
    assert rpc.balance_of(w3, TILL) == 0
    again = outbox.send("pay", TILL, b"", PAY)
    assert again.tx_hash == before.tx_hash
    assert rpc.balance_of(w3, TILL) == PAY


def test_confirmations_outlast_a_reorganisation(anvil: Devnet, tmp_path: Path) -> None:
    w3, account = rpc.connect(anvil.url), funded(anvil)
    outbox = Outbox(tmp_path, w3, account, confirmations=2)
    thread = threading.Thread(target=outbox.send, args=("pay", TILL, b"", PAY))
    thread.start()
    until(lambda: rpc.balance_of(w3, TILL) == PAY)
    rpc.request(w3, "anvil_reorg", [1, []])
    assert rpc.balance_of(w3, TILL) == 0
    until(lambda: rpc.balance_of(w3, TILL) == PAY)
    assert thread.is_alive()
    for _ in range(2):
        rpc.request(w3, "evm_mine", [])
    thread.join(10)
    assert not thread.is_alive()
    assert rpc.balance_of(w3, TILL) == PAY


def test_a_transaction_dropped_from_the_pool_is_sent_again(anvil: Devnet, tmp_path: Path) -> None:
    w3, account = rpc.connect(anvil.url), funded(anvil)
    rpc.request(w3, "evm_setAutomine", [False])
    thread = threading.Thread(target=Outbox(tmp_path, w3, account).send, args=("pay", TILL, b"", PAY))
    thread.start()
    tx_hash = stored(tmp_path)
    until(lambda: rpc.request(w3, "eth_getTransactionByHash", [tx_hash]) is not None)
    rpc.request(w3, "anvil_dropTransaction", [tx_hash])
    until(lambda: rpc.request(w3, "eth_getTransactionByHash", [tx_hash]) is not None)
    rpc.request(w3, "evm_mine", [])
    thread.join(10)
    assert not thread.is_alive()
    assert rpc.balance_of(w3, TILL) == PAY


def test_a_stuck_transaction_is_offered_again_for_at_least_an_eighth_more(anvil: Devnet, tmp_path: Path) -> None:
    w3, account = rpc.connect(anvil.url), funded(anvil)
    rpc.request(w3, "evm_setAutomine", [False])
    outbox = Outbox(tmp_path, w3, account, bump_after_s=1.2)
    thread = threading.Thread(target=outbox.send, args=("pay", TILL, b"", PAY))
    thread.start()
    until(lambda: len(attempts(tmp_path)) >= 2)
    first, second = attempts(tmp_path)[:2]
    assert all(second["fees"][field] * 8 >= price * 9 for field, price in first["fees"].items())
    rpc.request(w3, "evm_mine", [])
    thread.join(10)
    assert not thread.is_alive()
    assert rpc.balance_of(w3, TILL) == PAY


def test_nonces_that_the_chain_lost_are_filled_so_that_the_intent_is_mined_once(anvil: Devnet, tmp_path: Path) -> None:
    w3, account = rpc.connect(anvil.url), funded(anvil)
    rpc.request(w3, "anvil_setNonce", [account.address, "0x2"])
    with pytest.raises(Killed):
        Outbox(tmp_path, w3, account, on_step=killer("signed")).send("pay", TILL, b"", PAY)
    rpc.request(w3, "anvil_setNonce", [account.address, "0x0"])  # as if two earlier blocks had vanished
    Outbox(tmp_path, w3, account).send("pay", TILL, b"", PAY)
    assert rpc.balance_of(w3, TILL) == PAY
    assert rpc.request_int(w3, "eth_getTransactionCount", [account.address, "latest"]) == 3


def test_an_empty_home_waits_for_what_the_old_one_sent_and_asks_to_read_again(anvil: Devnet, tmp_path: Path) -> None:
    w3, account = rpc.connect(anvil.url), funded(anvil)
    rpc.request(w3, "evm_setAutomine", [False])
    with pytest.raises(Killed):
        Outbox(tmp_path / "old", w3, account, on_step=killer("broadcast")).send("pay", TILL, b"", PAY)
    threading.Timer(0.5, rpc.request, (w3, "evm_mine", [])).start()
    new = Outbox(tmp_path / "new", w3, account)
    with pytest.raises(TransactionPending, match="read the chain again"):
        new.send("pay", TILL, b"", PAY)
    assert rpc.balance_of(w3, TILL) == PAY  # the caller reads this, and does not send again


def test_a_transaction_that_reverts_in_its_block_is_an_error_and_may_be_tried_again(
    anvil: Devnet, tmp_path: Path
) -> None:
    w3, account = rpc.connect(anvil.url), funded(anvil)
    rpc.request(w3, "evm_setAutomine", [False])
    failures: list[BaseException] = []

    def pay() -> None:
        try:
            Outbox(tmp_path, w3, account).send("pay", TILL, b"", PAY)
        except ContractRefused as error:
            failures.append(error)

    thread = threading.Thread(target=pay)
    thread.start()
    tx_hash = stored(tmp_path)
    until(lambda: rpc.request(w3, "eth_getTransactionByHash", [tx_hash]) is not None)
    rpc.request(w3, "anvil_setCode", [TILL, "0x60006000fd"])
    rpc.request(w3, "evm_mine", [])
    thread.join(10)
    assert len(failures) == 1
    rpc.request(w3, "anvil_setCode", [TILL, "0x"])
    rpc.request(w3, "evm_setAutomine", [True])
    Outbox(tmp_path, w3, account).send("pay", TILL, b"", PAY)
    assert rpc.balance_of(w3, TILL) == PAY


def test_a_chain_without_base_fee_takes_legacy_transactions(tmp_path: Path, anvil: Devnet) -> None:
    with Devnet.start(prefer="anvil", anvil_options=("--hardfork", "berlin")) as legacy:
        w3, account = rpc.connect(legacy.url), funded(legacy)
        Outbox(tmp_path, w3, account).send("pay", TILL, b"", PAY)
        assert rpc.balance_of(w3, TILL) == PAY
        mined = rpc.request(w3, "eth_getTransactionByHash", [attempts(tmp_path, "done")[0]["hash"]])
        assert mined["type"] == "0x0"


def test_sending_takes_three_requests_and_those_for_the_receipt(
    anvil: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    w3, account = rpc.connect(anvil.url), funded(anvil)
    outbox, asked = Outbox(tmp_path, w3, account), []
    outbox.send("warm", TILL, b"", PAY)
    honest = rpc.request
    monkeypatch.setattr(rpc, "request", lambda w3, method, params: asked.append(method) or honest(w3, method, params))
    outbox.send("counted", TILL, b"", PAY)
    assert [method for method in asked if method != "eth_getTransactionReceipt"] == [
        "eth_estimateGas",
        "eth_getTransactionCount",
        "eth_sendRawTransaction",
    ]
