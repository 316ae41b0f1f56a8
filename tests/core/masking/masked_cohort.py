"""A cohort that masks together, with keys that follow from its indices; every phase runs as in a round."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from numpy.typing import NDArray

from prefect_federated.core.masking.answer import answer
from prefect_federated.core.masking.masked import Seeds, mask, seeds_of
from prefect_federated.core.masking.own_secrets import OwnSecrets, secrets_of
from prefect_federated.core.masking.recovery import Opened, open_masks, recover
from prefect_federated.core.masking.session import Member, Session
from prefect_federated.core.masking.sharing import share
from prefect_federated.core.masking.transcript import CHUNK, Entry, Shares, Sharing, parse_sharing
from prefect_federated.core.masking.turnout import Turnout

CHAIN, COORDINATOR, TASK = 31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3", 2
KEY_VERSION = 1
Words = NDArray[np.int32]


def sealing_key(index: int) -> bytes:
    return hashlib.sha256(b"silo %d" % index).digest()


def members(indices: Iterable[int]) -> tuple[Member, ...]:
    return tuple(
        Member(
            index,
            "0x" + hashlib.sha256(b"account %d" % index).hexdigest()[:40],
            X25519PrivateKey.from_private_bytes(sealing_key(index)).public_key().public_bytes_raw(),
        )
        for index in indices
    )


def session_of(indices: Sequence[int], threshold: int, degree: int | None = None, round: int = 3) -> Session:
    some = members(indices)
    return Session(CHAIN, COORDINATOR, TASK, round, some, threshold, degree or len(some) - 1, b"\x05" * 32)


@dataclass(frozen=True)
class Cohort:
    """Everybody's side of a session; `message` and the like are what one of them would send."""

    session: Session

    @cached_property
    def indices(self) -> list[int]:
        return [member.index for member in self.session.members]

    @cached_property
    def secrets(self) -> dict[int, OwnSecrets]:
        return {i: secrets_of(self.session, i, sealing_key(i), KEY_VERSION) for i in self.indices}

    @cached_property
    def shared(self) -> dict[int, Sharing]:
        """What everybody shared, sent as bytes and read again."""
        made = {i: share(self.session, self.secrets[i]).encoded() for i in self.indices}
        return {i: parse_sharing(self.session, i, message) for i, message in made.items()}

    def seeds(self, index: int, sharers: Iterable[int] | None = None) -> Seeds:
        return seeds_of(self.session, self.secrets[index], roots_of(self.sharings(sharers)), self.shared)

    def sharings(self, sharers: Iterable[int] | None = None) -> dict[int, Sharing]:
        return {i: self.shared[i] for i in (self.indices if sharers is None else sharers)}

    def payload(self, index: int, words: Words, weight: int = 1, sharers: Iterable[int] | None = None) -> Words:
        return mask(self.seeds(index, sharers), words, weight)

    def turnout(self, survivors: Iterable[int], sharers: Iterable[int] | None = None) -> Turnout:
        return Turnout(self.session, roots_of(self.sharings(sharers)), frozenset(survivors))

    def message(self, turnout: Turnout, index: int, shared: Mapping[int, Shares] | None = None) -> bytes:
        made, unopened = answer(turnout, shared or self.shared, index, sealing_key(index))
        assert not unopened
        return made.encoded()

    def opened(self, turnout: Turnout, answering: Iterable[int] | None = None) -> Opened:
        some = turnout.survivors if answering is None else answering
        return open_masks(turnout, self.shared, {i: self.message(turnout, i) for i in some})

    def masked_sum(
        self,
        updates: Mapping[int, Words],
        weights: Mapping[int, int],
        sharers: Iterable[int],
        survivors: Iterable[int],
        answering: Iterable[int],
    ) -> Words:
        """A round in which some drop in each phase."""
        sharers = list(sharers)
        turnout = self.turnout(survivors, sharers)
        payloads = {i: self.payload(i, updates[i], weights[i], sharers) for i in turnout.survivors}
        return recover(self.opened(turnout, answering), payloads)


def roots_of(shared: Mapping[int, Sharing]) -> dict[int, bytes]:
    return {index: sharing.root for index, sharing in shared.items()}


def bent_entry(sharing: Sharing, entry: Entry) -> Sharing:
    """The same message with another entry for that holder."""
    return replace(sharing, rows=set_bytes(sharing.rows, CHUNK * sharing.holders.index(entry.holder), entry.encoded()))


def bent_envelope(sharing: Sharing, holder: int, change: Callable[[bytes], bytes]) -> Sharing:
    entry = sharing.entry(holder)
    return bent_entry(sharing, replace(entry, envelope=change(entry.envelope)))


def set_bytes(message: bytes, at: int, new: bytes) -> bytes:
    return message[:at] + new + message[at + len(new) :]


def plain_sum(updates: Mapping[int, Words], weights: Mapping[int, int], survivors: Iterable[int]) -> list[int]:
    """In Python's own integers."""
    some = list(survivors)
    return [sum(weights[i] * int(updates[i][at]) for i in some) for at in range(len(updates[some[0]]))]
