"""A participant's payload: for every holder its part of every block, encrypted and proven.

weight * words + noise --packed--> integers --a part a holder--> ciphertexts and a proof, holder by holder

Carried as int32 words of a payload of this project's one format: header, root and sealing are those of any update.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import MalformedMessage, PayloadError, ShapeMismatch
from prefect_federated.core.masking.headroom import BEYOND
from prefect_federated.core.paillier.encrypted import PROOF_BYTES, Place, encrypted, proven
from prefect_federated.core.paillier.numbers import PART_BITS, SQUARE_BYTES, Drawn, blocks, packed
from prefect_federated.core.paillier.session import Session

Ciphertexts = tuple[tuple[int, ...], ...]  # by holder, by block


def encrypt(
    session: Session,
    participant: str,
    words: NDArray[np.int32],
    weight: int,
    seed: bytes,
    noise: NDArray[np.int64] | None = None,
) -> NDArray[np.int32]:
    """The words that leave a silo in place of its update; int32 `[payload_words]`.

    Args:
        participant: its account, which the proofs are bound to.
        words: int32 `[d]`, clipped to the task's limit.
        weight: 0 or more, below 2^31.
        seed: 32 secret bytes for this update in this session alone; a second update under it would be in the open.
        noise: int64 `[d]`, added to weight * words.

    Raises:
        ShapeMismatch: words or noise are not `[d]` of the session, or of another kind.
        PayloadError: the weight is negative or too large, or a weighted word is 2^31 or more.
    """
    _require_kind(session, "words", words, np.dtype(np.int32))
    if noise is not None:
        _require_kind(session, "noise", noise, np.dtype(np.int64))
    if not 0 <= weight < BEYOND:
        raise PayloadError(f"{session.place}: weight {weight} of {participant}; give one from 0 to {BEYOND - 1}")
    plains = words.astype(np.int64) * weight + (0 if noise is None else noise)
    drawn, count = Drawn(seed), len(session.holders)
    parts = [split(plain, count, drawn, block) for block, plain in enumerate(packed(plains))]
    rows = [
        encrypted(Place(session, participant, holder), [one[holder] for one in parts], drawn) for holder in range(count)
    ]
    return np.frombuffer(b"".join(rows), "<i4").astype(np.int32)


def split(plain: int, holders: int, drawn: Drawn, block: int) -> list[int]:
    """A part for every holder; all but one say nothing of the integer, all together add up to it.

    >>> sum(split(-7, 3, Drawn(bytes(32)), 0))
    -7
    """
    others = [drawn.bits(PART_BITS, f"part of holder {holder}, block {block}") for holder in range(1, holders)]
    return [plain - sum(others), *others]


def payload_words(words: int, holders: int) -> int:
    """How many int32 words a payload takes.

    >>> payload_words(31, 2), payload_words(650, 2)
    (784, 3472)
    """
    return holders * _row_bytes(words) // 4


def parse_payload(session: Session, participant: str, words: Sequence[int] | NDArray[np.int32]) -> Ciphertexts:
    """The ciphertexts of a payload, with every proof checked.

    Raises:
        MalformedMessage: it has another length, or a ciphertext of it is none, or is not proven.
    """
    content, size = np.asarray(words, "<i4").tobytes(), _row_bytes(session.words)
    if len(content) != (expected := size * len(session.holders)):
        raise MalformedMessage(f"{session.place}: {len(content)} bytes of {participant}, expected {expected}")
    rows = enumerate(content[at : at + size] for at in range(0, len(content), size))
    return tuple(proven(Place(session, participant, holder), row) for holder, row in rows)


def _require_kind(session: Session, name: str, numbers: NDArray[Any], kind: np.dtype[Any]) -> None:
    if numbers.dtype != kind or numbers.shape != (session.words,):
        raise ShapeMismatch(
            f"{session.place}: {name} {numbers.dtype} {list(numbers.shape)}, the session's are {kind}"
            f" [{session.words}]; encode the update of this task"
        )


def _row_bytes(words: int) -> int:
    """Of what is encrypted for one holder."""
    return blocks(words) * SQUARE_BYTES + PROOF_BYTES
