"""The message of Unmask, format 1: a survivor's shares, one secret of each sharer near it, for one turnout.

chunk 0      "PFU1" | turnout's digest 32 | revealer u32 | shares u32 | zeros
chunk 1 + k  sharer u32 | role u32 | share 32 | salt 32 | zeros

Role 0 is the masking key of one who dropped out, role 1 the self seed of a survivor.

Every chunk has 80 bytes, integers are big-endian, sharers ascend. The root is the SHA-256 Merkle root over the chunks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from prefect_federated.core.errors import (
    FederatedError,
    MalformedMessage,
    TooFewShares,
    Undecryptable,
    UnmaskRefused,
    WrongShare,
    WrongSharing,
)
from prefect_federated.core.masking.graph import parts
from prefect_federated.core.masking.session import u32
from prefect_federated.core.masking.sharing import MASKING_KEY, ROLES, SELF_SEED, open_entry, share_hash
from prefect_federated.core.masking.transcript import Shares
from prefect_federated.core.masking.turnout import Turnout, check_shared
from prefect_federated.core.merkle import chunks_of
from prefect_federated.core.merkle import root as merkle_root

MAGIC = b"PFU1"
CHUNK = 80
_HEADER_BYTES = 4 + 32 + 4 + 4
_ENTRY_BYTES = 4 + 4 + 32 + 32


@dataclass(frozen=True, slots=True)
class OpenShare:
    """A share of one secret of one sharer, with the salt of its hash."""

    sharer: int
    role: int
    share: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One survivor's message of Unmask."""

    turnout_digest: bytes
    revealer: int
    shares: tuple[OpenShare, ...]

    def encoded(self) -> bytes:
        """The bytes of the message: 80 for the head, 80 for each share."""
        head = MAGIC + self.turnout_digest + u32(self.revealer, len(self.shares))
        rows = (u32(one.sharer, one.role) + one.share + one.salt for one in self.shares)
        return b"".join(row.ljust(CHUNK, b"\x00") for row in (head, *rows))

    @property
    def root(self) -> bytes:
        """Merkle root over the chunks, 32 bytes."""
        return merkle_root(chunks_of(self.encoded(), CHUNK))


def answer(
    turnout: Turnout, shared: Mapping[int, Shares], index: int, sealing_key: bytes, answered: bytes | None = None
) -> tuple[Answer, dict[int, FederatedError]]:
    """A survivor's answer: shares of survivors' self seeds and of dropped sharers' masking keys, never both of one.

    Args:
        shared: messages of Share, or excerpts for the survivor, of it and its neighbours at least.
        index: the survivor.
        sealing_key: its private X25519 key, 32 bytes.
        answered: digest of the turnout that it answered for in this session before, if it did; kept by the caller.

    Returns:
        The answer, and by sharer why no share of it could be given.

    Raises:
        ContentMismatch: a message of Share is missing or not the one on chain.
        UnmaskRefused: the participant answered for other survivors before, or is none of them, or they fall apart into
            parts whose sums would show one by one.
        TooFewShares: fewer survive than the threshold.
    """
    _check_may_answer(turnout, index, answered)
    shares, unopened, near = [], dict[int, FederatedError](), turnout.near(index)
    check_shared(turnout.session, turnout.roots, shared, near)
    for sharer in near:
        role = _role(turnout, sharer)
        try:
            found = open_entry(turnout.session, shared[sharer], index, sealing_key)
        except (Undecryptable, WrongSharing) as error:  # somebody else's fault keeps nobody from answering
            unopened[sharer] = error
        else:
            shares.append(OpenShare(sharer, role, *found[role]))
    return Answer(turnout.digest, index, tuple(shares)), unopened


def parse_answer(turnout: Turnout, shared: Mapping[int, Shares], revealer: int, message: bytes) -> Answer:
    """Read a message of Unmask and check all of it: nothing is counted of an answer in which anything is wrong.

    Args:
        shared: messages of Share, of the revealer and its neighbours at least; `check_shared` saw them.

    Raises:
        MalformedMessage: it has not the one format.
        UnmaskRefused: it is for other survivors, its sender is none of them, or it opens what may not be opened.
        WrongShare: a share is not the one committed to; the fault of the revealer.
    """
    place, size = f"{turnout.session.place}, answer of participant {revealer}", len(message)
    if revealer not in turnout.survivors:
        raise UnmaskRefused(f"{place}: it is none of the {len(turnout.survivors)} survivors; leave the answer out")
    most = CHUNK * (1 + len(turnout.near(revealer)))
    if size % CHUNK or not CHUNK <= size <= most:
        raise MalformedMessage(f"{place}: it has {size} bytes, at most {most} in chunks of {CHUNK} are expected")
    head, *rows = (bytes(chunk) for chunk in chunks_of(message, CHUNK))
    if head[:4] == MAGIC and head[4:36] != turnout.digest:
        raise UnmaskRefused(
            f"{place}: it is for turnout 0x{head[4:36].hex()}, this one is 0x{turnout.digest.hex()}; answers for"
            " different survivors are never joined"
        )
    expected = (MAGIC + turnout.digest + u32(revealer, len(rows))).ljust(CHUNK, b"\x00")
    if head != expected:
        raise MalformedMessage(f"{place}: the head is 0x{head.hex()}, expected 0x{expected.hex()}")
    shares = tuple(_parsed(row, place) for row in rows)
    _check_shares(turnout, shared, revealer, shares, place)
    return Answer(turnout.digest, revealer, shares)


def _check_may_answer(turnout: Turnout, index: int, answered: bytes | None) -> None:
    place, survivors = turnout.session.place, turnout.survivors
    if answered is not None and answered != turnout.digest:
        raise UnmaskRefused(
            f"{place}: participant {index} answered for turnout 0x{answered.hex()}, and is asked for"
            f" 0x{turnout.digest.hex()}: both together would open both masks of whoever is in one alone; answer once"
        )
    if index not in survivors:
        raise UnmaskRefused(f"{place}: participant {index} is none of the {len(survivors)} survivors; it gives nothing")
    if len(survivors) < turnout.session.threshold:
        raise TooFewShares(
            f"{place}: {len(survivors)} survive, {turnout.session.threshold} are needed; the round opens nothing"
        )
    around = {survivor: turnout.session.holders(survivor) for survivor in survivors}
    if len(apart := parts(survivors, around)) > 1:
        raise UnmaskRefused(
            f"{place}: the survivors fall apart into {len(apart)} parts, the smallest of {min(map(len, apart))}, and"
            " the sum of each would show; void the round"
        )


def _role(turnout: Turnout, sharer: int) -> int:
    return SELF_SEED if sharer in turnout.survivors else MASKING_KEY


def _parsed(row: bytes, place: str) -> OpenShare:
    if any(row[_ENTRY_BYTES:]):
        raise MalformedMessage(f"{place}: an entry ends with 0x{row[_ENTRY_BYTES:].hex()}, expected zeros")
    sharer, role = int.from_bytes(row[:4], "big"), int.from_bytes(row[4:8], "big")
    if role not in (MASKING_KEY, SELF_SEED):
        raise MalformedMessage(f"{place}: an entry has role {role}, expected {MASKING_KEY} or {SELF_SEED}")
    return OpenShare(sharer, role, row[8:40], row[40:_ENTRY_BYTES])


def _check_shares(
    turnout: Turnout, shared: Mapping[int, Shares], revealer: int, shares: tuple[OpenShare, ...], place: str
) -> None:
    sharers, near = [one.sharer for one in shares], set(turnout.near(revealer))
    if sharers != sorted(set(sharers)) or not near.issuperset(sharers):
        raise MalformedMessage(
            f"{place}: it has shares of {sharers[:8]}, expected some of {sorted(near)[:8]}, ascending"
        )
    for one in shares:
        if one.role != _role(turnout, one.sharer):
            raise UnmaskRefused(
                f"{place}: it opens the {ROLES[one.role]} of participant {one.sharer}, of whom the"
                f" {ROLES[1 - one.role]} alone may be opened; leave the answer out"
            )
        entry = shared[one.sharer].entry(revealer)
        promised = (entry.key_hash, entry.seed_hash)[one.role]
        made = share_hash(turnout.session, one.sharer, revealer, one.role, one.share, one.salt)
        if made != promised:
            raise WrongShare(
                f"{place}: its share of the {ROLES[one.role]} of participant {one.sharer} hashes to 0x{made.hex()},"
                f" committed to is 0x{promised.hex()}; leave the answer out and name participant {revealer}",
                revealer,
            )
