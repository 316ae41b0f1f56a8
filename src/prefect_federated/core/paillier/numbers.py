"""Words as large integers and back, and large integers as bytes and from seeds.

words, 92 a block --balanced digits in base 2^32--> integer --a part a holder--> residues modulo 3,072 bits

Room in a modulus: 92 words of 32 bits are 2,944 bits; a part is 96 bits wider, a sum of 10,000 of them 14 more, and of
7 parts less 3 more: below half of the modulus, 3,070 bits.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import PayloadError, Undecryptable

BITS = 3072  # of a modulus
ROOT_BYTES = BITS // 8
SQUARE_BYTES = 2 * ROOT_BYTES
WORDS = 92  # in one ciphertext
HIDING_BITS = 96
PART_BITS = 32 * WORDS + HIDING_BITS
MOST_HOLDERS = 8
MOST_WORDS = 2048  # 23 ciphertexts a holder; a silo raises a number to the power n for each, which is what takes time
MOST_PARTICIPANTS = 4000  # an opening names each, and so many fit into `opened.OPENING_BYTES`; sums have room for more
_HALF, _BASE = 1 << 31, 1 << 32


def blocks(words: int) -> int:
    """Ciphertexts that so many words take, a holder.

    >>> blocks(1), blocks(92), blocks(93)
    (1, 1, 2)
    """
    return -(-words // WORDS)


def packed(words: NDArray[np.int64]) -> list[int]:
    """One integer for every 92 words: the sum of word k times 2^(32 k).

    Args:
        words: int64 `[d]`, each below 2^31 in magnitude, so that a sum of them is a sum of words.

    Raises:
        PayloadError: one is not.

    >>> packed(np.array([5, -1]))
    [-4294967291]
    """
    if words.size and (largest := int(np.abs(words).max())) >= _HALF:
        raise PayloadError(
            f"a weighted word of {largest} is to be encrypted, {_HALF - 1} is the largest; clip the update"
        )
    rows = [words[at : at + WORDS].tolist() for at in range(0, words.size, WORDS)]
    return [sum(word << 32 * k for k, word in enumerate(row)) for row in rows]


def unpacked(integers: Sequence[int], words: int) -> NDArray[np.int64]:
    """The words of packed integers, int64 `[d]`.

    Raises:
        Undecryptable: one is no such integer: somebody encrypted something else than words.

    >>> unpacked([-4294967291], 2).tolist()
    [5, -1]
    """
    found = list[int]()
    for integer in integers:
        rest = integer
        for _ in range(min(WORDS, words - len(found))):
            word = (rest + _HALF) % _BASE - _HALF
            found.append(word)
            rest = (rest - word) >> 32
        if rest:
            raise Undecryptable(
                f"the sum's integer of {integer.bit_length()} bits holds more than its words: somebody encrypted no"
                " words, and nobody can tell who; the round opens nothing"
            )
    return np.array(found, np.int64)


class Drawn:
    """Numbers that follow from a seed of 32 bytes alone (SHAKE-256), independent by label.

    >>> Drawn(bytes(32)).bits(8, "one") == Drawn(bytes(32)).bits(8, "one")
    True
    """

    def __init__(self, seed: bytes) -> None:
        """Begin; whoever knows the seed knows all numbers."""
        if len(seed) != 32:
            raise ValueError(f"a seed has 32 bytes, not {len(seed)}")
        self._seed = seed

    def bits(self, count: int, label: str) -> int:
        """A uniform number of so many bits; a multiple of 8."""
        return int.from_bytes(hashlib.shake_256(self._seed + label.encode()).digest(count // 8), "big")

    def below(self, bound: int, label: str) -> int:
        """A number from 0 to bound - 1, uniform but for 2^-128."""
        return self.bits((bound.bit_length() + 7) // 8 * 8 + 128, label) % bound
