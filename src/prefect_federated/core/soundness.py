"""Sound updates: a member signs that it read an update and found nothing wrong; two thirds of them refute an exclusion.

reveal --member fetches, opens, checks--> letter --mailbox--> whoever judges      left out as unreadable --> proof
"""

from pydantic import Field

from prefect_federated.core.commitment import Opening
from prefect_federated.core.enforced import Address, Root
from prefect_federated.core.letters import Letter
from prefect_federated.core.receipts import long_signature
from prefect_federated.core.round import Reason
from prefect_federated.core.words import hash_words, keccak256

SOUND_TYPE = keccak256(
    b"Sound(uint32 task,uint32 round,address participant,bytes32 payloadRoot,uint32 weight,bytes32 sealedRoot,"
    b"bytes32 contentKeyHash)"
)


class SoundLetter(Letter):
    """What a member found sound, signed by it or its delegate; `vs` as in EIP-2098."""

    member: Address = Field(description="whose seat in the round's committee it counts for")
    payload_root: Root
    weight: int = Field(ge=1, lt=2**32)
    sealed_root: Root
    content_key_hash: Root
    r: Root
    vs: Root

    @classmethod
    def of(cls, participant: str, opening: Opening, member: str, r: bytes, vs: bytes) -> "SoundLetter":
        """A member's letter about what a participant revealed."""
        return cls(
            participant=participant,
            member=member,
            payload_root=opening.payload_root,
            weight=opening.weight,
            sealed_root=opening.sealed_root,
            content_key_hash=opening.content_key_hash,
            r=r,
            vs=vs,
        )

    def is_about(self, participant: str, opening: Opening) -> bool:
        """Whether it is about this participant's update, and no other."""
        return self == SoundLetter.of(participant, opening, self.member, self.r, self.vs)

    @property
    def signature(self) -> bytes:
        """As the contract takes it: r, s and v, 65 bytes."""
        return long_signature(self.r, self.vs)


def sound_hash(task: int, round: int, participant: str, opening: Opening) -> bytes:
    """EIP-712 struct hash of what members sign, 32 bytes; the contract has it in `hashSound`."""
    values = (opening.payload_root, opening.weight, opening.sealed_root, opening.content_key_hash)
    return hash_words(SOUND_TYPE, task, round, participant, *values)


def is_of_reading(reason: Reason) -> bool:
    """Whether each reader of an update finds out by itself if the reason holds, so that members can contradict it.

    >>> [reason.name for reason in Reason if not is_of_reading(reason)]
    ['NORM_BOUND', 'RULE']
    """
    return reason <= Reason.OUT_OF_RANGE
