"""Sealing: every secret of a round from one key, payloads under a content key, that key wrapped to readers.

sealing key --HKDF, round, label--> salt, content key, header secret
payload --AES-256-GCM segments (STREAM)--> body        content key --HPKE, each reader--> envelope

A body may lie in any store from the moment it is made: without its content key it says only its length.
"""

import hashlib
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import Undecryptable
from prefect_federated.core.merkle import Buffer
from prefect_federated.core.words import encode_words
from prefect_federated.core.wrapping import encrypt_again

MAGIC = b"PFS1"
ATTEMPT_BYTES = 16
SEGMENT_BYTES = 64 * 1024
TAG_BYTES = 16
KEY_BYTES = 32
PREFIX_BYTES = len(MAGIC) + ATTEMPT_BYTES

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def derive(sealing_key: bytes, label: str, context: RoundContext, key_version: int, attempt: bytes = b"") -> bytes:
    """32 secret bytes for one use in one round, recomputable by the silo alone: HKDF-SHA256 (RFC 5869).

    Args:
        sealing_key: the silo's X25519 private key, 32 bytes.
        label: what the bytes are for; different labels are independent.
        attempt: public bytes drawn for each sealing, so that a payload trained twice never meets one key.

    >>> here = RoundContext(1, "0x" + "00" * 20, 1, 1, bytes(32), "0x" + "11" * 20)
    >>> derive(bytes(32), "salt", here, 1) == derive(bytes(32), "content key", here, 1)
    False
    """
    if len(sealing_key) != KEY_BYTES:
        raise ValueError(f"a sealing key has {KEY_BYTES} bytes, not {len(sealing_key)}")
    info = label.encode() + b"\x00" + attempt
    info += encode_words(
        context.chain_id, context.coordinator, context.task, context.round, context.participant, key_version
    )
    return HKDF(hashes.SHA256(), 32, salt=b"prefect-federated/1", info=info).derive(sealing_key)


def key_hash(content_key: bytes) -> bytes:
    """What a commitment says of the content key, so that every reader must be given the same one."""
    return hashlib.sha256(b"content key" + content_key).digest()


def seal_stream(chunks: Iterable[Buffer], content_key: bytes, attempt: bytes) -> Iterator[bytes]:
    """Encrypt a stream in bounded memory: magic, attempt, then AES-256-GCM segments of 64 KiB.

    The nonce counts the segments and marks the last one, so that none can be dropped, moved or appended.
    A key serves one stream only: derive it with a fresh `attempt`.

    Source: STREAM, Hoang et al. 2015, https://eprint.iacr.org/2015/189
    """
    if len(attempt) != ATTEMPT_BYTES or len(content_key) != KEY_BYTES:
        raise ValueError(f"attempt has {len(attempt)} bytes, content key {len(content_key)}; they need 16 and 32")
    aead, prefix = AESGCM(content_key), MAGIC + attempt
    yield prefix
    for number, last, segment in _segments(chunks, SEGMENT_BYTES):
        yield aead.encrypt(_nonce(number, last), segment, prefix)


def open_stream(body: Iterable[Buffer], content_key: bytes) -> Iterator[bytes]:
    """Decrypt a sealed stream.

    Raises:
        Undecryptable: wrong key, or the body was altered, cut or extended.
    """
    stream = _Reader(body)
    prefix = stream.take(PREFIX_BYTES)
    if not prefix.startswith(MAGIC) or len(prefix) != PREFIX_BYTES:
        raise Undecryptable(f"body starts with 0x{prefix[:4].hex()}, a sealed payload with 0x{MAGIC.hex()}")
    if len(content_key) != KEY_BYTES:
        raise Undecryptable(f"the content key given has {len(content_key)} bytes, a content key {KEY_BYTES}")
    for number, last, segment in _segments(stream.rest(), SEGMENT_BYTES + TAG_BYTES):
        yield open_segment(number, last, segment, content_key, prefix)


def open_segment(number: int, last: bool, segment: bytes, content_key: bytes, prefix: bytes) -> bytes:
    """Decrypt one segment of a sealed stream, wherever it stands.

    Args:
        last: whether nothing follows it; a stream that was cut has no segment that says so.
        prefix: the first 20 bytes of the stream.

    Raises:
        Undecryptable: wrong key, or it was altered, or stood elsewhere.
    """
    try:
        return AESGCM(content_key).decrypt(_nonce(number, last), segment, prefix)
    except (InvalidTag, ValueError) as error:
        raise Undecryptable(f"segment {number} does not open under the content key given") from error


def attempt_of(prefix: bytes) -> bytes:
    """The attempt bytes at the head of a sealed body."""
    return prefix[len(MAGIC) : len(MAGIC) + ATTEMPT_BYTES]


def wrap(content_key: bytes, reader: X25519PublicKey, context: RoundContext, account: str) -> bytes:
    """Encrypt the content key to one reader: HPKE base mode, X25519, HKDF-SHA256, AES-256-GCM (RFC 9180).

    Whoever has the content key gets the same bytes, and so sees whether another reader was given it too.
    """
    info = _wrap_info(context, account)
    use = b"ephemeral key" + reader.public_bytes_raw() + info
    seed = HKDF(hashes.SHA256(), 32, salt=b"prefect-federated/1", info=use).derive(content_key)
    return encrypt_again(content_key, reader, info, seed)


def unwrap(wrapped: bytes, reader: X25519PrivateKey, context: RoundContext, account: str) -> bytes:
    """Open a content key wrapped to this reader.

    Raises:
        Undecryptable: wrapped for another reader, round or participant, or altered.
    """
    try:
        return _SUITE.decrypt(wrapped, reader, info=_wrap_info(context, account))
    except (InvalidTag, ValueError) as error:
        raise Undecryptable(f"the content key of {context.participant} does not open for reader {account}") from error


def _wrap_info(context: RoundContext, account: str) -> bytes:
    return b"prefect-federated/1 content key" + encode_words(
        context.chain_id, context.coordinator, context.task, context.round, context.participant, account
    )


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _segments(chunks: Iterable[Buffer], size: int) -> Iterator[tuple[int, bool, bytes]]:
    """Number the stream's segments of `size` bytes and mark the last one, which may be shorter or empty."""
    stream = _Reader(chunks)
    number, segment = 0, stream.take(size)
    while len(segment) == size and (ahead := stream.take(size)):
        yield number, False, segment
        number, segment = number + 1, ahead
    yield number, True, segment


class _Reader:
    """Takes exact amounts from an iterable of buffers."""

    def __init__(self, chunks: Iterable[Buffer]) -> None:
        self._chunks = iter(chunks)
        self._held = bytearray()

    def take(self, size: int) -> bytes:
        while len(self._held) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._held += chunk
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def rest(self) -> Iterator[Buffer]:
        yield bytes(self._held)
        yield from self._chunks
