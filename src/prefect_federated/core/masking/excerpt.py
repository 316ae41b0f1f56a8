"""What one holder needs of a message of Share: its head and one entry, proven against the root on chain.

head 256 | entry 256 | siblings of leaf 0 | siblings of the entry's leaf

On the complete graph of n, all messages are n times as long as what a participant reads of them.
"""

from dataclasses import dataclass

from prefect_federated.core.errors import ContentMismatch, MalformedMessage, UnknownParticipant
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.transcript import CHUNK, Entry, Sharing, parse_entry, parse_head
from prefect_federated.core.merkle import HASH_BYTES, chunks_of, leaf_hash, leaf_hashes, parents, verify


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One sharer's masking key, and what it gave one holder."""

    session_digest: bytes
    sharer: int
    masking_public: bytes
    root: bytes
    given: Entry

    def entry(self, holder: int) -> Entry:
        """What that holder was given.

        Raises:
            UnknownParticipant: the excerpt is for another holder.
        """
        if holder != self.given.holder:
            raise UnknownParticipant(
                f"the excerpt of participant {self.sharer}'s shares is for {self.given.holder}, not for {holder};"
                " fetch that of its own"
            )
        return self.given


def excerpts_of(sharing: Sharing) -> dict[int, bytes]:
    """Of each holder what it needs; whoever keeps the messages can serve them."""
    chunks = [bytes(chunk) for chunk in chunks_of(sharing.encoded(), CHUNK)]
    levels = [leaf_hashes(chunks)]
    while len(levels[-1]) > 1:
        levels.append(parents(levels[-1]))
    head = _siblings(levels, 0)
    return {
        holder: b"".join([chunks[0], chunks[at], *head, *_siblings(levels, at)])
        for at, holder in enumerate(sharing.holders, 1)
    }


def parse_excerpt(session: Session, sharer: int, holder: int, root: bytes, message: bytes) -> Excerpt:
    """Read what a holder was sent of a sharer's message.

    Args:
        root: the sharer's, as it stands on chain.

    Raises:
        UnknownParticipant: they are no neighbours.
        MalformedMessage: it has another length, or not the one format.
        ContentMismatch: head or entry are not under the root.
    """
    holders, place = session.holders(sharer), f"{session.place}, shares of participant {sharer} to {holder}"
    if holder not in holders:
        raise UnknownParticipant(f"{place}: {holder} holds none; ask one of its {len(holders)} holders")
    at, count = 1 + holders.index(holder), 1 + len(holders)
    first, second = _depth(0, count), _depth(at, count)
    size = 2 * CHUNK + HASH_BYTES * (first + second)
    if len(message) != size:
        raise MalformedMessage(f"{place}: the excerpt has {len(message)} bytes, expected {size}; fetch it again")
    head, row = bytes(message[:CHUNK]), bytes(message[CHUNK : 2 * CHUNK])
    siblings = [bytes(sibling) for sibling in chunks_of(message[2 * CHUNK :], HASH_BYTES)]
    for leaf, index, path in ((head, 0, siblings[:first]), (row, at, siblings[first:])):
        if not verify(root, leaf_hash(leaf), index, count, path):
            raise ContentMismatch(
                f"{place}: chunk {index} of {count} is not under the root 0x{root.hex()} on chain; fetch it again"
            )
    public, _ = parse_head(session, sharer, head)
    return Excerpt(session.digest, sharer, public, root, parse_entry(session, sharer, holder, row))


def _siblings(levels: list[list[bytes]], index: int) -> list[bytes]:
    found = []
    for level in levels:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        index //= 2
    return found


def _depth(index: int, count: int) -> int:
    """Siblings on the way from a leaf to the root: none where an odd last node moves up."""
    siblings = 0
    while count > 1:
        siblings += index ^ 1 < count
        index, count = index // 2, (count + 1) // 2
    return siblings
