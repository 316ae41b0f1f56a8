"""A silo's policy as a document that somebody signed: what was approved runs, and nothing else.

silo, policy --canonical JSON--> message --signature (EIP-191)--> document
"""

import json
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
    policy: Policy
    signature: str = Field(default="0x", pattern=r"^0x[0-9a-f]*$", description="over all the rest, 65 bytes")

    @property
    def message(self) -> bytes:
        """The bytes that are signed, as EIP-191 has personal messages: canonical JSON of all but the signature."""
        return canonical(self.model_dump(mode="json", exclude={"signature"}))

    def to_bytes(self) -> bytes:
        """The document as canonical JSON."""
        return canonical(self.model_dump(mode="json"))


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
