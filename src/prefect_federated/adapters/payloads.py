"""Updates on their way through a store: sealed by the silo, published to the readers, opened by one of them.

silo: words --seal--> body (ciphertext) ... --publish--> envelope (content key for each reader)
reader: envelope --unwrap--> content key --open body--> words, checked against every hash on chain
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from prefect_federated.adapters.content_keys import content_key_of, made_content_key, own_content_key
from prefect_federated.adapters.envelope import body_of, made_envelope, read_envelope, wraps_to
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.spool import Spool, in_memory
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.canonical import canonical
from prefect_federated.core.commitment import Opening
from prefect_federated.core.errors import ContentMismatch, PayloadError, Undecryptable
from prefect_federated.core.merkle import RunningRoot
from prefect_federated.core.optimizers.server_step import State
from prefect_federated.core.payload import (
    Header,
    Words,
    check_stream,
    parse,
    payload_bytes,
    payload_chunks,
    payload_root,
    words_of,
)
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening, SealedUpdate
from prefect_federated.core.sealing import (
    ATTEMPT_BYTES,
    SEGMENT_BYTES,
    TAG_BYTES,
    derive,
    key_hash,
    open_stream,
    seal_stream,
)
from prefect_federated.core.server_state import NO_STATE, parse_state, state_bytes, state_stream, stream_root
from prefect_federated.core.stream import Stream

S = TypeVar("S", bound=Stream)


def seal_update(
    store: ContentStore,
    spec: RoundSpec,
    participant: str,
    key: SealingKey,
    words: Words,
    weight: int,
    metrics: dict[str, float],
    masks: bytes | None = None,
) -> SealedUpdate:
    """Encrypt an update under a key that only this silo can derive, and store the ciphertext.

    Args:
        masks: digest of the note of what masks it, in place of the secret: there is nothing to guess in such an update.
    """
    context, attempt = spec.context(participant), os.urandom(ATTEMPT_BYTES)
    secret = masks or derive(key.private_bytes, "header secret", context, key.version, attempt)
    content_key = made_content_key(key, context, attempt)
    header, parts = spec.header("update", weight, secret), {"model": words}
    sealed = RunningRoot(header.chunk_bytes)
    body_uri = store.put(sealed.through(seal_stream(payload_chunks(header, parts), content_key, attempt)))
    return SealedUpdate(
        body_uri=body_uri,
        attempt=attempt,
        payload_root=payload_root(header, parts),
        sealed_root=sealed.root(),
        content_key_hash=key_hash(content_key),
        weight=weight,
        metrics=metrics,
    )


def open_own(store: ContentStore, spec: RoundSpec, participant: str, key: SealingKey, sealed: SealedOpening) -> Words:
    """A silo's own update out of its store again, int32 `[d]`; whoever reads it later checks it.

    Raises:
        Undecryptable: it was sealed under another sealing key, or altered.
    """
    content_key = own_content_key(key, spec.context(participant), sealed)
    header = spec.header("update")
    body = store.get(sealed.body_uri, _body_bytes(payload_bytes(header)))
    return parse(in_memory(open_stream(body, content_key)), header)[1]["model"]


def publish(
    store: ContentStore, spec: RoundSpec, participant: str, key: SealingKey, sealed: SealedOpening, masks: bytes = b""
) -> str:
    """Wrap the content key to every reader of the round, or deal it, and store the envelope with what masks it, if it
    is masked; returns its URI.

    Raises:
        Undecryptable: the update was sealed under another sealing key.
    """
    content_key = own_content_key(key, spec.context(participant), sealed)
    envelope = made_envelope(spec, participant, content_key, sealed.body_uri)
    return store.put([canonical(envelope | ({"masks": masks.hex()} if masks else {}))])


def fetch_update(
    store: ContentStore,
    spec: RoundSpec,
    participant: str,
    opening: Opening,
    uri: str,
    reader: str,
    key: SealingKey,
    spool: Spool | None = None,
) -> Vector:
    """Fetch one revealed update and check it against its opening: int32 `[d]`.

    Args:
        spool: keeps the round's payloads; without it, one for this update alone.

    Raises:
        Undecryptable: the envelope holds no key for this reader, another key, or the body does not open.
        ContentMismatch: body or payload have another root than the one revealed.
        PayloadError: the payload is malformed, or its header contradicts the opening.
        SpoolFailed: the disk beside the memory is full or fails.
    """
    plain = fetch_payload(store, spec, participant, opening, uri, reader, key, (spool or Spool()).keep)
    return words_of(plain, header_of(plain, spec, participant, opening))["model"]


def header_of(plain: Stream, spec: RoundSpec, participant: str, opening: Opening) -> Header:
    """The header of a payload that was fetched.

    Raises:
        PayloadError: it contradicts the opening.
    """
    header = check_stream(plain, spec.header("update"))
    if header.weight != opening.weight:
        raise PayloadError(
            f"{participant}: payload says weight {header.weight}, the opening {opening.weight}; refuse its sender"
        )
    return header


def fetch_payload(
    store: ContentStore,
    spec: RoundSpec,
    participant: str,
    opening: Opening,
    uri: str,
    reader: str,
    key: SealingKey,
    keep: Callable[[Iterable[bytes], int], S],
) -> S:
    """Fetch and open the bytes behind a revealed payload root; what they say is not looked at.

    Args:
        keep: makes one stream of the pieces, which have at most so many bytes.

    Raises:
        Undecryptable: the envelope holds no key for this reader, another key, or the body does not open.
        ContentMismatch: body or payload have another root than the one revealed.
    """
    body_uri, content_key = body_of(store, spec, uri), content_key_of(store, spec, participant, uri, reader, key)
    if key_hash(content_key) != opening.content_key_hash:
        raise Undecryptable(
            f"{participant} wrapped another content key than the one it committed to: it hashes to"
            f" 0x{key_hash(content_key).hex()}, not to 0x{opening.content_key_hash.hex()}; refuse its sender"
        )
    expected = spec.header("update")
    sealed, opened = RunningRoot(expected.chunk_bytes), RunningRoot(expected.chunk_bytes)
    most = _body_bytes(payload_bytes(expected))
    body = sealed.through(store.get(body_uri, most))

    def require_body() -> None:  # to its end: an altered body is told before that it does not open
        deque(body, maxlen=0)
        _require_root("sealed body", participant, sealed.root(), opening.sealed_root)

    try:
        plain = keep(opened.through(open_stream(body, content_key)), most)
    except Undecryptable:
        require_body()
        raise
    require_body()
    check_stream(plain, expected)  # a malformed payload is told before its root is
    _require_root("payload", participant, opened.root(), opening.payload_root)
    return plain


def fetch_sealed_root(store: ContentStore, spec: RoundSpec, uri: str) -> bytes:
    """Root of the sealed body that an envelope is of, fetched to its end; nothing is opened."""
    expected = spec.header("update")
    sealed = RunningRoot(expected.chunk_bytes)
    deque(sealed.through(store.get(body_of(store, spec, uri), _body_bytes(payload_bytes(expected)))), maxlen=0)
    return sealed.root()


def gives_key_to(
    store: ContentStore,
    spec: RoundSpec,
    participant: str,
    uri: str,
    reader: str,
    key: SealingKey,
    accounts: Sequence[str],
) -> bool:
    """Whether an envelope gives other readers of the round the same content key as this one.

    Nobody can open what is wrapped to another; but whoever has the key can wrap it again, and compare. Any of the keys
    that a reader may be wrapped to counts.

    Raises:
        Undecryptable: the envelope holds no key for this reader, or one that it cannot open.
    """
    envelope, context = read_envelope(store, uri), spec.context(participant)
    content_key = content_key_of(store, spec, participant, uri, reader, key)
    others = [one for one in spec.readers if one.account in accounts]
    return all(wraps_to(envelope, content_key, one, context) for one in others)


def store_words(store: ContentStore, spec: RoundSpec, kind: str, words: Words) -> tuple[str, bytes]:
    """Store an aggregate or a model in the clear; returns URI and Merkle root."""
    return store_model(store, spec.header(kind), words)


def store_model(store: ContentStore, header: Header, words: Words) -> tuple[str, bytes]:
    """Store words under a header; returns URI and Merkle root."""
    parts = {"model": words}
    return store.put(map(bytes, payload_chunks(header, parts))), payload_root(header, parts)


def fetch_words(store: ContentStore, spec: RoundSpec, kind: str, uri: str, expected_root: bytes) -> Words:
    """Fetch an aggregate or a model and check its root: int32 `[d]`.

    Raises:
        ContentMismatch: the bytes have another root than the chain says.
    """
    stream = fetch_kept(store, spec, kind, uri, expected_root, in_memory)
    return parse(stream, spec.header(kind))[1]["model"]


def fetch_kept(
    store: ContentStore,
    spec: RoundSpec,
    kind: str,
    uri: str,
    expected_root: bytes,
    keep: Callable[[Iterable[bytes], int], S],
) -> S:
    """Fetch the stream of an aggregate or a model, header and all, and check its root.

    Args:
        keep: makes one stream of the pieces, which have at most so many bytes.

    Raises:
        ContentMismatch: the bytes have another root than the chain says.
    """
    header = spec.header(kind)
    running, most = RunningRoot(header.chunk_bytes), payload_bytes(header)
    stream = keep(running.through(store.get(uri, most)), most)
    _require_root(f"{kind} at", uri, running.root(), expected_root)
    return stream


def store_state(store: ContentStore, spec: RoundSpec, state: State) -> tuple[str | None, bytes]:
    """Store a server optimiser's state in the clear; returns URI and Merkle root, none of either for FedAvg."""
    if not spec.spec.server.moments:
        return None, NO_STATE
    chunk_bytes = spec.spec.enforced.chunk_bytes
    stream = state_stream(spec.spec.server, state, chunk_bytes)
    return store.put([stream]), stream_root(stream, chunk_bytes)


def fetch_state(store: ContentStore, spec: RoundSpec, uri: str, expected_root: bytes) -> State:
    """Fetch a server optimiser's state and check its root: float64 `[d]` by name.

    Raises:
        ContentMismatch: the bytes have another root than the chain says.
        PayloadError: they are no state of this task's optimiser.
    """
    server, d, chunk_bytes = spec.spec.server, spec.spec.model.size, spec.spec.enforced.chunk_bytes
    stream = b"".join(store.get(uri, state_bytes(server, d, chunk_bytes)))
    _require_root("state at", uri, stream_root(stream, chunk_bytes), expected_root)
    return parse_state(stream, server, d, chunk_bytes)


def _require_root(what: str, whose: str, found: bytes, expected: bytes) -> None:
    if found != expected:
        raise ContentMismatch(
            f"{what} {whose} has root 0x{found.hex()}, the chain says 0x{expected.hex()}; its bytes were altered"
        )


def _body_bytes(plain_bytes: int) -> int:
    return 4 + ATTEMPT_BYTES + plain_bytes + TAG_BYTES * (plain_bytes // SEGMENT_BYTES + 1)
