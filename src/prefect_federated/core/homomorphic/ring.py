"""The numbers of a ciphertext: BFV with one 48-bit prime, one word in each coefficient, sums modulo 2^32.

words --2,048 a block--> c1, 2,048 residues; c0, a residue a word --6 bytes each, little-endian--> bytes

A ciphertext's coefficient k is c0[k] + (c1 * secret)[k], which needs c0 nowhere but at k: c0 of a last block is as
short as its words. Adding ciphertexts is adding residues modulo the prime, so it needs no library and always gives the
same.

Noise. A payload's is a sum of 4,097 products of small numbers: standard deviation 3.24 sqrt(1 + 4/3 * 2048) = 169. Of
128 summed it is 1,920; a word is read right while the noise is below 2^15, 17 deviations, and refused from 2^14 on.

Source: Fan, Vercauteren 2012, https://eprint.iacr.org/2012/144; HomomorphicEncryption.org security standard, 2018.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import MalformedMessage

DEGREE = 2048
MODULUS = 281_474_976_694_273  # the largest prime below 2^48 that is 1 modulo 2 * DEGREE
PLAIN = 2**32  # modulus of words and of their sum
FINE_BITS = 14  # binary digits after the point of a word, when noise is to be seen
MOST_NOISE = 2**14  # of 2^16 units from word to word
MOST_SUMMED = 128
RESIDUE_BYTES = 6
KEY_BYTES = 2 * DEGREE * RESIDUE_BYTES

Residues = NDArray[np.uint64]


class Block(NamedTuple):
    """Where a block lies: its words among the words, both of its polynomials among the residues."""

    words: slice
    c1: slice
    c0: slice


def residues_of(words: int) -> int:
    """Residues of a ciphertext of so many words.

    >>> residues_of(650), residues_of(2048), residues_of(2049)
    (2698, 4096, 6145)
    """
    return words + DEGREE * -(-words // DEGREE)


def blocks_of(words: int) -> Iterator[Block]:
    """The blocks of a ciphertext of so many words, in order.

    >>> list(blocks_of(2050))[1]
    Block(words=slice(2048, 2050, None), c1=slice(4096, 6144, None), c0=slice(6144, 6146, None))
    """
    for at in range(0, words, DEGREE):
        size, start = min(DEGREE, words - at), 2 * at
        yield Block(slice(at, at + size), slice(start, start + DEGREE), slice(start + DEGREE, start + DEGREE + size))


def packed(residues: Residues) -> bytes:
    """Six bytes a residue, little-endian.

    >>> packed(np.array([1, 258], np.uint64)).hex()
    '010000000000020100000000'
    """
    return residues.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :RESIDUE_BYTES].tobytes()


def unpacked(octets: bytes, what: str) -> Residues:
    """Residues, uint64, from six bytes each.

    Args:
        octets: a multiple of six bytes; the caller has compared the length with what it must be.
        what: whose they are, for the error.

    Raises:
        MalformedMessage: a number is no residue.

    >>> unpacked(packed(np.array([7, MODULUS - 1], np.uint64)), "an example")
    array([              7, 281474976694272], dtype=uint64)
    """
    wide = np.zeros((len(octets) // RESIDUE_BYTES, 8), np.uint8)
    wide[:, :RESIDUE_BYTES] = np.frombuffer(octets, np.uint8).reshape(-1, RESIDUE_BYTES)
    residues = wide.view("<u8").reshape(-1).astype(np.uint64, copy=False)
    if residues.size and (largest := int(residues.max())) >= MODULUS:
        raise MalformedMessage(
            f"{what}: residue {largest} at place {int(residues.argmax())}, residues are below {MODULUS}; fetch it"
            " again, or leave its sender out"
        )
    return residues
