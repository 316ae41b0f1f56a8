"""The embedded chain answers as a node does; anvil, asked the same things, is the oracle."""

from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.abi import function
from prefect_federated.adapters.evm.broadcast import Verdict, verdict
from prefect_federated.adapters.evm.deploy import deploy_token, mint
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.outbox import Outbox
from tests.adapters.evm.conftest import ETHER

SOMEBODY = "0x" + "5b" * 20
GWEI = 10**9


def signed(account: LocalAccount, **changes: Any) -> str:
    """A signed transfer of 1 wei."""
    fields = {"to": Web3.to_checksum_address(SOMEBODY), "value": 1, "nonce": 0, "gas": 21_000, "chainId": 31337}
    fields |= {"maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": GWEI, "data": b""} | changes
    return "0x" + account.sign_transaction(fields).raw_transaction.hex()


def refused(w3: Web3, raw: str) -> Verdict:
    """What the node's refusal means to us."""
    with pytest.raises(rpc.RpcRefused) as caught:
        rpc.request(w3, "eth_sendRawTransaction", [raw])
    return verdict(caught.value.reason)


def test_what_was_mined_already_is_on_its_way(w3: Web3, account: LocalAccount) -> None:
    raw = signed(account)
    tx_hash = rpc.request(w3, "eth_sendRawTransaction", [raw])
    while rpc.request(w3, "eth_getTransactionReceipt", [tx_hash]) is None:
        pass
    assert refused(w3, raw) is Verdict.WAIT
    assert refused(w3, signed(account, value=2)) is Verdict.WAIT
    receipt = rpc.request(w3, "eth_getTransactionReceipt", [tx_hash])
    assert (int(receipt["status"], 16), int(receipt["gasUsed"], 16)) == (1, 21_000)
    assert rpc.request(w3, "eth_getTransactionByHash", [tx_hash])["blockNumber"] == receipt["blockNumber"]


@pytest.mark.parametrize(
    ("changes", "meaning"),
    [
        ({"value": 1000 * ETHER}, Verdict.REFUSED),
        ({"gas": 20_000}, Verdict.REFUSED),
        ({"gas": 60_000_000}, Verdict.REFUSED),
        ({"chainId": 1}, Verdict.REFUSED),
        ({"maxFeePerGas": 1, "maxPriorityFeePerGas": 1}, Verdict.PAY_MORE),
    ],
)
def test_what_can_never_be_mined_is_refused(
    w3: Web3, account: LocalAccount, changes: dict[str, Any], meaning: Verdict
) -> None:
    assert refused(w3, signed(account, **changes)) is meaning
    assert rpc.request_int(w3, "eth_getTransactionCount", [account.address, "pending"]) == 0


def test_a_transaction_above_a_gap_waits_until_the_gap_is_closed(w3: Web3, account: LocalAccount) -> None:
    def count(tag: str) -> int:
        return rpc.request_int(w3, "eth_getTransactionCount", [account.address, tag])

    above = rpc.request(w3, "eth_sendRawTransaction", [signed(account, nonce=1)])
    assert (count("latest"), count("pending")) == (0, 0)
    assert rpc.request(w3, "eth_getTransactionReceipt", [above]) is None
    assert rpc.request(w3, "eth_getTransactionByHash", [above])["blockNumber"] is None
    assert refused(w3, signed(account, nonce=1)) is Verdict.WAIT
    assert refused(w3, signed(account, nonce=1, value=2)) is Verdict.WAIT  # a replacement must pay more
    rpc.request(w3, "eth_sendRawTransaction", [signed(account)])
    while rpc.request(w3, "eth_getTransactionReceipt", [above]) is None:
        pass
    assert count("latest") == 2


def test_reverts_carry_their_bytes_in_calls_and_estimates(w3: Web3, account: LocalAccount, tmp_path: Path) -> None:
    token = deploy_token(Outbox(tmp_path, w3, account))
    too_much = function("TestToken", "transfer").encode(SOMEBODY, 1)
    call = {"from": account.address, "to": token, "data": "0x" + too_much.hex()}
    for method in ("eth_call", "eth_estimateGas"):
        for tag in ("latest", "pending"):
            with pytest.raises(rpc.RpcRefused) as caught:
                rpc.request(w3, method, [call, tag])
            assert caught.value.code == 3
            assert (caught.value.data or "").startswith("0xe450d38c")  # ERC20InsufficientBalance


def test_logs_are_found_by_address_topic_and_range(
    devnet: Devnet, w3: Web3, account: LocalAccount, tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path, w3, account)
    token = deploy_token(outbox)
    for who, amount in ((SOMEBODY, 5), (account.address, 7)):
        mint(outbox, token, Web3.to_checksum_address(who), amount)
    nobody, one = "0x" + "0" * 64, "0x" + SOMEBODY[2:].rjust(64, "0")
    other = "0x" + account.address[2:].lower().rjust(64, "0")

    def amounts(topics: list[Any], **where: Any) -> list[int]:
        wanted = {"address": token, "fromBlock": "0x0", "toBlock": "latest", "topics": topics} | where
        return [int(log["data"], 16) for log in rpc.request(w3, "eth_getLogs", [wanted])]

    assert amounts([]) == [5, 7]
    assert amounts([None, nobody, one]) == [5]
    assert amounts([None, None, [other, one]]) == [5, 7]
    assert amounts([None, other]) == []
    assert amounts([None, None, None, nobody]) == []
    assert amounts([], address=[SOMEBODY]) == []
    assert amounts([], fromBlock="latest") == [7]
    last = rpc.block(w3)["hash"]
    found = rpc.request(w3, "eth_getLogs", [{"blockHash": last, "address": token}])
    assert [int(log["data"], 16) for log in found] == [7]
    assert int(found[0]["blockTimestamp"], 16) == rpc.chain_time(w3)


def test_the_past_can_be_asked_about(w3: Web3, account: LocalAccount, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, w3, account)
    token = deploy_token(outbox)
    before = rpc.request_int(w3, "eth_blockNumber", [])
    mint(outbox, token, account.address, 9)
    call = {"to": token, "data": "0x" + function("TestToken", "balanceOf").encode(account.address).hex()}
    assert int(rpc.request(w3, "eth_call", [call, hex(before)]), 16) == 0
    assert int(rpc.request(w3, "eth_call", [call, "latest"]), 16) == 9
    assert len(rpc.request(w3, "eth_getCode", [token, "latest"])) > 100
    assert rpc.request(w3, "eth_getCode", [token, hex(before - 1)]) == "0x"


def test_a_call_sees_the_time_of_the_block_that_it_names(w3: Web3, account: LocalAccount, tmp_path: Path) -> None:
    clock = bytes.fromhex("600a600c600039600a6000f3" + "4260005260206000f300")  # returns block.timestamp
    contract = Outbox(tmp_path, w3, account).send("clock", None, clock).contract
    rpc.advance(w3, 500)
    now = rpc.chain_time(w3)
    assert int(rpc.request(w3, "eth_call", [{"to": contract}, "latest"]), 16) == now
    rpc.request(w3, "evm_increaseTime", [500])
    assert int(rpc.request(w3, "eth_call", [{"to": contract}, "latest"]), 16) == now
    assert int(rpc.request(w3, "eth_call", [{"to": contract}, "pending"]), 16) >= now + 500
    rpc.request(w3, "evm_mine", [])


def test_the_clock_never_goes_back(w3: Web3) -> None:
    now = rpc.chain_time(w3)
    with pytest.raises(rpc.RpcRefused):
        rpc.request(w3, "evm_setNextBlockTimestamp", [now - 10])
    rpc.request(w3, "evm_setNextBlockTimestamp", [now + 77])
    rpc.request(w3, "evm_mine", [])
    assert rpc.chain_time(w3) == now + 77
    rpc.request(w3, "evm_mine", [])
    assert rpc.chain_time(w3) >= now + 77


def test_unknown_things_are_null_not_errors(w3: Web3) -> None:
    nothing = "0x" + "00" * 32
    assert rpc.request(w3, "eth_getTransactionReceipt", [nothing]) is None
    assert rpc.request(w3, "eth_getTransactionByHash", [nothing]) is None
    assert rpc.request(w3, "eth_getBlockByNumber", ["0xffffff", False]) is None
    assert rpc.request(w3, "eth_getBlockByHash", [nothing, False]) is None
