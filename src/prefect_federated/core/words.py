"""32-byte words as Solidity's `abi.encode` lays out static values, and keccak256 over them."""

from operator import index

from eth_hash.auto import keccak as keccak256

Word = int | bool | bytes | str

__all__ = ["Word", "encode_words", "hash_words", "keccak256"]


def encode_words(*values: Word) -> bytes:
    """Lay static values out as 32-byte words, as `abi.encode` does.

    Args:
        values: unsigned int or bool, 32 bytes, or an address as 0x-prefixed text of 20 bytes.

    >>> encode_words(1, "0x" + "ff" * 20)[31:46].hex()
    '01000000000000000000000000ffff'
    """
    return b"".join(_word(value) for value in values)


def hash_words(*values: Word) -> bytes:
    """keccak256 of the words, 32 bytes."""
    return keccak256(encode_words(*values))


def _word(value: Word) -> bytes:
    if isinstance(value, bytes):
        if len(value) != 32:
            raise ValueError(f"a word of bytes has 32 of them, not {len(value)}")
        return value
    if isinstance(value, str):
        address = bytes.fromhex(value.removeprefix("0x"))
        if len(address) != 20:
            raise ValueError(f"an address has 20 bytes, not {len(address)}: {value}")
        return address.rjust(32, b"\x00")
    return index(value).to_bytes(32, "big")  # a float is a TypeError here, not a rounded amount
