"""What refutes a false masked sum: of every included update a word, and the seeds that take its masks off that word.

payload --header, chunk of the word--> pieces     note, opened seeds --path of each--> seeds     both --contract--> sum

S = sum over included i of  y_i - M(self_i) - sum of M(s_ij), j > i, + sum of M(s_ij), j < i     (mod 2^32, as int32)
    y_i: i's masked word;  j: neighbours of i that dropped out;  M: the word of a seed's mask (`keystream.py`)
"""

from dataclasses import dataclass, field

from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.recovery import Opened
from prefect_federated.core.proofs import Piece

LARGEST_GROUP = 64  # `group` up to which a contract looks at a task's groups: none has more than 127 members then


@dataclass(frozen=True, slots=True)
class OpenedSeed:
    """A seed with the path from its hash to the root of its owner's note; under the owner's own index the self seed."""

    other: int
    seed: bytes = field(repr=False)
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ShownMasked:
    """An included masked update: header and chunk under its payload root, and what takes the masks off.

    Attributes:
        session: digest of the masking session, its group's own where there are groups; 32 bytes.
    """

    participant: str
    payload_root: bytes
    weight: int
    header: Piece
    piece: Piece
    note: MasksNote
    session: bytes
    seeds: tuple[OpenedSeed, ...]


def opened_seeds(opened: Opened, note: MasksNote) -> tuple[OpenedSeed, ...]:
    """The seeds of a note's owner that stay in the sum: its own, and that with each neighbour who dropped out."""
    found = {other: seed for (owner, other), seed in opened.pair_seeds.items() if owner == note.owner}
    found[note.owner] = opened.self_seeds[note.owner]
    return tuple(OpenedSeed(other, found[other], note.path(other)) for other in sorted(found))
