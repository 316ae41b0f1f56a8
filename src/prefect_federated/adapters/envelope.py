"""The envelope of a payload: where its body lies, its content key wrapped to every reader, of a masked one its note.

content key --HPKE, each reader--> envelope --one reader's sealing key--> content key
"""

from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import PayloadError, Undecryptable
from prefect_federated.core.round_spec import Reader
from prefect_federated.core.sealing import wrap

ENVELOPE_BYTES = 1 << 16

Hex = Annotated[bytes, BeforeValidator(bytes.fromhex)]


class Envelope(BaseModel):
    """What `publish` wrote, or whatever else a participant chose to put there."""

    model_config = ConfigDict(extra="forbid", strict=True)

    format: Literal["federated-envelope/1"]
    body: str
    keys: dict[str, Hex]
    masks: Hex = b""


def read_envelope(store: ContentStore, uri: str) -> Envelope:
    """Fetch an envelope.

    Raises:
        PayloadError: the bytes are none.
    """
    content = b"".join(store.get(uri, ENVELOPE_BYTES))
    try:
        return Envelope.model_validate_json(content)
    except (ValidationError, TypeError) as error:
        raise PayloadError(f"envelope at {uri} cannot be read: {error!s:.200}; refuse its sender") from error


def key_for(envelope: Envelope, participant: str, reader: str) -> bytes:
    """The content key as wrapped to one reader.

    Raises:
        Undecryptable: the envelope holds none for it.
    """
    wrapped = envelope.keys.get(reader.lower())
    if wrapped is None:
        raise Undecryptable(
            f"the envelope of {participant} holds no key for reader {reader}, but {len(envelope.keys)} for others;"
            " refuse its sender"
        )
    return wrapped


def wrapped_to(content_key: bytes, reader: Reader, context: RoundContext) -> bytes | None:
    """None for a reader whose registered key is of no use: it must not keep the silo from revealing."""
    try:
        public_key = X25519PublicKey.from_public_bytes(reader.public_key)
        return wrap(content_key, public_key, context, reader.account)
    except ValueError:
        return None
