"""Payloads added, and what one key holder is given of it: its own ciphertext of the sum, and a hash of what was added.

"PFT1" | session digest 32 | holder u32 | words u32 | added 32 | blocks of c1, c0, six bytes a residue

added = SHA-256("prefect-federated/1 homomorphic total" || session digest || index u32 and root of each, ascending)
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from prefect_federated.core.errors import ContentMismatch, UnmaskRefused
from prefect_federated.core.homomorphic.encrypted import parse_encrypted
from prefect_federated.core.homomorphic.message import head, require_message
from prefect_federated.core.homomorphic.ring import MODULUS, RESIDUE_BYTES, Residues, packed, residues_of, unpacked
from prefect_federated.core.homomorphic.session import Session
from prefect_federated.core.merkle import HASH_BYTES

MAGIC = b"PFT1"
_LABEL = b"prefect-federated/1 homomorphic total"


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of payloads, still encrypted.

    Attributes:
        added: hash of session, participants and roots; 32 bytes.
        rows: for every holder its residues, uint64.
    """

    session: Session
    added: bytes
    rows: tuple[Residues, ...] = field(repr=False)

    def message(self, holder: int) -> bytes:
        """What that holder is given."""
        return head(MAGIC, self.session, holder) + self.added + packed(self.rows[holder])

    def digest(self, holder: int) -> bytes:
        """SHA-256 of that message: what somebody else who added tells the holder."""
        return hashlib.sha256(self.message(holder)).digest()


def added_hash(session: Session, roots: Mapping[int, bytes]) -> bytes:
    """What a total is of, 32 bytes: everybody finds it from the chain's roots."""
    each = b"".join(index.to_bytes(4, "big") + roots[index] for index in sorted(roots))
    return hashlib.sha256(_LABEL + session.digest + each).digest()


def add(session: Session, roots: Mapping[int, bytes], payloads: Mapping[int, bytes]) -> Total:
    """Add payloads, residue by residue; the same payloads give the same total wherever they are added.

    Args:
        roots: of everybody whose update belongs into the sum the payload root, as it stands on chain.
        payloads: their payloads, by index.

    Raises:
        UnmaskRefused: fewer than the session's fewest are to be summed.
        ContentMismatch: a payload is missing, too many, or not the one under its root.
        UnknownParticipant: one is of nobody in the session.
        MalformedMessage: a payload is none of this session.
    """
    _check_few(session, len(roots))
    if set(roots) != set(payloads):
        raise ContentMismatch(
            f"{session.place}: payloads of {sorted(payloads)[:8]}, roots of {sorted(roots)[:8]}; give one of each"
        )
    sums = [np.zeros(residues_of(session.words), np.uint64) for _ in session.holders]
    for index in sorted(payloads):
        one = parse_encrypted(session, index, payloads[index])
        if one.root != roots[index]:
            raise ContentMismatch(
                f"{session.place}: the payload of participant {index} has root 0x{one.root.hex()}, promised was"
                f" 0x{roots[index].hex()}; fetch it from another store, or leave the participant out"
            )
        for total, row in zip(sums, one.rows, strict=True):
            total += row  # 128 residues of 48 bits fit 55
    rows = tuple(total % np.uint64(MODULUS) for total in sums)
    return Total(session, added_hash(session, roots), rows)


def parse_total(
    session: Session,
    holder: int,
    roots: Mapping[int, bytes],
    message: bytes,
    vouched: Mapping[str, bytes],
    answered: bytes | None,
) -> Residues:
    """The residues that a holder is to open, if they claim to be of just the payloads that it knows of.

    Args:
        roots: of everybody whose update belongs into the sum the payload root, as the holder's own node shows it.
        vouched: by name, the digest of the total that somebody else got who added.
        answered: the hash that this holder opened a total of before in this session; it opens no other.

    Raises:
        UnmaskRefused: fewer than the session's fewest are to be summed, or another total was opened before.
        ContentMismatch: the total is of other payloads, or somebody else who added got another.
        MalformedMessage: it is none of this session for this holder.
    """
    _check_few(session, len(roots))
    what = f"{session.place}: the total for key holder {holder}"
    beginning, size = head(MAGIC, session, holder), residues_of(session.words) * RESIDUE_BYTES
    require_message(message, beginning, len(beginning) + HASH_BYTES + size, what)
    added = message[len(beginning) : -size]
    if added != (expected := added_hash(session, roots)):
        raise ContentMismatch(
            f"{what} is of payloads that hash to 0x{added.hex()}, the {len(roots)} on chain hash to"
            f" 0x{expected.hex()}; open nothing, and ask the aggregator for the total of these"
        )
    if answered is not None and answered != added:
        raise UnmaskRefused(
            f"{what} hashes to 0x{added.hex()}, opened before was 0x{answered.hex()}: the difference of two sums could"
            " be one update; open nothing more in this round"
        )
    found = hashlib.sha256(message).digest()
    for name, digest in vouched.items():
        if digest != found:
            raise ContentMismatch(
                f"{what} hashes to 0x{found.hex()}, that of {name} to 0x{digest.hex()}: one of them adds other numbers;"
                " open nothing, for a false total can give the key away"
            )
    return unpacked(message[-size:], what)


def _check_few(session: Session, count: int) -> None:
    if count < session.fewest:
        raise UnmaskRefused(
            f"{session.place}: a sum of {count} payloads would hide too little, {session.fewest} are the fewest; void"
            " the round"
        )
