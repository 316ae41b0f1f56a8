"""A region's sum, and the letter that says where it lies: what a regional aggregator gives to the aggregator.

kept, left out, sum --stored--> document --hash, signature--> letter --mailbox--> aggregator
"""

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import Address, Root
from prefect_federated.core.errors import ContentMismatch, PayloadError
from prefect_federated.core.letters import URI_BYTES, Letter
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.words import hash_words, keccak256

REGION_TYPE = keccak256(b"Region(uint32 task,uint32 round,address participant,bytes32 name,bytes32 document)")
SUM_BYTES = 8  # a word of a sum: int64, little-endian


class RegionalSum(BaseModel):
    """What a region's updates come to: each revealed one is included, or left to the aggregator's own reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["federated-region/1"] = "federated-region/1"
    included: tuple[IncludedUpdate, ...]
    left_out: tuple[Address, ...]
    sum_uri: str
    sum_hash: Root = Field(description="SHA-256 of the words' bytes, int64 little-endian")

    def to_bytes(self) -> bytes:
        """The document as canonical JSON."""
        return canonical(self.model_dump(mode="json"))

    @property
    def accounts(self) -> tuple[str, ...]:
        """Everybody that it tells of."""
        return (*(one.participant for one in self.included), *self.left_out)

    @property
    def weight(self) -> int:
        """Of all included updates together."""
        return sum(one.weight for one in self.included)


class RegionLetter(Letter):
    """Where a region's sum lies, signed by its aggregator, who is its `participant`, or by the delegate."""

    region: str
    document_uri: str = Field(max_length=URI_BYTES)
    document_hash: Root
    r: Root
    vs: Root

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed, 32 bytes; no contract reads it."""
        return hash_words(
            REGION_TYPE, task, round, self.participant, keccak256(self.region.encode()), self.document_hash
        )


def read_regional_sum(content: bytes, expected: bytes) -> RegionalSum:
    """Read a document that must hash to what the letter says.

    Raises:
        ContentMismatch: it hashes to something else.
        PayloadError: it is malformed.
    """
    found = hashlib.sha256(content).digest()
    if found != expected:
        raise ContentMismatch(f"the regional sum hashes to 0x{found.hex()}, its letter says 0x{expected.hex()}")
    try:
        return RegionalSum.model_validate_json(content)
    except ValidationError as error:
        raise PayloadError(f"the regional sum is malformed: {error.errors()[0]['msg']}") from error


def sum_bytes(words: Sums) -> bytes:
    """The sum as it is stored and hashed: int64, little-endian."""
    return words.astype("<i8", copy=False).tobytes()
