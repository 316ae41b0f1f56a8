"""Scores of a round's updates: how a committee's member writes them down, and what several members' come to.

scores by index --pack--> big-endian uint32 words --keccak256--> hash in the vote;  shown by all --lower median--> share
"""

from collections.abc import Sequence

from prefect_federated.core.words import keccak256

Scores = tuple[int, ...]
WORD_BYTES = 4


def pack_scores(scores: Sequence[int]) -> bytes:
    """Scores as the contract reads them: word i is the score of participant index i.

    Raises:
        ValueError: a score is no uint32.

    >>> pack_scores((3, 256)).hex()
    '0000000300000100'
    """
    wrong = {index: score for index, score in enumerate(scores) if not 0 <= score < 2**32}
    if wrong:
        raise ValueError(f"scores {wrong} are not integers from 0 to 2^32 - 1 by index; quantise them so")
    return b"".join(score.to_bytes(WORD_BYTES, "big") for score in scores)


def unpack_scores(packed: bytes) -> Scores:
    """What `pack_scores` wrote.

    Raises:
        ValueError: the length is no multiple of four.

    >>> unpack_scores(bytes.fromhex("0000000300000100"))
    (3, 256)
    """
    if len(packed) % WORD_BYTES:
        raise ValueError(f"{len(packed)} bytes are no scores of {WORD_BYTES} bytes each")
    words = (packed[at : at + WORD_BYTES] for at in range(0, len(packed), WORD_BYTES))
    return tuple(int.from_bytes(word, "big") for word in words)


def scores_hash(packed: bytes) -> bytes:
    """What a vote binds of them: keccak256 of the words, 32 bytes.

    >>> scores_hash(b"").hex()[:8]
    'c5d24601'
    """
    return keccak256(packed)


def score_of(packed: bytes, index: int) -> int:
    """The score of an index; 0 beyond the last.

    >>> score_of(pack_scores((0, 7)), 1), score_of(pack_scores((0, 7)), 2)
    (7, 0)
    """
    return int.from_bytes(packed[index * WORD_BYTES : (index + 1) * WORD_BYTES], "big")


def median_score(vectors: Sequence[bytes], index: int) -> int:
    """Lower median of an index's scores: of an even number the lesser of the middle two, so that a member gave it.

    Assumes at least one vector. While fewer than half of the members lie, it lies between the lowest and the highest
    honest score; exactly half can press it down, and cannot push it up.

    >>> median_score([pack_scores((s,)) for s in (9, 2, 5, 7)], 0)
    5
    """
    return sorted(score_of(vector, index) for vector in vectors)[(len(vectors) - 1) // 2]
