"""The message of Share, format 1: a public masking key; for every holder two shares, sealed to it, and their hashes.

chunk 0      "PFM1" | session digest 32 | sharer u32 | holders u32 | masking key 32 | self seed's hash 32 | zeros
chunk 1 + k  holder u32 | hash of the key's share 32 | hash of the seed's share 32 | envelope 176 | zeros

Every chunk has 256 bytes, integers are big-endian, holders ascend and are the session's. The root is the SHA-256 Merkle
root over the chunks, so one leaf proves one holder's entry.
"""

from bisect import bisect_left
from dataclasses import dataclass

from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.masking.session import Session, u32, usable_key
from prefect_federated.core.merkle import HASH_BYTES, chunks_of
from prefect_federated.core.merkle import root as merkle_root

MAGIC = b"PFM1"
CHUNK = 256
ENVELOPE_BYTES = 176  # HPKE: 32 of the ephemeral key, 128 of shares and salts, 16 of the tag
_HEADER_BYTES = 4 + 32 + 4 + 4 + 32 + 32
_ENTRY_BYTES = 4 + 2 * HASH_BYTES + ENVELOPE_BYTES


@dataclass(frozen=True, slots=True)
class Entry:
    """What one holder is given: hashes of both shares, and both shares sealed."""

    holder: int
    key_hash: bytes
    seed_hash: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Sharing:
    """One participant's message of Share."""

    session_digest: bytes
    sharer: int
    masking_public: bytes
    seed_hash: bytes
    entries: tuple[Entry, ...]

    def encoded(self) -> bytes:
        """The bytes of the message: 256 for the head, 256 for each holder."""
        head = MAGIC + self.session_digest + u32(self.sharer, len(self.entries)) + self.masking_public + self.seed_hash
        rows = (u32(entry.holder) + entry.key_hash + entry.seed_hash + entry.envelope for entry in self.entries)
        return b"".join(row.ljust(CHUNK, b"\x00") for row in (head, *rows))

    @property
    def root(self) -> bytes:
        """Merkle root over the chunks, 32 bytes: what stands on chain."""
        return merkle_root(chunks_of(self.encoded(), CHUNK))

    def entry(self, holder: int) -> Entry:
        """What that holder was given; the parser saw that each holder has an entry."""
        return self.entries[bisect_left(self.entries, holder, key=lambda entry: entry.holder)]


def parse_sharing(session: Session, sharer: int, message: bytes) -> Sharing:
    """Read a message of Share; nothing but the one encoding of a message of this sharer in this session is taken.

    Raises:
        MalformedMessage: naming what differs, and both values.
    """
    holders = session.holders(sharer)
    _same(session, sharer, "bytes", len(message), CHUNK * (1 + len(holders)))
    head, *rows = (bytes(chunk) for chunk in chunks_of(message, CHUNK))
    expected = MAGIC + session.digest + u32(sharer, len(holders))
    _same(session, sharer, "head", head[: len(expected)].hex(), expected.hex())
    public, seed_hash = head[44:76], head[76:_HEADER_BYTES]
    if not usable_key(public):
        raise MalformedMessage(
            f"{session.place}, participant {sharer}: the masking key 0x{public.hex()} gives no secret or is not written"
            " canonically; treat the participant as one that did not share"
        )
    entries = tuple(_entry(session, sharer, holder, row) for holder, row in zip(holders, rows, strict=True))
    _same(session, sharer, "end of the head", head[_HEADER_BYTES:].hex(), bytes(CHUNK - _HEADER_BYTES).hex())
    return Sharing(session.digest, sharer, public, seed_hash, entries)


def _entry(session: Session, sharer: int, holder: int, row: bytes) -> Entry:
    _same(session, sharer, "holder", int.from_bytes(row[:4], "big"), holder)
    padding = bytes(CHUNK - _ENTRY_BYTES).hex()
    _same(session, sharer, f"end of the entry of holder {holder}", row[_ENTRY_BYTES:].hex(), padding)
    return Entry(holder, row[4:36], row[36:68], row[68:_ENTRY_BYTES])


def _same(session: Session, sharer: int, what: str, found: object, expected: object) -> None:
    if found != expected:
        raise MalformedMessage(
            f"{session.place}, shares of participant {sharer}: {what} {found}, expected {expected}; fetch the message"
            " again, or treat the participant as one that did not share"
        )
