"""The message of Share, format 1: a public masking key; for every holder two shares, sealed to it, and their hashes.

chunk 0      "PFM1" | session digest 32 | sharer, holders, threshold u32 | masking key 32 | self seed's hash 32 | zeros
chunk 1 + k  holder u32 | hash of the key's share 32 | hash of the seed's share 32 | envelope 176 | zeros

Every chunk has 256 bytes, integers are big-endian, holders ascend and are the session's. The root is the SHA-256 Merkle
root over the chunks, so one leaf proves one holder's entry. The threshold is the session's: a contract, which knows no
session, reads in the sharer's own words how many shares give its secrets.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.masking.session import Session, u32, usable_key
from prefect_federated.core.merkle import HASH_BYTES, buffer_leaves, root_of_rows

MAGIC = b"PFM1"
CHUNK = 256
ENVELOPE_BYTES = 176  # HPKE: 32 of the ephemeral key, 128 of shares and salts, 16 of the tag
_KEY_AT = 4 + 32 + 3 * 4
_HEADER_BYTES = _KEY_AT + 32 + 32
_ENTRY_BYTES = 4 + 2 * HASH_BYTES + ENVELOPE_BYTES


@dataclass(frozen=True, slots=True)
class Entry:
    """What one holder is given: hashes of both shares, and both shares sealed."""

    holder: int
    key_hash: bytes
    seed_hash: bytes
    envelope: bytes

    def encoded(self) -> bytes:
        """One chunk."""
        return (u32(self.holder) + self.key_hash + self.seed_hash + self.envelope).ljust(CHUNK, b"\x00")


class Shares(Protocol):
    """What is read of a message of Share: all of it, or the excerpt for one holder."""

    @property
    def session_digest(self) -> bytes:
        """Of the session that it is for."""
        ...

    @property
    def sharer(self) -> int:
        """Whose message it is."""
        ...

    @property
    def masking_public(self) -> bytes:
        """The sharer's public masking key."""
        ...

    @property
    def root(self) -> bytes:
        """Of the whole message."""
        ...

    def entry(self, holder: int) -> Entry:
        """What that holder was given."""
        ...


@dataclass(frozen=True, slots=True)
class Sharing:
    """One participant's message of Share; its entries stay as they came, and are cut out when they are asked for.

    Attributes:
        threshold: shares that open either secret.
        root: Merkle root over the chunks, 32 bytes: what stands on chain.
    """

    session_digest: bytes
    sharer: int
    threshold: int
    masking_public: bytes
    seed_hash: bytes
    holders: tuple[int, ...] = field(repr=False)
    rows: bytes = field(repr=False)
    root: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", root_of_rows(buffer_leaves(self.encoded(), CHUNK)))

    def encoded(self) -> bytes:
        """The bytes of the message: 256 for the head, 256 for each holder."""
        counts = u32(self.sharer, len(self.holders), self.threshold)
        head = MAGIC + self.session_digest + counts + self.masking_public + self.seed_hash
        return head.ljust(CHUNK, b"\x00") + self.rows

    def entry(self, holder: int) -> Entry:
        """What that holder, one of `holders`, was given."""
        at = CHUNK * bisect_left(self.holders, holder)
        return _entry(holder, self.rows[at : at + CHUNK])


def sharing_of(
    session: Session, sharer: int, masking_public: bytes, seed_hash: bytes, entries: Iterable[Entry]
) -> Sharing:
    """A message of Share with an entry for each of the sharer's holders, ascending."""
    rows = b"".join(entry.encoded() for entry in entries)
    holders = session.holders(sharer)
    return Sharing(session.digest, sharer, session.threshold, masking_public, seed_hash, holders, rows)


def parse_sharing(session: Session, sharer: int, message: bytes) -> Sharing:
    """Read a message of Share; nothing but the one encoding of a message of this sharer in this session is taken.

    Raises:
        MalformedMessage: naming what differs, and both values.
    """
    holders = session.holders(sharer)
    _same(session, sharer, "bytes", len(message), CHUNK * (1 + len(holders)))
    public, seed_hash = parse_head(session, sharer, bytes(message[:CHUNK]))
    rows = bytes(message[CHUNK:])
    table = np.frombuffer(rows, np.uint8).reshape(len(holders), CHUNK)
    _same(session, sharer, "holders", table[:, :4].tobytes().hex(), u32(*holders).hex())
    _same(session, sharer, "bytes set after entries", int(np.count_nonzero(table[:, _ENTRY_BYTES:])), 0)
    return Sharing(session.digest, sharer, session.threshold, public, seed_hash, holders, rows)


def parse_head(session: Session, sharer: int, head: bytes) -> tuple[bytes, bytes]:
    """Chunk 0 of a message of Share: the masking key, and the hash of the self seed.

    Raises:
        MalformedMessage: it is not the head of a message of this sharer in this session, or the key gives no secret.
    """
    expected = MAGIC + session.digest + u32(sharer, len(session.holders(sharer)), session.threshold)
    _same(session, sharer, "head", head[: len(expected)].hex(), expected.hex())
    _same(session, sharer, "end of the head", head[_HEADER_BYTES:].hex(), bytes(CHUNK - _HEADER_BYTES).hex())
    public, seed_hash = head[_KEY_AT : _KEY_AT + 32], head[_KEY_AT + 32 : _HEADER_BYTES]
    if not usable_key(public):
        raise MalformedMessage(
            f"{session.place}, shares of participant {sharer}: the masking key 0x{public.hex()} gives no secret or is"
            " not written canonically; treat the participant as one that did not share"
        )
    return public, seed_hash


def parse_entry(session: Session, sharer: int, holder: int, row: bytes) -> Entry:
    """One further chunk: what that holder was given.

    Raises:
        MalformedMessage: it is the entry of another holder, or something follows it.
    """
    _same(session, sharer, "holder", int.from_bytes(row[:4], "big"), holder)
    _same(session, sharer, "end of the entry", row[_ENTRY_BYTES:].hex(), bytes(CHUNK - _ENTRY_BYTES).hex())
    return _entry(holder, row)


def _entry(holder: int, row: bytes) -> Entry:
    return Entry(holder, row[4:36], row[36:68], row[68:_ENTRY_BYTES])


def _same(session: Session, sharer: int, what: str, found: object, expected: object) -> None:
    if found != expected:
        raise MalformedMessage(
            f"{session.place}, shares of participant {sharer}: {what} {found}, expected {expected}; fetch the message"
            " again, or treat the participant as one that did not share"
        )
