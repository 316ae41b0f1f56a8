"""Words are what Solidity's abi.encode would have written."""

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.words import encode_words, hash_words, keccak256

addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())


@given(st.integers(0, 2**256 - 1), st.booleans(), st.binary(min_size=32, max_size=32), addresses)
def test_words_equal_an_independent_abi_encoder(number: int, flag: bool, word: bytes, address: str) -> None:
    expected = eth_abi.encode(["uint256", "bool", "bytes32", "address"], [number, flag, word, address])
    assert encode_words(number, flag, word, address) == expected


def test_case_of_an_address_does_not_change_its_word() -> None:
    assert encode_words("0x" + "ab" * 20) == encode_words("0x" + "AB" * 20)


def test_keccak_is_ethereums_and_not_sha3() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize("value", [1.5, 1.0, "0x12", b"short", bytearray(b"7"), None, -1, 2**256])
def test_value_that_is_no_word_is_refused_and_never_rounded(value: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        hash_words(value)  # type: ignore[arg-type]
