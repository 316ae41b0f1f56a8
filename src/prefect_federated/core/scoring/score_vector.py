"""A validator's scores as the bytes that its vote binds: one word of four bytes for each participant index.

(3, 0, 1) --big-endian uint32--> 12 bytes --keccak256--> scoresHash
"""

from collections.abc import Sequence

from prefect_federated.core.words import keccak256

Scores = tuple[int, ...]
WORD_BYTES = 4


def pack(scores: Sequence[int]) -> bytes:
    """Scores by ascending index, each a big-endian uint32.

    Raises:
        OverflowError: a score is negative or 2^32 and more.

    >>> pack((3, 256)).hex()
    '0000000300000100'
    """
    return b"".join(score.to_bytes(WORD_BYTES, "big") for score in scores)


def unpack(packed: bytes) -> Scores:
    """What `pack` wrote.

    Raises:
        ValueError: the length is no multiple of four.

    >>> unpack(bytes.fromhex("0000000300000100"))
    (3, 256)
    """
    if len(packed) % WORD_BYTES:
        raise ValueError(f"{len(packed)} bytes are no scores of {WORD_BYTES} bytes each")
    words = (packed[at : at + WORD_BYTES] for at in range(0, len(packed), WORD_BYTES))
    return tuple(int.from_bytes(word, "big") for word in words)


def scores_hash(scores: Sequence[int]) -> bytes:
    """keccak256 of the packed scores, 32 bytes."""
    return keccak256(pack(scores))
