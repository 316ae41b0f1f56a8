"""Releases: a member's shares of a round's content keys, for each reader, and the letter that says where they lie.

shares --each reader--> document in the store --hash, signature--> letter --mailbox--> readers

Shares of a round are too many for a letter, and a store has no place where others would look for them: so the bytes go
where every organisation fetches payloads, and a letter of fixed size where it looks for receipts.
"""

import hashlib
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError

from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import Root
from prefect_federated.core.errors import ContentMismatch, PayloadError
from prefect_federated.core.letters import URI_BYTES, Letter
from prefect_federated.core.spec_parts import Strict
from prefect_federated.core.words import hash_words, keccak256

RELEASE_TYPE = keccak256(b"Release(uint32 task,uint32 round,address participant,bytes32 document)")
DOCUMENT_BYTES = 1 << 24
MOST_PAYLOADS = 1024  # of a document; with 33 readers each it stays within the bytes above
_SHARE_BYTES = 208  # of one released share in it, with its reader's account
_MOST_ENTRIES = 2 + MOST_PAYLOADS + DOCUMENT_BYTES // _SHARE_BYTES

Hex = Annotated[
    bytes,
    BeforeValidator(lambda v: bytes.fromhex(v) if isinstance(v, str) else v),
    PlainSerializer(lambda v: v.hex(), return_type=str),
]


class ReleaseDocument(Strict):
    """One member's shares by participant and reader, accounts in lower case; nobody's where the share does not open."""

    format: Literal["federated-release/1"] = "federated-release/1"
    shares: dict[str, dict[str, Hex]]

    def to_bytes(self) -> bytes:
        """The document as canonical JSON."""
        return canonical(self.model_dump(mode="json"))

    def of(self, participant: str, reader: str) -> bytes | None:
        """What was released of one payload to one reader; None where nothing was."""
        return self.shares.get(participant.lower(), {}).get(reader.lower())

    def answers(self, participant: str) -> bool:
        """Whether it tells of a payload, be it only that the member's share of it does not open."""
        return participant.lower() in self.shares


class ReleaseLetter(Letter):
    """Where a member's releases lie, signed by it, who is its `participant`, or by its delegate."""

    document_uri: str = Field(max_length=URI_BYTES)
    document_hash: Root
    r: Root
    vs: Root

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed, 32 bytes; no contract reads it."""
        return hash_words(RELEASE_TYPE, task, round, self.participant, self.document_hash)


def read_release(content: bytes, expected: bytes) -> ReleaseDocument:
    """Read a document that must hash to what the letter says.

    What has more entries than any release is not parsed: the errors of so many false ones would take gigabytes.

    Args:
        content: at most `DOCUMENT_BYTES`.

    Raises:
        ContentMismatch: it hashes to something else.
        PayloadError: it is malformed.
    """
    found = hashlib.sha256(content).digest()
    if found != expected:
        raise ContentMismatch(
            f"the release hashes to 0x{found.hex()}, its letter says 0x{expected.hex()}; let it be left again"
        )
    if (entries := content.count(b":")) > _MOST_ENTRIES:
        raise PayloadError(
            f"the release is malformed: it has {entries} entries, {_MOST_ENTRIES} are the most; let it be left again"
        )
    try:
        return ReleaseDocument.model_validate_json(content)
    except ValidationError as error:
        raise PayloadError(f"the release is malformed: {error.errors()[0]['msg']}; let it be left again") from error
