"""Commitments: what a participant promises before anybody shows anything.

Opening --keccak256 with chain, contract, round, base version, participant--> 32 bytes on chain
"""

from dataclasses import dataclass, field

from prefect_federated.core.errors import CommitmentMismatch
from prefect_federated.core.words import hash_words, keccak256

TYPEHASH = keccak256(
    b"Commitment(uint256 chainId,address coordinator,uint32 task,uint32 round,bytes32 baseVersion,"
    b"address participant,bytes32 payloadRoot,bytes32 sealedRoot,bytes32 contentKeyHash,uint32 weight,"
    b"bytes32 groundsHash,bytes32 salt)"
)


@dataclass(frozen=True, slots=True)
class RoundContext:
    """Where a commitment lives and whose it is; nothing made for one context means anything in another."""

    chain_id: int
    coordinator: str
    task: int
    round: int
    base_version: bytes
    participant: str


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an update rests on: the grant under which, and the data check after which, it was made."""

    grant_id: bytes
    evidence_hash: bytes

    @property
    def hash(self) -> bytes:
        """keccak256(abi.encode(grant id, evidence hash)): so an opening says under which grant it was committed.

        >>> Grounds(bytes(32), bytes(32)).hash == Grounds(bytes(31) + b"1", bytes(32)).hash
        False
        """
        return hash_words(self.grant_id, self.evidence_hash)


@dataclass(frozen=True, slots=True)
class Opening:
    """The preimage of a commitment, but for its context. The 32-byte salt keeps it hidden."""

    payload_root: bytes
    sealed_root: bytes
    content_key_hash: bytes
    weight: int
    grounds_hash: bytes
    salt: bytes = field(repr=False)

    def digest(self, context: RoundContext) -> bytes:
        """keccak256(abi.encode(TYPEHASH, chain, contract, task, round, base version, participant, opening)).

        >>> opening = Opening(bytes(32), bytes(32), bytes(32), 7, bytes(32), bytes(32))
        >>> here = RoundContext(1, "0x" + "00" * 20, 1, 1, bytes(32), "0x" + "11" * 20)
        >>> there = RoundContext(1, "0x" + "00" * 20, 1, 1, bytes(32), "0x" + "22" * 20)
        >>> opening.digest(here) == opening.digest(there)
        False
        """
        return hash_words(
            TYPEHASH,
            context.chain_id,
            context.coordinator,
            context.task,
            context.round,
            context.base_version,
            context.participant,
            self.payload_root,
            self.sealed_root,
            self.content_key_hash,
            self.weight,
            self.grounds_hash,
            self.salt,
        )


def check(commitment: bytes, opening: Opening, context: RoundContext) -> None:
    """Refuse an opening that is not behind the commitment.

    Raises:
        CommitmentMismatch: the digests differ.
    """
    digest = opening.digest(context)
    if digest != commitment:
        raise CommitmentMismatch(
            f"round {context.task}/{context.round}, participant {context.participant}: the opening hashes to"
            f" 0x{digest.hex()}, the commitment on chain is 0x{commitment.hex()};"
            " recall the opening that was sealed"
        )
