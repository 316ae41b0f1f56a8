"""Who shared and who of them survived: what everybody reads on chain, and its hash.

an answer of Unmask names the hash; answers for another turnout are not counted with it
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prefect_federated.core.errors import ContentMismatch, UnknownParticipant
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.transcript import Shares

_LABEL = b"prefect-federated/1 masking turnout"
_BITS = 256


@dataclass(frozen=True, slots=True)
class Turnout:
    """How a session went, once Reveal is over.

    Attributes:
        roots: of every sharer the root of its message of Share, as it stands on chain.
        survivors: sharers whose masked payloads are in the sum.
        digest: SHA-256 of session, both bitmaps and the roots; 32 bytes.

    Raises:
        UnknownParticipant: a sharer is no member, or a survivor did not share.
    """

    session: Session
    roots: Mapping[int, bytes]
    survivors: frozenset[int]
    digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        sharers = [self.session.member(index).index for index in sorted(self.roots)]
        if strangers := sorted(self.survivors - set(sharers)):
            raise UnknownParticipant(
                f"{self.session.place}: participants {strangers} did not share, so they cannot have masked;"
                f" {len(sharers)} shared; read the chain's bitmaps again"
            )
        words = bitmap_words(self.session)
        maps = bitmap(sharers, words) + bitmap(self.survivors, words)
        roots = b"".join(self.roots[index] for index in sharers)
        object.__setattr__(self, "digest", hashlib.sha256(_LABEL + self.session.digest + maps + roots).digest())

    @property
    def dropped(self) -> list[int]:
        """Sharers who did not survive, ascending."""
        return sorted(set(self.roots) - self.survivors)

    def near(self, index: int) -> list[int]:
        """Sharers of whose secrets that participant holds shares, ascending; itself among them if it shared."""
        return sharers_near(self.session, self.roots, index)


def sharers_near(session: Session, roots: Mapping[int, bytes], index: int) -> list[int]:
    """The participant's neighbours that shared, ascending; itself among them if it did."""
    return [holder for holder in session.holders(index) if holder in roots]


def check_shared(
    session: Session, roots: Mapping[int, bytes], shared: Mapping[int, Shares], needed: Iterable[int]
) -> None:
    """See that the messages of Share that are needed are there, and are those whose roots stand on chain.

    Raises:
        ContentMismatch: one is missing, of another participant or session, or under another root.
    """
    for index in needed:
        where, found = f"{session.place}: the message of Share of participant {index}", shared.get(index)
        if found is None:
            raise ContentMismatch(f"{where} is not there; fetch the one under its root 0x{roots[index].hex()}")
        if found.sharer != index or found.session_digest != session.digest:
            raise ContentMismatch(
                f"{where} is one of participant {found.sharer} in session 0x{found.session_digest.hex()}, this is"
                f" session 0x{session.digest.hex()}; treat the participant as one that did not share"
            )
        if found.root != roots[index]:
            raise ContentMismatch(
                f"{where} has root 0x{found.root.hex()}, on chain is 0x{roots[index].hex()}; fetch the one on chain"
            )


def bitmap(indices: Iterable[int], words: int) -> bytes:
    """The set as the contract has it: words of 256 bits, big-endian, bit i % 256 of word i // 256 for index i.

    >>> bitmap([0, 9], 1).hex()[-4:]
    '0201'
    """
    rows = [0] * words
    for index in indices:
        rows[index // _BITS] |= 1 << index % _BITS
    return b"".join(row.to_bytes(32, "big") for row in rows)


def indices_in(content: bytes) -> tuple[int, ...]:
    """The set that `bitmap` wrote, ascending.

    >>> indices_in(bitmap([0, 9, 256], 2))
    (0, 9, 256)
    """
    rows = (int.from_bytes(content[at : at + 32], "big") for at in range(0, len(content), 32))
    return tuple(_BITS * word + bit for word, row in enumerate(rows) for bit in range(_BITS) if row >> bit & 1)


def bitmap_words(session: Session) -> int:
    """Words of a bitmap over the session: as many as its highest index needs."""
    return session.members[-1].index // _BITS + 1
