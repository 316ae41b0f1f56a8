"""A round as a party reads it before acting: the agreed spec, the base model, the readers of this round."""

import re
from dataclasses import dataclass

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.encrypted_spec import Encrypted
from prefect_federated.core.fixed_point import Encoding
from prefect_federated.core.paillier.payload import payload_words
from prefect_federated.core.payload import INT32_MAX, Header, Part
from prefect_federated.core.spec import TaskSpec

_SLOT = re.compile(r"/\d+/0x[0-9a-f]+/(\d+)/(\d+)/0x[0-9a-f]+(?:/[0-9a-f]*)?$")


@dataclass(frozen=True, slots=True)
class Reader:
    """An account that payloads of the round are readable for, with its public sealing key of 32 bytes.

    `keys` are those that a share of the round may be wrapped to: the one registered when it opened, and any since until
    its reveals had ended. They are looked up in tasks alone whose committee opens updates.
    """

    account: str
    public_key: bytes
    keys: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class RoundSpec:
    """Everything listen found out; hashes and URIs only, no tensor."""

    chain_id: int
    coordinator: str
    task: int
    round: int
    task_id: bytes
    spec: TaskSpec
    base_number: int
    base_version: bytes
    base_root: bytes
    base_uri: str
    readers: tuple[Reader, ...]  # of every update; a region's aggregator reads those of its silos as well
    cohort: int
    reads_until: int  # chain time by which every reveal of the round has ended
    regional: tuple[Reader, ...] = ()  # aggregators of the task's regions
    holders: tuple[str, ...] = ()  # readers that shares of content keys are dealt to; each has the key where nobody is

    @property
    def threshold(self) -> int:
        """Members of the committee whose shares open an update; 0 where each reader has the content key."""
        return self.spec.opening.threshold

    def readers_of(self, participant: str) -> tuple[Reader, ...]:
        """Who may read this participant's update."""
        theirs = {one.aggregator for one in self.spec.regions if participant in one.silos}
        known = {reader.account for reader in self.readers}
        return (*self.readers, *(one for one in self.regional if one.account in theirs - known))

    def context(self, participant: str) -> RoundContext:
        """The context that a participant's commitment in this round is bound to."""
        return RoundContext(self.chain_id, self.coordinator, self.task, self.round, self.base_version, participant)

    def slot(self, what: str, participant: str) -> str:
        """Name of a participant's document of this round in its store."""
        return slot_of(self.chain_id, self.coordinator, self.task, self.round, what, participant)

    def header(self, kind: str, weight: int = 0, secret: bytes = b"") -> Header:
        """Header of a payload of this round: one part that holds the model's d words."""
        return header_for(self.spec, kind, weight, secret)


def slot_of(chain_id: int, coordinator: str, task: int, round: int, what: str, participant: str) -> str:
    """Name of a participant's document of a round in its store.

    >>> slot_of(31337, "0xAB", 1, 3, "opening", "0xCD")
    'opening/31337/0xab/1/3/0xcd'
    """
    return f"{what}/{chain_id}/{coordinator}/{task}/{round}/{participant}".lower()


def round_of_slot(name: str) -> tuple[int, int] | None:
    """Task and round of a document by its name in a store, or by a longer name that begins so; None where it has none.

    >>> round_of_slot("opening/31337/0xab/1/3/0xcd"), round_of_slot("personal/31337/0xab/1/3/0xcd/07ff")
    ((1, 3), (1, 3))
    >>> round_of_slot("policy in force/0xcd/2") is None
    True
    """
    found = _SLOT.search(name)
    return None if found is None else (int(found[1]), int(found[2]))


def header_for(spec: TaskSpec, kind: str, weight: int = 0, secret: bytes = b"") -> Header:
    """Header of an update, aggregate or model of a task; only updates are limited below int32.

    An encrypted update holds ciphertexts in place of its words.
    """
    limit, count = spec.update.limit if kind == "update" else INT32_MAX, spec.model.size
    if kind == "update" and isinstance(spec.masking, Encrypted):
        count = payload_words(count, len(spec.masking.holders))
    part = Part("model", count, Encoding(spec.model.frac_bits, limit))
    return Header(kind, (part,), weight, secret, spec.enforced.chunk_bytes)
