"""An update's words as one part a key holder: each part is uniform, all of them together add up to the words.

weight * words + noise --modulo 2^32--> plain = part 0 + part 1 + ...   parts 1, 2, ...: ChaCha20 of fresh seeds
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import PayloadError, ShapeMismatch
from prefect_federated.core.homomorphic.session import Session
from prefect_federated.core.masking.headroom import BEYOND
from prefect_federated.core.masking.keystream import mask_words

Plain = NDArray[np.uint32]


def weighted(
    session: Session, participant: int, words: NDArray[np.int32], weight: int, noise: NDArray[np.int64] | None = None
) -> Plain:
    """`weight * words + noise` modulo 2^32, uint32 `[d]`; `require_summable` saw that no sum of them wraps.

    Args:
        words: int32 `[d]`, clipped to the task's limit.
        weight: below 2^31.
        noise: int64 `[d]`, this participant's part of the noise of the sum.

    Raises:
        UnknownParticipant: the participant is none of the session's.
        ShapeMismatch: words or noise are not `[d]` of the session, or of another kind.
        PayloadError: the weight is negative or too large.
    """
    session.require(participant)
    expected = (session.words,)
    if words.dtype != np.int32 or words.shape != expected:
        raise ShapeMismatch(
            f"{session.place}: words of participant {participant} are {words.dtype} {list(words.shape)}, the session's"
            f" are int32 [{session.words}]; encode the update of this task"
        )
    if noise is not None and (noise.dtype != np.int64 or noise.shape != expected):
        raise ShapeMismatch(
            f"{session.place}: noise of participant {participant} is {noise.dtype} {list(noise.shape)}, the session's"
            f" is int64 [{session.words}]; draw one for every word"
        )
    if not 0 <= weight < BEYOND:
        raise PayloadError(f"weight {weight} of participant {participant}; give one from 0 to {BEYOND - 1}")
    plain = words.view(np.uint32) * np.uint32(weight)
    return plain if noise is None else plain + noise.astype(np.uint64).astype(np.uint32)


def split(plain: Plain, seeds: Sequence[bytes]) -> list[Plain]:
    """One part more than there are seeds.

    Args:
        seeds: 32 bytes each, drawn afresh for every update; whoever lacks one of them, or part 0, knows nothing.

    >>> parts = split(np.array([1, 2], np.uint32), [bytes(32), bytes([1]) * 32])
    >>> len(parts), sum(parts).tolist()
    (3, [1, 2])
    """
    drawn: list[Plain] = [mask_words(seed, plain.size).astype(np.uint32) for seed in seeds]
    first = plain.copy()
    for part in drawn:
        first -= part
    return [first, *drawn]
