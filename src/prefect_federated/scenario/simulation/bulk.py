"""Many accounts' transactions on a development chain: signed, sent one after the other, then looked at together.

calls --nonce of each account, counted on--> signed --sent--> mined --receipts--> done, or the first refusal in words

An outbox asks the chain several times for each transaction, so that no crash can double it. Here nobody waits between
two transactions; whoever is cut off starts a fresh chain.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm import abi, errors, fees, rpc
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.core.errors import ContractRefused, TransactionPending

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

GAS = 700_000  # a transaction; what is not used costs nothing
AT_ONCE = 100  # requests in one message
PATIENCE = 200  # times that a missing receipt is asked for


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a contract, called by an account."""

    account: "LocalAccount"
    contract: str
    function: str
    values: tuple[Any, ...]
    value_wei: int = 0


def send_all(federation: Federation, calls: Sequence[Call]) -> None:
    """Send everything, in this order.

    Raises:
        FederatedError: a contract refused a call; those after it were sent as well.
    """
    sent = list(_sent(federation, calls))
    for call, receipt in zip(calls, _receipts(federation.w3, sent), strict=True):
        if not int(receipt["status"], 16):
            raise _why(federation, call, receipt)


def _sent(federation: Federation, calls: Sequence[Call]) -> Iterator[str]:
    w3, nonces, price = federation.w3, dict[str, int](), fees.quote(federation.w3)
    chain_id = federation.chain_id
    for call in calls:
        address = str(call.account.address)
        if address not in nonces:
            nonces[address] = rpc.request_int(w3, "eth_getTransactionCount", [address, "pending"])
        fields: dict[str, Any] = {
            **_fields(federation, call),
            "nonce": nonces[address],
            "gas": GAS,
            "chainId": chain_id,
            **price,
        }
        signed = call.account.sign_transaction(fields)
        nonces[address] += 1
        yield str(rpc.request(w3, "eth_sendRawTransaction", ["0x" + signed.raw_transaction.hex()]))


def _fields(federation: Federation, call: Call) -> dict[str, Any]:
    data = abi.function(call.contract, call.function).encode(*call.values)
    return {"to": federation.addresses.of(call.contract), "data": "0x" + data.hex(), "value": call.value_wei}


def _receipts(w3: "Web3", hashes: Sequence[str]) -> Iterator[dict[str, Any]]:
    waiting = iter(hashes)
    while some := list(islice(waiting, AT_ONCE)):
        answers = rpc.request_many(w3, "eth_getTransactionReceipt", [[one] for one in some]) or [{}] * len(some)
        for one, answer in zip(some, answers, strict=True):
            yield answer.get("result") or _mined(w3, one)


def _mined(w3: "Web3", tx_hash: str) -> dict[str, Any]:
    for _ in range(PATIENCE):
        if (receipt := rpc.request(w3, "eth_getTransactionReceipt", [tx_hash])) is not None:
            return dict(receipt)
        rpc.request(w3, "evm_mine", [])
    raise TransactionPending(f"transaction {tx_hash} is not mined after {PATIENCE} blocks; start a fresh chain")


def _why(federation: Federation, call: Call, receipt: dict[str, Any]) -> Exception:
    fields = _fields(federation, call)
    asked = {"from": str(call.account.address), **fields, "value": hex(fields["value"])}
    try:
        rpc.request(federation.w3, "eth_call", [asked, hex(int(receipt["blockNumber"], 16) - 1)])
    except rpc.RpcRefused as refusal:
        if refusal.data:
            return errors.decode_revert(refusal)
    return ContractRefused(
        f"{call.function} of {call.account.address} reverted without a reason after {int(receipt['gasUsed'], 16)} of"
        f" {GAS} gas; start a fresh chain and try again"
    )
