"""A masking session: all that is public and fixed before anybody shares a secret.

chain, contract, task, round, members, threshold, graph --SHA-256--> digest, which every message and secret is bound to
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import SpecError, UnknownParticipant
from prefect_federated.core.masking.graph import neighbourhoods
from prefect_federated.core.words import encode_words

FEWEST_MEMBERS = 3  # of two, each reads the other's update off the sum
MOST_INDEX = 2**32 - 2  # a share's point is index + 1, in 32 bits
_LABEL = b"prefect-federated/1 masking session"
_FIELD = 2**255 - 19


@dataclass(frozen=True, slots=True)
class Member:
    """One of a cohort: dense index in the task, account, registered X25519 sealing key (32 public bytes)."""

    index: int
    account: str
    sealing_key: bytes


@dataclass(frozen=True, slots=True)
class Session:
    """One cohort, or one group of it, that masks together in one round.

    Attributes:
        members: ascending by index, three at least.
        threshold: shares that open a secret; more than half of a secret's holders, so that no two disjoint sets of
            holders could open both secrets of somebody.
        degree: neighbours of each member; one less than the members makes the complete graph, else even.
        seed: 32 public bytes, fixed after the cohort was; they order the ring of the sparse graph.
        digest: SHA-256 of all of the above; 32 bytes.

    Raises:
        SpecError: a field is outside its range, or a member's key gives no secret (leave such members out before).
    """

    chain_id: int
    coordinator: str
    task: int
    round: int
    members: tuple[Member, ...]
    threshold: int
    degree: int
    seed: bytes = bytes(32)
    digest: bytes = field(init=False, repr=False)
    _holders: dict[int, tuple[int, ...]] = field(init=False, repr=False, compare=False)
    _members: dict[int, Member] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_members(self.members)
        _check_graph(len(self.members), self.degree, self.threshold, self.seed)
        object.__setattr__(self, "_members", {member.index: member for member in self.members})
        object.__setattr__(self, "_holders", neighbourhoods(list(self._members), self.degree, self.seed))
        everybody = b"".join(encode_words(m.index, m.account, m.sealing_key) for m in self.members)
        where = encode_words(self.chain_id, self.coordinator, self.task, self.round)
        graph = encode_words(self.threshold, self.degree, self.seed, len(self.members))
        object.__setattr__(self, "digest", hashlib.sha256(_LABEL + where + graph + everybody).digest())

    def member(self, index: int) -> Member:
        """The member of that index.

        Raises:
            UnknownParticipant: there is none.
        """
        if index not in self._members:
            raise UnknownParticipant(
                f"round {self.task}/{self.round}: participant {index} is none of the {len(self.members)} who mask"
                " together; name one of the cohort"
            )
        return self._members[index]

    @property
    def complete(self) -> bool:
        """Whether everybody masks with everybody."""
        return self.degree == len(self.members) - 1

    def holders(self, index: int) -> tuple[int, ...]:
        """Who holds a share of that member's secrets, ascending: its neighbours and itself."""
        return self._holders[self.member(index).index]

    def context(self, index: int) -> RoundContext:
        """Where that member's secrets live; they do not depend on the base version."""
        return RoundContext(
            self.chain_id, self.coordinator, self.task, self.round, bytes(32), self.member(index).account
        )

    @property
    def place(self) -> str:
        """The round, as messages name it."""
        return f"round {self.task}/{self.round}"


def complete(
    chain_id: int,
    coordinator: str,
    task: int,
    round: int,
    members: Iterable[Member],
    threshold: int,
    seed: bytes = bytes(32),
) -> Session:
    """A session in which everybody masks with everybody."""
    ordered = tuple(sorted(members, key=lambda member: member.index))
    return Session(chain_id, coordinator, task, round, ordered, threshold, len(ordered) - 1, seed)


def usable_key(public: bytes) -> bool:
    """Tell whether these are 32 bytes that X25519 gives a secret with, written in the one canonical way.

    >>> usable_key(bytes(32)), usable_key(bytes([9]) + bytes(31))
    (False, True)
    """
    if len(public) != 32 or int.from_bytes(public, "little") >= _FIELD:
        return False
    try:
        X25519PrivateKey.from_private_bytes(bytes([1]) * 32).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:  # of low order: whoever agrees on a key with it agrees on zeros
        return False
    return True


def u32(*values: int) -> bytes:
    """Big-endian 32-bit integers, one after the other.

    >>> u32(1, 258).hex()
    '0000000100000102'
    """
    return b"".join(value.to_bytes(4, "big") for value in values)


def _check_members(members: tuple[Member, ...]) -> None:
    indices = [member.index for member in members]
    if len(members) < FEWEST_MEMBERS:
        raise SpecError(
            f"{len(members)} members cannot mask, {FEWEST_MEMBERS} at least are needed: of fewer, one reads another's"
            " update off the sum; wait for more to enrol"
        )
    if indices != sorted(set(indices)) or not 0 <= indices[0] <= indices[-1] <= MOST_INDEX:
        raise SpecError(
            f"members have indices {indices[:8]}; give each one of its own, ascending, from 0 to {MOST_INDEX}"
        )
    if len({member.account.lower() for member in members}) != len(members):
        raise SpecError(f"two of {len(members)} members have one account; name each once")
    unusable = [member.index for member in members if not usable_key(member.sealing_key)]
    if unusable:
        raise SpecError(f"the sealing keys of participants {unusable} give no secret; leave these out of the cohort")


def _check_graph(n: int, degree: int, threshold: int, seed: bytes) -> None:
    if degree != n - 1 and not (2 <= degree < n - 1 and degree % 2 == 0):
        raise SpecError(f"degree {degree} among {n} members; give an even degree below {n - 1}, or {n - 1}")
    if not (degree + 1) // 2 < threshold <= degree + 1:
        raise SpecError(
            f"threshold {threshold} of {degree + 1} holders; give one from {(degree + 1) // 2 + 1} to {degree + 1}"
        )
    if len(seed) != 32:
        raise SpecError(f"the seed of the graph has {len(seed)} bytes; give 32, fixed after the cohort")
