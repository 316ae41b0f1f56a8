"""A silo's policy as a document that somebody signed: what was approved runs, and nothing else.

silo, serial, policy --canonical JSON--> message --signature (EIP-191)--> document
serial --not below the highest that the silo has seen--> in force
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import Address
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.policy import Policy

POLICY_BYTES = 1 << 20


class SignedPolicy(BaseModel):
    """The policy of one silo, with the signature of whoever answers for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["federated-policy/1"] = "federated-policy/1"
    silo: Address = Field(description="account of the silo that it is for")
    serial: int = Field(ge=1, lt=2**53, description="above that of every policy which this one replaces")
    policy: Policy
    signature: str = Field(default="0x", pattern=r"^0x[0-9a-f]*$", description="over all the rest, 65 bytes")

    @property
    def message(self) -> bytes:
        """The bytes that are signed, as EIP-191 has personal messages: canonical JSON of all but the signature."""
        return canonical(self.model_dump(mode="json", exclude={"signature"}))

    @property
    def mark(self) -> "Mark":
        """What a silo remembers of it."""
        return Mark(self.serial, hashlib.sha256(self.message).digest())

    def to_bytes(self) -> bytes:
        """The document as canonical JSON."""
        return canonical(self.model_dump(mode="json"))


@dataclass(frozen=True, slots=True)
class Mark:
    """Serial and SHA-256 of the message of a policy that was in force."""

    serial: int
    digest: bytes

    def to_bytes(self) -> bytes:
        """Digest, then the serial as 8 bytes."""
        return self.digest + self.serial.to_bytes(8, "big")

    @classmethod
    def from_bytes(cls, content: bytes) -> "Mark":
        """Read what `to_bytes` wrote."""
        return cls(int.from_bytes(content[32:], "big"), content[:32])


def require_newest(mark: Mark, seen: Mark, where: str) -> None:
    """Refuse a policy that an earlier one had replaced, though it was signed once.

    Args:
        seen: the policy of the highest serial that this silo had in force.

    Raises:
        ConfigurationError: its serial is lower; or the same, and it says something else.
    """
    if mark.serial < seen.serial:
        raise ConfigurationError(
            f"policy {where} has serial {mark.serial}, this silo had one of serial {seen.serial} in force: an older one"
            " was put back; put the newest in its place, or have these rules signed with"
            f" `federated policy sign --serial {seen.serial + 1}`"
        )
    if mark.serial == seen.serial and mark.digest != seen.digest:
        raise ConfigurationError(
            f"policy {where} has serial {mark.serial}, and so had another one, 0x{seen.digest.hex()[:12]}, that this"
            f" silo had in force; this is 0x{mark.digest.hex()[:12]}: have the one that shall hold signed with"
            f" `federated policy sign --serial {seen.serial + 1}`"
        )


def parse_policy(content: bytes, where: str) -> SignedPolicy:
    """Read a signed policy; who signed it is not looked at.

    Raises:
        ConfigurationError: it is none; the message names the field.
    """
    try:
        return SignedPolicy.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "document"
        raise ConfigurationError(
            f"{where} is no signed policy: {field}: {first['msg']}; sign one with `federated policy sign`"
        ) from error


def rules_of(content: bytes, where: str) -> Policy:
    """Read the rules that are to be signed: the fields of a policy, as JSON.

    Raises:
        ConfigurationError: they are none; the message names the field.
    """
    try:
        return Policy.model_validate(json.loads(content))
    except (ValidationError, ValueError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        field = ".".join(map(str, first["loc"])) or "document"
        raise ConfigurationError(f"{where} holds no policy: {field}: {first['msg']}; mend the field") from error
