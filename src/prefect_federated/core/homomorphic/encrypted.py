"""A participant's payload, format 1: for every key holder the ciphertext of its part.

"PFH1" | session digest 32 | participant u32 | words u32 | for each holder: blocks of c1, c0, six bytes a residue

Its root is the payload root that other payloads have, over chunks of 1,024 bytes: what a commitment binds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prefect_federated.core.errors import ShapeMismatch
from prefect_federated.core.homomorphic.message import head, require_message
from prefect_federated.core.homomorphic.ring import RESIDUE_BYTES, Residues, packed, residues_of, unpacked
from prefect_federated.core.homomorphic.session import Session
from prefect_federated.core.merkle import buffer_leaves, root_of_rows

MAGIC = b"PFH1"


@dataclass(frozen=True, slots=True)
class Encrypted:
    """What one participant publishes.

    Attributes:
        rows: for every holder its residues, uint64.
        root: Merkle root of the bytes; 32 bytes.
    """

    participant: int
    rows: tuple[Residues, ...] = field(repr=False)
    root: bytes


def payload_of(session: Session, participant: int, rows: Sequence[Residues]) -> bytes:
    """The bytes of a payload.

    Args:
        rows: for every holder the residues of its part's ciphertext, each below the modulus.

    Raises:
        UnknownParticipant: the participant is none of the session's.
        ShapeMismatch: there is not one row of the session's length for each holder.
    """
    session.require(participant)
    shapes, expected = [row.shape for row in rows], [(residues_of(session.words),)] * len(session.holders)
    if shapes != expected:
        raise ShapeMismatch(f"{session.place}: residues {shapes}, expected {expected}; encrypt for this session")
    return head(MAGIC, session, participant) + b"".join(map(packed, rows))


def payload_bytes(session: Session) -> int:
    """How long every payload of a session is."""
    return len(head(MAGIC, session, 0)) + len(session.holders) * residues_of(session.words) * RESIDUE_BYTES


def payload_root(payload: bytes) -> bytes:
    """Merkle root over the payload's chunks, 32 bytes."""
    return root_of_rows(buffer_leaves(payload))


def parse_encrypted(session: Session, participant: int, payload: bytes) -> Encrypted:
    """Read a payload; nothing but one of this participant in this session is taken.

    Raises:
        UnknownParticipant: the participant is none of the session's.
        MalformedMessage: naming what differs, and both values.
    """
    session.require(participant)
    what = f"{session.place}: the payload of participant {participant}"
    beginning = head(MAGIC, session, participant)
    require_message(payload, beginning, payload_bytes(session), what)
    size = residues_of(session.words) * RESIDUE_BYTES
    starts = range(len(beginning), len(payload), size)
    rows = tuple(unpacked(payload[at : at + size], what) for at in starts)
    return Encrypted(participant, rows, payload_root(payload))
