"""Masks are RFC 8439's keystream, word by word and block by block, added and taken off exactly."""

import numpy as np
import pytest
from Crypto.Cipher import ChaCha20
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.masking.keystream import COLUMNS, Masks, keystream, mask_words

SEED = bytes(range(32))


def test_blocks_are_those_of_the_rfc() -> None:
    """RFC 8439, appendix A.1, test vectors 1, 2 and 4: a key of zeros, blocks 0 and 1; key 00 ff 00 ..., block 2."""
    zeros, other = bytes(32), b"\x00\xff" + bytes(30)
    first, second = keystream(zeros, 64), keystream(zeros, 64, block=1)
    assert first.hex().startswith("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7")
    assert first.hex().endswith("da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586")
    assert second.hex().startswith("9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed")
    assert (
        keystream(other, 64, block=2)
        .hex()
        .startswith("72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca")
    )


def test_another_implementation_makes_the_same_stream() -> None:
    cipher = ChaCha20.new(key=SEED, nonce=bytes(12))
    assert keystream(SEED, 1000) == cipher.encrypt(bytes(1000))


@given(st.integers(0, 2000))
def test_a_word_is_found_by_block_and_place(word: int) -> None:
    whole = mask_words(SEED, 2001)
    block = keystream(SEED, 64, block=word // 16)
    assert int(whole[word]) == int.from_bytes(block[4 * (word % 16) : 4 * (word % 16) + 4], "little")


@pytest.mark.parametrize("size", [1, 15, 16, 17, COLUMNS - 1, COLUMNS, COLUMNS + 1, 2 * COLUMNS + 5])
def test_masks_come_on_and_off_whatever_the_length(size: int) -> None:
    added, taken = [SEED, bytes(32)], [b"\x09" * 32]
    words = np.arange(size, dtype=np.uint32) * np.uint32(2**29)
    expected = words + mask_words(SEED, size) + mask_words(bytes(32), size) - mask_words(taken[0], size)
    made, on, off = words.copy(), Masks(added, taken), Masks(taken, added)
    for at in range(0, size, COLUMNS):
        on.apply(made[at : at + COLUMNS])
    assert (made == expected).all()
    for at in range(0, size, COLUMNS):
        off.apply(made[at : at + COLUMNS])
    assert (made == words).all()


@pytest.mark.parametrize("seed", [b"", bytes(16), bytes(31), bytes(33)])
def test_seed_of_odd_length_is_refused(seed: bytes) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, not {len(seed)}"):
        keystream(seed, 4)
