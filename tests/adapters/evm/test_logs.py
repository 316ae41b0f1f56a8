"""Event logs: bounded ranges, order, no duplicates, and a cursor that notices reorganisations."""

import json
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from prefect_federated.adapters.evm import logs, rpc
from prefect_federated.adapters.evm.abi import function
from prefect_federated.adapters.evm.deploy import deploy_token, mint
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.logs import LogCursor, read_logs
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.core.errors import ChainUnreachable, ConfigurationError
from tests.adapters.evm.conftest import funded

ACCOUNT = "0x" + "11" * 20


class Token:
    """A token whose mints make one log each."""

    def __init__(self, devnet: Devnet, folder: Path) -> None:
        self.w3 = rpc.connect(devnet.url)
        self.outbox = Outbox(folder / "outbox", self.w3, funded(devnet))
        self.first = logs.height(self.w3)
        self.address = deploy_token(self.outbox)

    def mint(self, amount: int) -> None:
        mint(self.outbox, self.address, ACCOUNT, amount)


@pytest.fixture
def token(devnet: Devnet, tmp_path: Path) -> Token:
    return Token(devnet, tmp_path)


def amounts(found: Any) -> list[int]:
    return [int(log["data"], 16) for log in found]


def test_ranges_of_any_size_give_the_same_logs_in_order(token: Token) -> None:
    for amount in (5, 3, 9, 1):
        token.mint(amount)
        rpc.request(token.w3, "evm_mine", [])
    for step in (1, 2, 3, 1000):
        assert amounts(read_logs(token.w3, [token.address], (), token.first, step=step)) == [5, 3, 9, 1]


def test_an_endpoint_that_limits_ranges_is_asked_for_smaller_ones(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    for amount in (5, 3, 9):
        token.mint(amount)
    honest, spans = rpc.request, []

    def limited(w3: Web3, method: str, params: list[Any]) -> Any:
        if method == "eth_getLogs":
            span = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
            spans.append(span)
            if span > 2:
                raise rpc.RpcRefused(method, -32005, "query returned more than 10000 results")
        return honest(w3, method, params)

    monkeypatch.setattr(rpc, "request", limited)
    assert amounts(read_logs(token.w3, [token.address], (), token.first)) == [5, 3, 9]
    assert max(spans) > 2


def test_an_endpoint_that_refuses_a_single_block_is_unreachable(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(w3: Web3, method: str, params: list[Any]) -> Any:
        raise rpc.RpcRefused(method, -32005, "no logs here")

    head = logs.height(token.w3)
    monkeypatch.setattr(rpc, "request", refusing)
    with pytest.raises(ChainUnreachable, match="no logs here"):
        read_logs(token.w3, [token.address], (), head, head)


def test_a_kept_position_is_not_read_again_but_an_unkept_one_is(token: Token, tmp_path: Path) -> None:
    def cursor() -> LogCursor:
        return LogCursor(tmp_path / "position.json", token.w3, [token.address], (), token.first, "latest")

    token.mint(5)
    assert amounts(cursor().read().logs) == [5]
    reader = cursor()
    batch = reader.read()
    assert amounts(batch.logs) == [5]
    reader.keep(batch)
    token.mint(3)
    assert amounts(cursor().read().logs) == [3]
    reader.keep(reader.read())
    assert cursor().read().logs == ()


def test_a_reorganisation_is_noticed_and_the_replaced_blocks_are_read_again(anvil: Devnet, tmp_path: Path) -> None:
    token = Token(anvil, tmp_path)
    cursor = LogCursor(tmp_path / "position.json", token.w3, [token.address], (), token.first, "latest")
    for amount in (5, 3):
        token.mint(amount)
        cursor.keep(cursor.read())
    kept = cursor.next_block
    rpc.request(token.w3, "anvil_reorg", [1, []])
    token.mint(9)
    batch = cursor.read()
    assert batch.rewound_to == kept - 1
    assert amounts(batch.logs) == [9]


def test_a_position_of_another_chain_or_a_broken_one_is_refused(w3: Web3, tmp_path: Path) -> None:
    path = tmp_path / "position.json"
    path.write_text(json.dumps({"chain_id": 1, "trail": []}))
    with pytest.raises(ConfigurationError, match="chain 1, the endpoint serves chain 31337"):
        LogCursor(path, w3, [])
    path.write_text("{")
    with pytest.raises(ConfigurationError, match="no log position"):
        LogCursor(path, w3, [])


def test_finalised_blocks_lie_behind_the_head_where_the_chain_has_finality(anvil: Devnet) -> None:
    with Devnet.start(prefer="anvil", anvil_options=("--slots-in-an-epoch", "4")) as slow:
        w3 = rpc.connect(slow.url)
        for _ in range(20):
            rpc.request(w3, "evm_mine", [])
        assert logs.height(w3) == 20
        assert logs.height(w3, "finalized") < logs.height(w3, "safe") < 20


def test_a_function_that_a_contract_lacks_is_named() -> None:
    with pytest.raises(KeyError, match="no function fly"):
        function("TestToken", "fly")
