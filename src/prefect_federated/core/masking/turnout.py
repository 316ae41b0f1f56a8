"""Who shared and who of them survived: the two bitmaps that everybody reads on chain, and their hash.

an answer of Unmask names the hash; answers for another turnout are not counted with it
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prefect_federated.core.errors import UnknownParticipant
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.transcript import Sharing

_LABEL = b"prefect-federated/1 masking turnout"
_BITS = 256


@dataclass(frozen=True, slots=True)
class Turnout:
    """How a session went, once Reveal is over.

    Attributes:
        shared: every sharer's message of Share, as it stands under its root on chain.
        survivors: sharers whose masked payloads are in the sum.
        digest: SHA-256 of session, both bitmaps and the roots of `shared`; 32 bytes.

    Raises:
        UnknownParticipant: a message is of another session or participant, or a survivor did not share.
    """

    session: Session
    shared: Mapping[int, Sharing]
    survivors: frozenset[int]
    digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_shared(self.session, self.shared)
        if strangers := sorted(self.survivors - set(self.shared)):
            raise UnknownParticipant(
                f"{self.session.place}: participants {strangers} did not share, so they cannot have masked;"
                f" {len(self.shared)} shared; read the chain's bitmaps again"
            )
        words = self.session.members[-1].index // _BITS + 1
        maps = bitmap(self.shared, words) + bitmap(self.survivors, words)
        roots = b"".join(self.shared[index].root for index in sorted(self.shared))
        object.__setattr__(self, "digest", hashlib.sha256(_LABEL + self.session.digest + maps + roots).digest())

    @property
    def dropped(self) -> list[int]:
        """Sharers who did not survive, ascending."""
        return sorted(set(self.shared) - self.survivors)

    def near(self, index: int) -> list[int]:
        """Sharers of whose secrets that participant holds shares, ascending; itself among them if it shared."""
        return [sharer for sharer in self.session.holders(index) if sharer in self.shared]


def bitmap(indices: Iterable[int], words: int) -> bytes:
    """The set as the contract has it: words of 256 bits, big-endian, bit i % 256 of word i // 256 for index i.

    >>> bitmap([0, 9], 1).hex()[-4:]
    '0201'
    """
    rows = [0] * words
    for index in indices:
        rows[index // _BITS] |= 1 << index % _BITS
    return b"".join(row.to_bytes(32, "big") for row in rows)


def check_shared(session: Session, shared: Mapping[int, Sharing]) -> None:
    """Refuse messages of Share that belong to another session or another participant.

    Raises:
        UnknownParticipant: naming it.
    """
    for index, sharing in shared.items():
        session.member(index)
        if sharing.sharer != index or sharing.session_digest != session.digest:
            raise UnknownParticipant(
                f"{session.place}: what is given as the shares of participant {index} is of participant"
                f" {sharing.sharer} in session 0x{sharing.session_digest.hex()}, this one is"
                f" 0x{session.digest.hex()}; fetch the message under the root on chain"
            )
