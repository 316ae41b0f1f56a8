"""Why a steward answered a remedy as it did: a document in the content store, of which the chain has the hash.

reason + 32 random bytes --canonical JSON--> document --SHA-256--> chain      (the salt keeps short reasons unguessable)
"""

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import Root
from prefect_federated.core.errors import ContentMismatch, PayloadError

RATIONALE_BYTES = 1 << 16


class Rationale(BaseModel):
    """What the answer is about, and why it is so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["federated-rationale/1"] = "federated-rationale/1"
    version_hash: Root
    grant_id: Root
    action: Literal["retrain", "retire", "accept"]
    reason: Annotated[str, Field(min_length=1, max_length=4000)]
    salt: Root

    def to_bytes(self) -> bytes:
        """The document as canonical JSON."""
        return canonical(self.model_dump(mode="json"))

    @property
    def digest(self) -> bytes:
        """SHA-256 of the document, 32 bytes.

        >>> about = {"version_hash": bytes(32), "grant_id": bytes(32), "action": "retire", "reason": "superseded"}
        >>> Rationale(**about, salt=bytes(32)).digest == Rationale(**about, salt=b"s" * 32).digest
        False
        """
        return hashlib.sha256(self.to_bytes()).digest()


def parse_rationale(content: bytes, reason_hash: bytes) -> Rationale:
    """Read a document and check it against the hash on chain.

    Raises:
        ContentMismatch: it hashes to something else.
        PayloadError: it is malformed.
    """
    ours = hashlib.sha256(content).digest()
    if ours != reason_hash:
        raise ContentMismatch(f"the rationale hashes to 0x{ours.hex()}, the chain says 0x{reason_hash.hex()}")
    try:
        return Rationale.model_validate_json(content)
    except ValidationError as error:
        raise PayloadError(f"the rationale is malformed: {error.errors()[0]['msg']}") from error
