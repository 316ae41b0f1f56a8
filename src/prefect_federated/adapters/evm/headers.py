"""A block's header as the bytes that its hash is of, so that a contract can read what a past block said.

eth_getBlockByNumber -> fields in Ethereum's order -> RLP -> keccak256 is the block's hash, or an error
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.errors import ContentMismatch
from prefect_federated.core.words import keccak256

if TYPE_CHECKING:
    from web3 import Web3

# Fields since London, and those that later forks have appended: a header ends where the chain's fork does.
_BYTES = frozenset(
    ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "extraData",
     "mixHash", "nonce", "withdrawalsRoot", "parentBeaconBlockRoot", "requestsHash")
)  # fmt: skip
_ORDER = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas",
    "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip


def header_of(w3: "Web3", number: int) -> bytes:
    """The header of a block, as `Committee.draw` wants it.

    Args:
        w3: connection.
        number: of a block that is mined.

    Raises:
        ContentMismatch: the node knows no such block, or its fields do not hash to the hash that it names.
    """
    block = rpc.request(w3, "eth_getBlockByNumber", [hex(number), False])
    if block is None:
        raise ContentMismatch(f"the node knows no block {number} yet; ask again when it is mined")
    return encode_header(block)


def encode_header(block: Mapping[str, Any]) -> bytes:
    """RLP of a header's fields, from the JSON object that nodes answer with.

    Raises:
        ContentMismatch: the fields do not hash to the block's hash.
    """
    fields = [_field(name, block[name]) for name in _ORDER if block.get(name) is not None]
    header = _prefixed(b"".join(fields), 0xC0)
    if (actual := "0x" + keccak256(header).hex()) != block["hash"]:
        raise ContentMismatch(
            f"the header of block {int(block['number'], 16)} hashes to {actual}, the node says {block['hash']}; ask"
            " another node, or report a fork whose headers have more fields"
        )
    return header


def _field(name: str, value: str) -> bytes:
    """RLP knows bytes alone: a number is big-endian without leading zeros, 0 is empty; a low byte is itself."""
    content = bytes.fromhex(value[2:]) if name in _BYTES else _digits(int(value, 16))
    return content if len(content) == 1 and content[0] < 0x80 else _prefixed(content, 0x80)


def _prefixed(content: bytes, short: int) -> bytes:
    """RLP's prefix: `short` + length up to 55 bytes, else `short` + 55 + the length of the length, and the length."""
    if len(content) < 56:
        return bytes([short + len(content)]) + content
    length = _digits(len(content))
    return bytes([short + 55 + len(length)]) + length + content


def _digits(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
