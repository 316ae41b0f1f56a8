"""The gas of a transaction against the cap of its chain, and its price with the data on Ethereum."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from eth_account import Account
from web3 import Web3

from prefect_federated.adapters import challenging
from prefect_federated.adapters.challenging import batches
from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.costs import GAS_PRICE_ORACLE, NODE_INTERFACE, cost_of, data_fee
from prefect_federated.adapters.evm.dev_accounts import FUNDER_KEY
from prefect_federated.adapters.evm.devnet import find_anvil
from prefect_federated.adapters.evm.gas import gas_limit
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.rehearsal import rehearse
from prefect_federated.core.chains import profile
from prefect_federated.core.errors import ConfigurationError, ContractRefused
from tests.adapters.evm.conftest import ROOT

TO = "0x" + "11" * 20
SENDER = Account.from_key(FUNDER_KEY).address
THOUSAND_A_BYTE = "0x366103e8025f5260205ff3"  # returns calldatasize x 1000
SEVEN_GAS_AT_FIVE = "0x60075f526005602052600360405260605ff3"  # returns (7, 5, 3)
COUNTER, COUNTS_DOWN = "0x" + "22" * 20, "0x5f355b600190038060025700"  # from its argument to zero
GAS_A_TURN = 26


@pytest.fixture(scope="module", params=["optimism", "base", "arbitrum", "ethereum", "zksync"])
def chain(request: pytest.FixtureRequest) -> Iterator[tuple[str, Web3]]:
    if find_anvil(ROOT) is None:
        pytest.skip("anvil is neither on the PATH nor in contracts/node_modules")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        running = rehearse(profile(request.param), real_time=False, finality_blocks=4)
    with running:
        yield request.param, rpc.connect(running.url, running.chain_id)


def test_room_is_given_up_at_the_cap_but_a_call_above_it_is_refused_with_both_values() -> None:
    base = profile("base")
    assert gas_limit("commit", 80_000, base) == 130_000
    assert gas_limit("challengeSum", 16_000_000, base) == 1 << 24
    with pytest.raises(ContractRefused, match="needs 16777217 gas, base allows 16777216"):
        gas_limit("challengeSum", (1 << 24) + 1, base)


def test_a_larger_cap_lets_a_transaction_show_more_updates() -> None:
    caps = (profile("ethereum").tx_gas_cap, profile("arbitrum").tx_gas_cap)
    assert [next(iter(batches(1_000, 1024, cap))) for cap in caps] == [(0, 128), (0, 256)]


def test_a_chain_refuses_a_transaction_above_its_cap(chain: tuple[str, Web3]) -> None:
    name, w3 = chain
    fields = {"to": TO, "value": 0, "nonce": 0, "chainId": rpc.chain_id_of(w3), "maxPriorityFeePerGas": 10**9}
    greedy = fields | {"gas": profile(name).tx_gas_cap + 1, "maxFeePerGas": 10**11}
    signed = Account.create().sign_transaction(greedy)
    rpc.set_balance(w3, Account.recover_transaction(signed.raw_transaction), 10**20)
    with pytest.raises(rpc.RpcRefused, match=r"(?i)gas"):
        rpc.request(w3, "eth_sendRawTransaction", ["0x" + signed.raw_transaction.hex()])


def test_the_data_fee_is_asked_of_the_contract_that_the_chain_has_for_it(chain: tuple[str, Web3]) -> None:
    """The contracts stand in here: a rehearsal has no Ethereum below it."""
    name, w3 = chain
    rpc.request(w3, "anvil_setCode", [GAS_PRICE_ORACLE, THOUSAND_A_BYTE])
    rpc.request(w3, "anvil_setCode", [NODE_INTERFACE, SEVEN_GAS_AT_FIVE])
    short, inside = data_fee(w3, profile(name), TO, bytes(1))
    long, _ = data_fee(w3, profile(name), TO, bytes(1) + bytes(3_200))
    if name in ("optimism", "base"):
        assert not inside and 3_200_000 <= long - short <= 3_300_000
    elif name == "arbitrum":
        assert inside and long == short == 35
    else:
        assert (short, inside) == (0, name == "zksync")


def test_a_cost_adds_the_data_fee_only_where_the_gas_does_not_hold_it(chain: tuple[str, Web3]) -> None:
    name, w3 = chain
    rpc.request(w3, "anvil_setCode", [GAS_PRICE_ORACLE, THOUSAND_A_BYTE])
    rpc.request(w3, "anvil_setCode", [NODE_INTERFACE, SEVEN_GAS_AT_FIVE])
    cost = cost_of(w3, profile(name), "transfer", SENDER, TO, b"\x01" * 100)
    base_fee = int(rpc.block(w3)["baseFeePerGas"], 16)
    assert cost.gas * base_fee <= cost.gas_wei <= cost.most_wei
    added = cost.data_wei if name in ("optimism", "base") else 0
    assert cost.total_wei == cost.gas_wei + added
    assert (added > 0) == (name in ("optimism", "base"))


def test_a_chain_without_the_oracle_is_told_from_one_that_asks_nothing(chain: tuple[str, Web3]) -> None:
    name, w3 = chain
    for contract in (GAS_PRICE_ORACLE, NODE_INTERFACE):
        rpc.request(w3, "anvil_setCode", [contract, "0x"])
    if profile(name).fees not in ("op-stack", "arbitrum"):
        assert data_fee(w3, profile(name), TO, b"")[0] == 0
        return
    with pytest.raises(ConfigurationError, match=rf"chain {profile(name).chain_id} has no getL1Fee|has no gasEstimate"):
        data_fee(w3, profile(name), TO, b"")


def test_the_outbox_asks_for_no_more_gas_than_the_cap(chain: tuple[str, Web3], tmp_path: Path) -> None:
    """A call that fits under the cap, but with the usual room on top of it would not: the chain takes it."""
    name, w3 = chain
    known = profile(name)
    rpc.request(w3, "anvil_setCode", [COUNTER, COUNTS_DOWN])
    sender = Account.create()
    rpc.set_balance(w3, sender.address, 10**21)
    turns = known.tx_gas_cap * 9 // 10 // GAS_A_TURN
    receipt = Outbox(tmp_path, w3, sender, profile=known).send("count", COUNTER, turns.to_bytes(32, "big"))
    raw = rpc.request(w3, "eth_getTransactionByHash", ["0x" + receipt.tx_hash.hex()])
    assert int(raw["gas"], 16) == known.tx_gas_cap > receipt.gas_used > known.tx_gas_cap * 8 // 10


@pytest.mark.parametrize(("name", "first"), [(None, 128), ("base", 128), ("arbitrum", 256)])
def test_a_sum_is_refuted_in_as_few_transactions_as_the_chain_s_cap_allows(
    monkeypatch: pytest.MonkeyPatch, name: str | None, first: int
) -> None:
    sent: list[int] = []
    federation = SimpleNamespace(
        profile=name and profile(name),
        challenge_sum=lambda case, at, shown, siblings, whole: sent.append(len(shown)) or 1,
    )
    monkeypatch.setattr(challenging, "_aggregate", lambda *_: None)
    monkeypatch.setattr(challenging, "_shown", lambda party, spec, claimed, chunk, positions: iter(positions))
    included = [SimpleNamespace(content=index.to_bytes(32, "big")) for index in range(600)]
    challenging._sum(
        SimpleNamespace(federation=federation),
        SimpleNamespace(spec=SimpleNamespace(enforced=SimpleNamespace(chunk_bytes=1024))),
        SimpleNamespace(document=SimpleNamespace(included=included)),
        None,
        SimpleNamespace(at=SimpleNamespace(chunk=1)),
    )
    assert sent[0] == first and sum(sent) == 600
