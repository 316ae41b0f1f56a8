"""The masks note: with whom a participant masks, and of every seed its hash. Its payload's header binds both.

neighbours, hashes --root of the hashes--> digest, in the header    --encoded--> beside the payload, for all who read it

"PFN1" | neighbours, words of 256 bits | hashes, 32 bytes each, of neighbours and itself, ascending by index
"""

from dataclasses import dataclass

from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.turnout import bitmap, bitmap_words, indices_in
from prefect_federated.core.merkle import HASH_BYTES, leaf_hash, proof, root_of_leaves

MAGIC = b"PFN1"
_LABEL = b"masks"


@dataclass(frozen=True, slots=True)
class MasksNote:
    """What one participant says of its masks.

    Attributes:
        owner: whose masks they are.
        words: of 256 bits, as many as the bitmap takes.
        neighbours: the others that it masks with, ascending.
        hashes: of every seed its hash, ascending by the other's index; at the owner's own place that of its self seed.
    """

    owner: int
    words: int
    neighbours: tuple[int, ...]
    hashes: tuple[bytes, ...]

    @property
    def bitmap(self) -> bytes:
        """The neighbours, as the contract has them."""
        return bitmap(self.neighbours, self.words)

    @property
    def root(self) -> bytes:
        """Merkle root over the hashes, 32 bytes."""
        return root_of_leaves(list(self.hashes))

    @property
    def digest(self) -> bytes:
        """What the payload's header says: SHA-256(0x00 || label || neighbours || root of the hashes)."""
        return leaf_hash(_LABEL + self.bitmap + self.root)

    @property
    def indices(self) -> list[int]:
        """Neighbours and owner, ascending: whose seeds the hashes are of."""
        return sorted((*self.neighbours, self.owner))

    def hash_of(self, other: int) -> bytes:
        """The hash of the seed with that neighbour; of the self seed for the owner's own index."""
        return self.hashes[self.indices.index(other)]

    def path(self, other: int) -> tuple[bytes, ...]:
        """Siblings from that hash up to the root."""
        return tuple(proof(list(self.hashes), self.indices.index(other)))

    def encoded(self) -> bytes:
        """What is published."""
        return b"".join((MAGIC, self.bitmap, *self.hashes))


def parse_note(session: Session, owner: int, content: bytes) -> MasksNote:
    """Read a note in its one form.

    Raises:
        MalformedMessage: it has another form, or names its owner or somebody who is not in the session.
    """
    words = bitmap_words(session)
    head = len(MAGIC) + HASH_BYTES * words
    if len(content) < head or not content.startswith(MAGIC):
        raise MalformedMessage(
            f"{session.place}: the masks note of participant {owner} has {len(content)} bytes that begin with"
            f" 0x{content[:4].hex()}, a note has {head} at least and begins with 0x{MAGIC.hex()}; refuse its sender"
        )
    neighbours = indices_in(content[len(MAGIC) : head])
    strangers = [index for index in neighbours if index == owner or index not in session.holders(owner)]
    if strangers:
        raise MalformedMessage(
            f"{session.place}: the masks note of participant {owner} names {strangers[:8]} as neighbours, which the"
            " session does not give it; refuse its sender"
        )
    expected = head + HASH_BYTES * (len(neighbours) + 1)
    if len(content) != expected:
        raise MalformedMessage(
            f"{session.place}: the masks note of participant {owner} has {len(content)} bytes, with"
            f" {len(neighbours)} neighbours it takes {expected}; refuse its sender"
        )
    hashes = tuple(content[at : at + HASH_BYTES] for at in range(head, expected, HASH_BYTES))
    return MasksNote(owner, words, neighbours, hashes)
