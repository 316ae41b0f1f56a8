"""What a key holder publishes of its total, and the sum that all of them join to.

"PFO1" | session digest 32 | holder u32 | words u32 | added 32 | words, 4 bytes each, little-endian

fine --rounded to whole words, what is left over is the noise--> part --all holders' added modulo 2^32, signed--> sum
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ContentMismatch, ContentMissing, Undecryptable
from prefect_federated.core.homomorphic.message import head, require_message
from prefect_federated.core.homomorphic.parts import Plain
from prefect_federated.core.homomorphic.ring import FINE_BITS, MODULUS, MOST_NOISE, PLAIN, Residues
from prefect_federated.core.homomorphic.session import Session
from prefect_federated.core.homomorphic.total import added_hash

MAGIC = b"PFO1"
_UNITS = MODULUS // (PLAIN << FINE_BITS) + 1  # of noise in one fine step: 4


def words_of(fine: Residues, what: str) -> Plain:
    """Words from a decryption with `FINE_BITS` digits after the point, uint32 `[d]`.

    Args:
        fine: uint64 `[d]`, `word * 2^FINE_BITS` and the noise, modulo `2^32 * 2^FINE_BITS`.
        what: which total it is of, for the error.

    Raises:
        Undecryptable: the noise is no sum of the session's: another key, or a total that was altered.

    >>> words_of(np.array([5 << 14, (7 << 14) + 100, (PLAIN << 14) - 3], np.uint64), "an example").tolist()
    [5, 7, 0]
    """
    whole = (fine + np.uint64(1 << FINE_BITS - 1)) >> np.uint64(FINE_BITS)
    noise = np.abs(fine.astype(np.int64) - (whole << np.uint64(FINE_BITS)).astype(np.int64)) * _UNITS
    if noise.size and (most := int(noise.max())) >= MOST_NOISE:
        raise Undecryptable(
            f"{what}: noise {most} at word {int(noise.argmax())}, a sum that opens has less than"
            f" {MOST_NOISE}: another key, an altered total, or a participant that encrypted none; publish nothing"
        )
    return (whole % np.uint64(PLAIN)).astype(np.uint32)


def opening_of(session: Session, holder: int, roots: Mapping[int, bytes], part: Plain) -> bytes:
    """The message that a holder publishes."""
    return head(MAGIC, session, holder) + added_hash(session, roots) + part.astype("<u4").tobytes()


def join(session: Session, roots: Mapping[int, bytes], openings: Mapping[int, bytes]) -> NDArray[np.int32]:
    """The sum of the weighted updates, int32 `[d]`: the same bits as without encryption.

    Args:
        roots: of everybody whose update belongs into the sum the payload root, as it stands on chain.
        openings: of every holder its message, by place among the session's holders.

    Raises:
        ContentMissing: a holder's opening is missing; all are needed.
        ContentMismatch: one is of other payloads.
        MalformedMessage: one is none of this session.
    """
    if set(openings) != set(range(len(session.holders))):
        raise ContentMissing(
            f"{session.place}: openings of holders {sorted(openings)}, all of 0 to {len(session.holders) - 1} are"
            " needed; wait for the rest"
        )
    total = np.zeros(session.words, np.uint32)
    for holder, message in sorted(openings.items()):
        total += _part(session, holder, added_hash(session, roots), message)
    return total.view(np.int32)


def _part(session: Session, holder: int, expected: bytes, message: bytes) -> Plain:
    what = f"{session.place}: the opening of key holder {holder}"
    beginning = head(MAGIC, session, holder)
    require_message(message, beginning, len(beginning) + 32 + 4 * session.words, what)
    added = message[len(beginning) : len(beginning) + 32]
    if added != expected:
        raise ContentMismatch(
            f"{what} is of payloads that hash to 0x{added.hex()}, on chain are those of 0x{expected.hex()}; ask for"
            " the opening of these"
        )
    return np.frombuffer(message[len(beginning) + 32 :], "<u4").astype(np.uint32)
