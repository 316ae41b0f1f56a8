"""Scores of a round's updates: how a committee's member writes them down, and what several members' come to.

scores by index --pack--> big-endian uint32 words --keccak256--> hash in the vote;  shown by all --lower median--> share
"""

from collections.abc import Mapping, Sequence

from prefect_federated.core.words import keccak256

WORD_BYTES = 4


def pack_scores(scores: Mapping[int, int]) -> bytes:
    """Scores by participant index as the contract reads them: word i is the score of index i, absent is 0.

    Raises:
        ValueError: an index is negative, or a score no uint32.

    >>> pack_scores({2: 7, 0: 258}).hex()
    '000001020000000000000007'
    """
    wrong = {index: score for index, score in scores.items() if index < 0 or not 0 <= score < 2**32}
    if wrong:
        raise ValueError(f"scores {wrong} are not integers from 0 to 2^32 - 1 by index; quantise them so")
    return b"".join(scores.get(index, 0).to_bytes(WORD_BYTES, "big") for index in range(max(scores, default=-1) + 1))


def scores_hash(packed: bytes) -> bytes:
    """What a vote binds of them: keccak256 of the words, 32 bytes.

    >>> scores_hash(b"").hex()[:8]
    'c5d24601'
    """
    return keccak256(packed)


def score_of(packed: bytes, index: int) -> int:
    """The score of an index; 0 beyond the last.

    >>> score_of(pack_scores({2: 7}), 2), score_of(pack_scores({2: 7}), 3)
    (7, 0)
    """
    return int.from_bytes(packed[index * WORD_BYTES : (index + 1) * WORD_BYTES], "big")


def median_score(vectors: Sequence[bytes], index: int) -> int:
    """Lower median of an index's scores: of an even number the lesser of the middle two, so that a member gave it.

    Assumes at least one vector. While fewer than half of the members lie, it lies between the lowest and the highest
    honest score; exactly half can press it down, and cannot push it up.

    >>> median_score([pack_scores({0: s}) for s in (9, 2, 5, 7)], 0)
    5
    """
    return sorted(score_of(vector, index) for vector in vectors)[(len(vectors) - 1) // 2]
