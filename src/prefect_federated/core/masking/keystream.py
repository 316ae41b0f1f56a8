"""Masks: a seed of 32 bytes stands for as many uniform words as there are coordinates.

word k of the mask = bytes 4k to 4k + 3, little-endian, of the keystream of ChaCha20 (RFC 8439)
                     key = seed, nonce = 0, block counter from 0: word k lies in block k // 16, at place k % 16

So one block of a mask can be worked out again from (seed, block number), on a chain too. A seed serves one mask.
Source: RFC 8439 section 2.4, https://www.rfc-editor.org/rfc/rfc8439#section-2.4
"""

from collections.abc import Iterable

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from numpy.typing import NDArray

SEED_BYTES = 32
WORDS_A_BLOCK = 16
COLUMNS = 16_384  # words a step: keystream and sum stay in the cache
_NONCE_BYTES = 12
_ZEROS = bytes(4 * COLUMNS)

Residues = NDArray[np.uint32]


def keystream(seed: bytes, size: int, block: int = 0) -> bytes:
    """So many bytes of the keystream, from the start of a block on.

    >>> keystream(bytes(32), 8).hex(), keystream(bytes(32), 128)[64:] == keystream(bytes(32), 64, block=1)
    ('76b8e0ada0f13d90', True)
    """
    return _stream(seed, block).update(bytes(size))


def mask_words(seed: bytes, count: int, block: int = 0) -> Residues:
    """Words of the mask, uint32 `[count]`, from word `16 * block` on.

    >>> hex(mask_words(bytes(32), 1)[0])
    '0xade0b876'
    """
    return np.frombuffer(keystream(seed, 4 * count, block), dtype="<u4")


class Masks:
    """Masks of several seeds, added or taken off a vector that comes in steps of columns; holds one step beside it.

    >>> words = np.zeros(20, np.uint32)
    >>> Masks([bytes(32)], []).apply(words)
    >>> bool((words == mask_words(bytes(32), 20)).all())
    True
    """

    def __init__(self, added: Iterable[bytes], taken: Iterable[bytes]) -> None:
        """Begin at word 0.

        Args:
            added: seeds of 32 bytes whose masks are added.
            taken: seeds whose masks are subtracted.
        """
        self._added = [_stream(seed) for seed in added]
        self._taken = [_stream(seed) for seed in taken]
        self._words = np.empty(COLUMNS, "<u4")
        self._octets = self._words.data.cast("B")

    def apply(self, words: Residues) -> None:
        """Mask the next columns in place, modulo 2^32.

        Args:
            words: uint32, as many as `COLUMNS`; fewer only at the end.
        """
        zeros, octets = memoryview(_ZEROS)[: 4 * words.size], self._octets[: 4 * words.size]
        mask = self._words[: words.size]
        for stream in self._added:
            stream.update_into(zeros, octets)
            np.add(words, mask, out=words)
        for stream in self._taken:
            stream.update_into(zeros, octets)
            np.subtract(words, mask, out=words)


def _stream(seed: bytes, block: int = 0) -> CipherContext:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed has {SEED_BYTES} bytes, not {len(seed)}")
    return Cipher(ChaCha20(seed, block.to_bytes(4, "little") + bytes(_NONCE_BYTES)), None).encryptor()
