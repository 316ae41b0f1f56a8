"""The envelope of a payload: where its body lies, its content key, wrapped or dealt, and of a masked one its note.

content key --HPKE, each reader--> envelope --one reader's sealing key--> content key
content key --shares, HPKE, each holder--> envelope --see `releasing`--> content key
"""

from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.dealing import Dealt, deal, shares_of
from prefect_federated.core.errors import PayloadError, Undecryptable
from prefect_federated.core.round_spec import Reader, RoundSpec
from prefect_federated.core.sealing import wrap

ENVELOPE_BYTES = 1 << 16

Hex = Annotated[bytes, BeforeValidator(bytes.fromhex)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Envelope(_Strict):
    """What `publish` wrote, or whatever else a participant chose to put there."""

    format: Literal["federated-envelope/1"]
    body: str
    keys: dict[str, Hex]
    masks: Hex = b""


class Entry(_Strict):
    """A holder's share: its hash, and it wrapped to the holder."""

    hash: Hex
    wrapped: Hex | None


class SharedEnvelope(_Strict):
    """The same where the committee opens updates: no key, a share for each holder, accounts in lower case."""

    format: Literal["federated-envelope/2"]
    body: str
    shares: dict[str, Entry]

    def dealt_to(self, account: str) -> Dealt | None:
        """What an account was dealt; None where it was dealt nothing."""
        entry = self.shares.get(account.lower())
        return None if entry is None else Dealt(entry.hash, entry.wrapped)


E = TypeVar("E", Envelope, SharedEnvelope)


def read_envelope(store: ContentStore, uri: str) -> Envelope:
    """Fetch an envelope.

    Raises:
        PayloadError: the bytes are none.
    """
    return _read(store, uri, Envelope)


def read_shared(store: ContentStore, uri: str) -> SharedEnvelope:
    """Fetch an envelope of a task whose committee opens updates.

    Raises:
        PayloadError: the bytes are none, or give readers the content key itself.
    """
    return _read(store, uri, SharedEnvelope)


def body_of(store: ContentStore, spec: RoundSpec, uri: str) -> str:
    """Where the body lies that an envelope is of.

    Raises:
        PayloadError: the bytes are no envelope of this task.
    """
    return (read_shared if spec.threshold else read_envelope)(store, uri).body


def made_envelope(spec: RoundSpec, participant: str, content_key: bytes, body: str) -> dict[str, Any]:
    """The envelope of a participant's body, for the readers of its round."""
    context, readers = spec.context(participant), spec.readers_of(participant)
    if not spec.threshold:
        wrapped = {reader.account.lower(): wrapped_to(content_key, reader, context) for reader in readers}
        keys = {account: key.hex() for account, key in wrapped.items() if key}
        return {"format": "federated-envelope/1", "body": body, "keys": keys}
    shares, entries = shares_of(content_key, spec.threshold, spec.holders, context), {}
    for reader in readers:
        if reader.account in shares:
            dealt = deal(shares[reader.account], reader.public_key, reader.account, context)
            wrapped_share = dealt.wrapped.hex() if dealt.wrapped else None
            entries[reader.account.lower()] = {"hash": dealt.share_hash.hex(), "wrapped": wrapped_share}
    return {"format": "federated-envelope/2", "body": body, "shares": entries}


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


def wraps_to(envelope: Envelope, content_key: bytes, reader: Reader, context: RoundContext) -> bool:
    """Whether an envelope gives a reader this content key, under one of the keys that it may be wrapped to."""
    keys = [replace(reader, public_key=key) for key in (reader.public_key, *reader.keys)]
    return envelope.keys.get(reader.account.lower()) in [wrapped_to(content_key, one, context) for one in keys]


def wrapped_to(content_key: bytes, reader: Reader, context: RoundContext) -> bytes | None:
    """None for a reader whose registered key is of no use: it must not keep the silo from revealing."""
    try:
        public_key = X25519PublicKey.from_public_bytes(reader.public_key)
        return wrap(content_key, public_key, context, reader.account)
    except ValueError:
        return None


def _read(store: ContentStore, uri: str, kind: type[E]) -> E:
    content = b"".join(store.get(uri, ENVELOPE_BYTES))
    try:
        return kind.model_validate_json(content)
    except (ValidationError, TypeError) as error:
        raise PayloadError(f"envelope at {uri} cannot be read: {error!s:.200}; refuse its sender") from error
