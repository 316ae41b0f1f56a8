"""Rolls: commits and openings of many behind two Merkle roots that a bonded poster answers for.

letters, ascending by index --leaf bytes--> Roll --encoded--> store        root, count --> chain
blob from the store --parsed, root and count checked--> Roll --position--> leaf and path, as the contract takes them
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from prefect_federated.core.commitment import Grounds, Opening, RoundContext
from prefect_federated.core.errors import ContentMismatch, PayloadError
from prefect_federated.core.letters import COMMIT_TYPE, LOCATION_TYPE, URI_BYTES, CommitLetter, OpeningLetter
from prefect_federated.core.merkle import leaf_hash, proof, root_of_leaves
from prefect_federated.core.words import hash_words, keccak256

COMMIT_BYTES, OPENING_BYTES = 182, 252
LENGTH_BYTES = 2
LINE_BYTES = LENGTH_BYTES + OPENING_BYTES + URI_BYTES  # the longest line of a list
EMPTY = b""  # stands among the openings where a commit is not opened
MOST_LEAVES = 10_000

_WORD, _ACCOUNT = 32, 20


@dataclass(frozen=True, slots=True)
class CommitLeaf:
    """A commit in a roll: whose, at which index, and the participant's own signature."""

    index: int
    participant: str
    commitment: bytes
    grant_id: bytes
    evidence_hash: bytes
    r: bytes
    vs: bytes

    @classmethod
    def of(cls, index: int, letter: CommitLetter) -> "CommitLeaf":
        """The leaf for a letter of whoever has the index."""
        given = (letter.commitment, letter.grant_id, letter.evidence_hash, letter.r, letter.vs)
        return cls(index, letter.participant, *given)

    def to_bytes(self) -> bytes:
        """Index (2), participant (20), commitment, grant id, evidence hash, r, vs: 182 bytes."""
        words = (self.commitment, self.grant_id, self.evidence_hash, self.r, self.vs)
        return _member(self.index, self.participant) + b"".join(words)

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed, as of a letter."""
        values = (self.participant, self.commitment, self.grant_id, self.evidence_hash)
        return hash_words(COMMIT_TYPE, task, round, *values)


@dataclass(frozen=True, slots=True)
class OpeningLeaf:
    """An opening in a roll; the URI in the bytes that were signed, which may be no text."""

    index: int
    participant: str
    opening: Opening
    r: bytes
    vs: bytes
    uri: bytes

    @classmethod
    def of(cls, index: int, letter: OpeningLetter) -> "OpeningLeaf":
        """The leaf for a letter of whoever has the index."""
        return cls(index, letter.participant, letter.opening, letter.r, letter.vs, letter.uri.encode())

    def to_bytes(self) -> bytes:
        """Index, participant, three roots, weight (4), grounds hash, salt, r, vs, length of the URI (2), URI."""
        o = self.opening
        head = _member(self.index, self.participant) + o.payload_root + o.sealed_root + o.content_key_hash
        rest = o.weight.to_bytes(4, "big") + o.grounds_hash + o.salt + self.r + self.vs
        return head + rest + len(self.uri).to_bytes(LENGTH_BYTES, "big") + self.uri

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of where the payload lies, as of a letter."""
        return hash_words(LOCATION_TYPE, task, round, self.participant, keccak256(self.uri))

    def opens(self, commit: CommitLeaf, context: RoundContext, max_weight: int) -> bool:
        """Whether it opens a commit, its signature aside; `context` is the participant's."""
        o = self.opening
        grounds = Grounds(commit.grant_id, commit.evidence_hash)
        if (self.index, self.participant, o.grounds_hash) != (commit.index, commit.participant, grounds.hash):
            return False
        bounded = 0 < o.weight <= max_weight and len(self.uri) <= URI_BYTES
        return bounded and o.digest(context) == commit.commitment


def read_commit(leaf: bytes) -> CommitLeaf | None:
    """A commit's leaf; None where the bytes are none.

    >>> read_commit(bytes(181)) is None, read_commit(bytes(182)).index
    (True, 0)
    """
    if len(leaf) != COMMIT_BYTES:
        return None
    index, participant = _named(leaf)
    return CommitLeaf(index, participant, *_words(leaf, 22, 5))


def read_opening(leaf: bytes) -> OpeningLeaf | None:
    """An opening's leaf; None where the bytes are none, as where nothing is opened.

    >>> read_opening(EMPTY) is None, read_opening(bytes(251) + bytes([1]) + b"x").uri
    (True, b'x')
    """
    if len(leaf) < OPENING_BYTES:
        return None
    if len(leaf) != OPENING_BYTES + int.from_bytes(leaf[OPENING_BYTES - LENGTH_BYTES : OPENING_BYTES], "big"):
        return None
    index, participant = _named(leaf)
    weight = int.from_bytes(leaf[118:122], "big")
    payload, sealed, key_hash = _words(leaf, 22, 3)
    grounds, salt, r, vs = _words(leaf, 122, 4)
    opening = Opening(payload, sealed, key_hash, weight, grounds, salt)
    return OpeningLeaf(index, participant, opening, r, vs, leaf[OPENING_BYTES:])


@dataclass(frozen=True, slots=True)
class Roll:
    """The leaves of one root in their order."""

    leaves: tuple[bytes, ...]

    @property
    def hashes(self) -> list[bytes]:
        """SHA-256(0x00 || leaf) of each."""
        return [leaf_hash(leaf) for leaf in self.leaves]

    @property
    def root(self) -> bytes:
        """The Merkle root, in the shape of RFC 6962."""
        return root_of_leaves(self.hashes)

    def path(self, position: int) -> tuple[bytes, ...]:
        """Siblings of the leaf at a position, from the leaf up; of the empty leaf too.

        Raises:
            IndexError: there is no such leaf.
        """
        return tuple(proof(self.hashes, position))

    @property
    def filled(self) -> int:
        """How many leaves are not empty: of a roll of openings, how many are opened."""
        return sum(leaf != EMPTY for leaf in self.leaves)

    def to_bytes(self) -> bytes:
        """As it lies in the store: each leaf after its length in two bytes, so that any leaf can be shown.

        >>> Roll((b"a", EMPTY)).to_bytes().hex()
        '0001610000'
        """
        return b"".join(len(leaf).to_bytes(LENGTH_BYTES, "big") + leaf for leaf in self.leaves)


def roll_commits(commits: Sequence[CommitLeaf]) -> Roll:
    """The roll over commits, in ascending order of their indices.

    Raises:
        ValueError: an index comes twice.
    """
    ordered = sorted(commits, key=lambda leaf: leaf.index)
    roll = Roll(tuple(leaf.to_bytes() for leaf in ordered))
    if (at := disorder(roll)) is not None:
        raise ValueError(f"index {ordered[at].index} is in the roll twice; keep one of its commits")
    return roll


def roll_openings(commits: Roll, openings: Sequence[OpeningLeaf]) -> Roll:
    """The openings at the positions of their commits, and an empty leaf where none is given."""
    at = {leaf.participant: leaf.to_bytes() for leaf in openings}
    members = [read_commit(leaf) for leaf in commits.leaves]
    return Roll(tuple(at.get(member.participant, EMPTY) if member else EMPTY for member in members))


def parse_roll(blob: bytes, root: bytes, leaves: int) -> Roll:
    """Read a roll from the store and check it against what was posted.

    Raises:
        PayloadError: the bytes are no list of so many leaves.
        ContentMismatch: the leaves have another root.

    >>> parse_roll(bytes.fromhex("0001610000"), Roll((b"a", EMPTY)).root, 2).leaves
    (b'a', b'')
    """
    roll = Roll(tuple(_lines(blob, leaves)))
    if roll.root != root:
        raise ContentMismatch(
            f"the list of the roll has root 0x{roll.root.hex()}, 0x{root.hex()} was posted; fetch it elsewhere, or"
            " demand its leaves"
        )
    return roll


def disorder(commits: Roll) -> int | None:
    """Position of the first commit that is no leaf, or does not come before the next by index; None where all do.

    This is what `refuteOrder` shows, with the leaf after it.
    """
    members = [read_commit(leaf) for leaf in commits.leaves]
    for position, member in enumerate(members):
        following = members[position + 1 : position + 2]
        if member is None or (following and (following[0] is None or following[0].index <= member.index)):
            return position
    return None


def position_of(commits: Roll, participant: str) -> int | None:
    """Where a participant's commit stands in a roll; None where it does not."""
    for position, leaf in enumerate(commits.leaves):
        found = read_commit(leaf)
        if found is not None and found.participant == participant:
            return position
    return None


def gaps(openings: Roll) -> list[int]:
    """Positions that are not opened."""
    return [position for position, leaf in enumerate(openings.leaves) if leaf == EMPTY]


def _lines(blob: bytes, leaves: int) -> list[bytes]:
    found, at = [], 0
    while at < len(blob):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(blob[at:start], "big")
        found.append(blob[start:at])
    if at != len(blob) or len(found) != leaves:
        raise PayloadError(
            f"{len(blob)} bytes hold {len(found)} leaves, {'cut off' if at != len(blob) else 'whole'}; {leaves} were"
            " posted: fetch the list elsewhere, or demand its leaves"
        )
    return found


def _member(index: int, participant: str) -> bytes:
    return index.to_bytes(2, "big") + bytes.fromhex(participant[2:])


def _named(leaf: bytes) -> tuple[int, str]:
    return int.from_bytes(leaf[:2], "big"), to_checksum_address(leaf[2 : 2 + _ACCOUNT])


def _words(leaf: bytes, at: int, count: int) -> tuple[bytes, ...]:
    return tuple(leaf[at + _WORD * i : at + _WORD * (i + 1)] for i in range(count))
