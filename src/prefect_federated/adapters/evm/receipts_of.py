"""All receipts of a block as the bytes that its header's receiptsRoot is over, so that somebody else can check logs.

eth_getBlockReceipts, or one by one -> fields in Ethereum's order -> RLP, behind the transaction's type
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.errors import ChainUnreachable

if TYPE_CHECKING:
    from web3 import Web3

DEPOSIT = 0x7E  # of rollups with OP Stack's rules: two more fields


def receipts_of(w3: "Web3", block: Mapping[str, Any]) -> list[bytes]:
    """The consensus encoding of each receipt of a block, in order.

    Args:
        w3: connection.
        block: as the node returns it, with the hashes of its transactions.

    Raises:
        ChainUnreachable: the node does not hand out a receipt.
    """
    return [_encoded(receipt) for receipt in _asked(w3, block)]


def _asked(w3: "Web3", block: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        whole = rpc.request(w3, "eth_getBlockReceipts", [block["number"]])
        if isinstance(whole, list) and len(whole) == len(block["transactions"]):
            return whole
    except rpc.RpcRefused:
        pass  # many nodes do not have the call
    found = [rpc.request(w3, "eth_getTransactionReceipt", [tx_hash]) for tx_hash in block["transactions"]]
    if None in found:
        raise ChainUnreachable(
            f"the node does not know every receipt of block {int(block['number'], 16)}; ask one that keeps them"
        )
    return found


def _encoded(receipt: Mapping[str, Any]) -> bytes:
    import rlp

    logs = [
        [_bytes(log["address"]), [_bytes(t) for t in log["topics"]], _bytes(log["data"])] for log in receipt["logs"]
    ]
    counted = [_number(receipt["status"]), _number(receipt["cumulativeGasUsed"])]
    kind, more = int(receipt.get("type") or "0x0", 16), []
    if kind == DEPOSIT:
        more = [_number(receipt[name]) for name in ("depositNonce", "depositReceiptVersion") if receipt.get(name)]
    encoded: bytes = rlp.encode([*counted, _bytes(receipt["logsBloom"]), logs, *more])
    return bytes([kind]) + encoded if kind else encoded


def _number(text: str) -> bytes:
    number = int(text, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
