"""Reads while a chain is held for standing still: asked once, in one message, and forgotten afterwards."""

from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.calls import ContractCalls
from prefect_federated.adapters.evm.provider import ChainProvider
from prefect_federated.adapters.evm.still import StillReads


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Methods that went over the wire."""
    seen: list[str] = []
    post = ChainProvider._post

    def listening(self: ChainProvider, method: str, body: bytes) -> Any:
        seen.append(method)
        return post(self, method, body)

    monkeypatch.setattr(ChainProvider, "_post", listening)
    return seen


def still_of(w3: Web3) -> StillReads:
    assert isinstance(w3.provider, ChainProvider)
    return w3.provider.still


def test_same_question_is_asked_once_until_the_block_ends(w3: Web3, asked: list[str]) -> None:
    with still_of(w3).hold():
        first = rpc.chain_time(w3)
        rpc.advance(w3, 100)
        assert rpc.chain_time(w3) == first
        assert asked.count("eth_getBlockByNumber") == 1
    assert rpc.chain_time(w3) >= first + 100


def test_whoever_still_holds_keeps_what_was_read(w3: Web3, asked: list[str]) -> None:
    still = still_of(w3)
    with still.hold():
        with still.hold():
            rpc.chain_time(w3)
        rpc.chain_time(w3)
    assert asked.count("eth_getBlockByNumber") == 1


def test_nonces_are_asked_every_time(w3: Web3, account: LocalAccount, asked: list[str]) -> None:
    with still_of(w3).hold():
        for _ in range(2):
            rpc.request_int(w3, "eth_getTransactionCount", [account.address, "latest"])
    assert asked.count("eth_getTransactionCount") == 2


def test_refusal_is_not_kept(w3: Web3, asked: list[str]) -> None:
    with still_of(w3).hold():
        for _ in range(2):
            with pytest.raises(rpc.RpcRefused):
                rpc.request(w3, "eth_call", [{"to": "nobody"}, "latest"])
    assert asked.count("eth_call") == 2


def test_foreseen_calls_come_in_one_message(town: ContractCalls, asked: list[str]) -> None:
    accounts = [Web3.to_checksum_address(f"0x{number:040x}") for number in range(1, 31)]
    with town.still():
        town.foresee("Coordinator", "enrolmentOf", [(1, account) for account in accounts])
        before = len(asked)
        found = [town.call("Coordinator", "enrolmentOf", 1, account) for account in accounts]
        assert len(asked) == before and asked.count("batch") == 1
    assert {one["fromRound"] for one in found} == {0}
    town.call("Coordinator", "enrolmentOf", 1, accounts[0])
    assert len(asked) == before + 1


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from prefect_federated.adapters.evm.devnet import Devnet
    from tests.adapters.evm.consortium import Consortium

    with Devnet.start() as devnet:
        yield Consortium(devnet, tmp_path_factory.mktemp("town")).sponsor
