"""A stream that may be longer than allowed or other than promised, and the two errors it ends with then.

chunks --count, stop at the limit--> --hash--> --compare at the end--> the caller
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from prefect_federated.core.errors import ContentMismatch, PayloadTooLarge

CHUNK_BYTES = 1 << 18
"""How much is read from a store, or handed to it, at a time."""


class Fingerprint(Protocol):
    """A running hash that ends as the text a URI holds."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""
        ...

    def text(self) -> str:
        """The fingerprint of all bytes so far."""
        ...


class Sha256:
    """SHA-256 as lower-case hex."""

    def __init__(self) -> None:
        self._state = hashlib.sha256()

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""
        self._state.update(data)

    def text(self) -> str:
        """64 hex digits."""
        return self._state.hexdigest()


def verified(
    chunks: Iterable[bytes], fingerprint: Fingerprint, expected: str, uri: str, limit_bytes: int
) -> Iterator[bytes]:
    """Pass a stream on while it is counted and hashed.

    Raises:
        PayloadTooLarge: the stream is longer than `limit_bytes`; the rest is not read.
        ContentMismatch: the stream ended and is not what the URI was made from.
    """
    total = 0
    for chunk in chunks:
        total += len(chunk)
        require_within(total, limit_bytes, uri)
        fingerprint.update(chunk)
        yield chunk
    if fingerprint.text() != expected:
        raise ContentMismatch(
            f"{total} bytes fetched for {uri} hash to {fingerprint.text()} instead of {expected}; they were"
            " altered or cut off, so fetch them again or from another store"
        )


def require_within(found_bytes: int, limit_bytes: int, uri: str) -> None:
    """Refuse content that is known, or already seen, to be too long.

    Raises:
        PayloadTooLarge: `found_bytes` is beyond `limit_bytes`.
    """
    if found_bytes > limit_bytes:
        raise PayloadTooLarge(
            f"{uri} holds at least {found_bytes} bytes where {limit_bytes} are allowed; it is not what was announced,"
            " so refuse it"
        )


def regrouped(chunks: Iterable[bytes], size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The same bytes in pieces of about `size`, so that 1 KiB chunks do not become as many writes."""
    pending, held = [], 0
    for chunk in chunks:
        pending.append(chunk)
        held += len(chunk)
        if held >= size:
            yield b"".join(pending)
            pending, held = [], 0
    if held:
        yield b"".join(pending)
