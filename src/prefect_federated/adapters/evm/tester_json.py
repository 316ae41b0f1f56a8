"""py-evm objects as the JSON objects that Ethereum clients answer with."""

from typing import Any

from eth.abc import BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI
from eth_utils.address import to_checksum_address

from prefect_federated.adapters.evm.abi import contract_address


def block(header: BlockHeaderAPI, transactions: list[SignedTransactionAPI]) -> dict[str, Any]:
    """A mined block with its transactions' hashes."""
    forks: Any = header  # fields that came after the type's
    return {
        "number": hex(header.block_number),
        "hash": _hex(header.hash),
        "parentHash": _hex(header.parent_hash),
        "nonce": _hex(header.nonce),
        "mixHash": _hex(header.mix_hash),
        "sha3Uncles": _hex(header.uncles_hash),
        "logsBloom": f"0x{header.bloom:0512x}",
        "transactionsRoot": _hex(header.transaction_root),
        "stateRoot": _hex(header.state_root),
        "receiptsRoot": _hex(header.receipt_root),
        "miner": to_checksum_address(header.coinbase),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": _hex(header.extra_data),
        "size": "0x0",
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "baseFeePerGas": hex(header.base_fee_per_gas or 0),
        "withdrawalsRoot": _hex(forks.withdrawals_root),
        "blobGasUsed": hex(forks.blob_gas_used),
        "excessBlobGas": hex(forks.excess_blob_gas),
        "parentBeaconBlockRoot": _hex(forks.parent_beacon_block_root),
        "requestsHash": _hex(forks.requests_hash),
        "uncles": [],
        "transactions": [_hex(transaction.hash) for transaction in transactions],
    }


def transaction(transaction: SignedTransactionAPI, block: dict[str, Any] | None, index: int | None) -> dict[str, Any]:
    """A transaction, mined or waiting."""
    kind = getattr(transaction, "type_id", None) or 0
    dynamic = {} if kind < 2 else {
        "maxFeePerGas": hex(transaction.max_fee_per_gas),
        "maxPriorityFeePerGas": hex(transaction.max_priority_fee_per_gas),
        "accessList": [],
    }  # fmt: skip
    return dynamic | {
        "type": hex(kind),
        "hash": _hex(transaction.hash),
        "nonce": hex(transaction.nonce),
        "blockHash": block["hash"] if block else None,
        "blockNumber": block["number"] if block else None,
        "transactionIndex": None if index is None else hex(index),
        "from": to_checksum_address(transaction.sender),
        "to": to_checksum_address(transaction.to) if transaction.to else None,
        "value": hex(transaction.value),
        "gas": hex(transaction.gas),
        "gasPrice": hex(_price(transaction, block)),
        "input": _hex(transaction.data),
        "chainId": hex(transaction.chain_id or 0),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
        "v": hex(getattr(transaction, "v", None) if kind == 0 else transaction.y_parity),  # type: ignore[arg-type]
    }


def receipt(
    block: dict[str, Any],
    transaction: SignedTransactionAPI,
    receipt: ReceiptAPI,
    index: int,
    burned: int,
    first_log: int,
) -> dict[str, Any]:
    """What became of a mined transaction; `burned` is its own gas, `first_log` its first log's index in the block."""
    place = {
        "transactionHash": _hex(transaction.hash),
        "transactionIndex": hex(index),
        "blockHash": block["hash"],
        "blockNumber": block["number"],
    }
    logs = [
        place
        | {
            "address": to_checksum_address(log.address),
            "topics": [f"0x{topic:064x}" for topic in log.topics],
            "data": _hex(log.data),
            "logIndex": hex(first_log + offset),
            "blockTimestamp": block["timestamp"],
            "removed": False,
        }
        for offset, log in enumerate(receipt.logs)
    ]
    return place | {
        "type": hex(getattr(transaction, "type_id", None) or 0),
        "from": to_checksum_address(transaction.sender),
        "to": to_checksum_address(transaction.to) if transaction.to else None,
        "contractAddress": None if transaction.to else _created(transaction),
        "status": hex(int.from_bytes(receipt.state_root, "big")),
        "gasUsed": hex(burned),
        "cumulativeGasUsed": hex(receipt.gas_used),
        "effectiveGasPrice": hex(_price(transaction, block)),
        "logsBloom": f"0x{receipt.bloom:0512x}",
        "logs": logs,
    }


def _created(transaction: SignedTransactionAPI) -> str:
    return contract_address("0x" + transaction.sender.hex(), transaction.nonce)


def _price(transaction: SignedTransactionAPI, block: dict[str, Any] | None) -> int:
    base = int(block["baseFeePerGas"], 16) if block else 0
    return min(transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas + base)


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
