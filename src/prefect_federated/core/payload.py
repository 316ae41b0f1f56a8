"""Payload v1: a segmented stream of named integer parts under one Merkle root.

chunk 0: header (magic, length, canonical JSON, zeros) | part 1, zero-padded to a chunk | part 2 | ...

Words are little-endian int32. Every part starts on a chunk boundary, so that coordinate `i` of a part is
found by arithmetic alone. Updates, aggregates and models share the format; only an update carries a secret,
without which somebody who guesses an update could confirm the guess against its root.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import PayloadError, PayloadTooLarge, SpecError
from prefect_federated.core.fixed_point import Encoding
from prefect_federated.core.merkle import CHUNK_BYTES, Buffer, buffer_leaves, chunks_of, root_of_rows
from prefect_federated.core.stream import WORD_BYTES, Stream, StreamWords

MAGIC = b"PFP1"
LENGTH_BYTES = 2
SECRET_BYTES = 32
FORMAT = "federated-payload/1"

INT32_MAX = 2**31 - 1

Words = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Part:
    """One named vector of the stream: how many words, and how they encode numbers."""

    name: str
    count: int
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class Header:
    """What chunk 0 says: kind ("update", "aggregate", "model"), parts, weight, an update's 32-byte secret."""

    kind: str
    parts: tuple[Part, ...]
    weight: int = 0
    secret: bytes = field(default=b"", repr=False)
    chunk_bytes: int = CHUNK_BYTES


def plain_header(kind: str, size: int, frac_bits: int, chunk_bytes: int = CHUNK_BYTES) -> Header:
    """Header of a model or an aggregate of d words: one part, any int32, no secret."""
    return Header(kind, (Part("model", size, Encoding(frac_bits, INT32_MAX)),), chunk_bytes=chunk_bytes)


def header_chunk(header: Header) -> bytes:
    """Chunk 0 of the stream.

    Raises:
        SpecError: the parts do not fit one chunk, or an update has no secret of 32 bytes.
    """
    if len(header.secret) != (SECRET_BYTES if header.kind == "update" else 0):
        raise SpecError(
            f"header of kind {header.kind!r} has {len(header.secret)} secret bytes;"
            f" an update needs {SECRET_BYTES}, anything else none"
        )
    body = canonical(
        {
            "format": FORMAT,
            "kind": header.kind,
            "weight": header.weight,
            "secret": header.secret.hex(),
            "chunk_bytes": header.chunk_bytes,
            "parts": [
                {
                    "name": p.name,
                    "count": p.count,
                    "frac_bits": p.encoding.frac_bits,
                    "limit": p.encoding.limit,
                }
                for p in header.parts
            ],
        }
    )
    size = len(MAGIC) + LENGTH_BYTES + len(body)
    if size > header.chunk_bytes:
        raise SpecError(f"header of {size} bytes exceeds a chunk of {header.chunk_bytes}; use fewer parts")
    return (MAGIC + len(body).to_bytes(LENGTH_BYTES, "big") + body).ljust(header.chunk_bytes, b"\x00")


def payload_chunks(header: Header, parts: Mapping[str, Words]) -> Iterator[Buffer]:
    """The stream, chunk by chunk, without copying the vectors.

    Args:
        parts: int32 `[count]` for every part of the header.

    Raises:
        PayloadError: a vector has another type or length than announced; nothing is rounded or wrapped.

    >>> h = Header("model", (Part("w", 3, Encoding(16, 100)),), chunk_bytes=256)
    >>> [len(c) for c in payload_chunks(h, {"w": np.array([1, 2, 3], np.int32)})]
    [256, 256]
    """
    return (chunk for piece in _pieces(header, parts) for chunk in chunks_of(piece, header.chunk_bytes))


def payload_root(header: Header, parts: Mapping[str, Words]) -> bytes:
    """Merkle root of the stream, 32 bytes."""
    leaves = [buffer_leaves(piece, header.chunk_bytes) for piece in _pieces(header, parts)]
    return root_of_rows(np.concatenate(leaves))


def _pieces(header: Header, parts: Mapping[str, Words]) -> Iterator[Buffer]:
    """The stream in few pieces, each of whole chunks: header, then of every part the body and its padded tail."""
    yield header_chunk(header)
    for part in header.parts:
        words = parts[part.name]
        if words.shape != (part.count,) or words.dtype != np.int32:
            raise PayloadError(
                f"part {part.name!r} announces int32 [{part.count}], holds {words.dtype} {list(words.shape)}"
            )
        octets = np.ascontiguousarray(words, dtype="<i4").data.cast("B") if words.size else memoryview(b"")
        whole = len(octets) - len(octets) % header.chunk_bytes
        if whole:
            yield octets[:whole]
        if whole < len(octets):
            yield bytes(octets[whole:]).ljust(header.chunk_bytes, b"\x00")


def payload_bytes(header: Header) -> int:
    """Length of the stream in bytes: header chunk and whole chunks for every part."""
    return header.chunk_bytes * (1 + sum(-(-part.count * WORD_BYTES // header.chunk_bytes) for part in header.parts))


def parse(stream: bytes, expected: Header) -> tuple[Header, dict[str, Words]]:
    """Read a stream that should have the parts of `expected`; weight and secret are the stream's own.

    Args:
        stream: the whole payload; the vectors returned are read-only views of it.

    Raises:
        PayloadTooLarge: more bytes than the expected parts take.
        PayloadError: cut short, another format, other parts, or padding that is not zero.
    """
    header = check_stream(stream, expected)
    return header, _arrays(stream, header)


def words_of(stream: Stream, header: Header) -> dict[str, Vector]:
    """The vectors of a stream that was checked: of bytes arrays, of any other a slice at a time."""
    if isinstance(stream, bytes):
        return dict(_arrays(stream, header))
    return {part.name: StreamWords(stream, at, part.count) for part, at in _places(header)}


def check_stream(stream: Stream, expected: Header) -> Header:
    """The header of a stream that should have the parts of `expected`; raises what `parse` does."""
    size = payload_bytes(expected)
    if len(stream) > size:
        raise PayloadTooLarge(f"payload has {len(stream)} bytes, the task allows {size}; refuse its sender")
    if len(stream) < size:
        raise PayloadError(f"payload has {len(stream)} bytes, the task needs {size}; it was cut short")
    header = _parse_header(stream[: expected.chunk_bytes])
    if (header.kind, header.parts) != (expected.kind, expected.parts):
        found = f"{header.kind} {header.parts}"
        raise PayloadError(f"payload announces {found:.200}, expected {expected.kind} {expected.parts}")
    for part, at in _places(header):
        end = at + part.count * WORD_BYTES
        if any(stream[end : -(-end // header.chunk_bytes) * header.chunk_bytes]):
            raise PayloadError(f"padding after part {part.name!r} is not zero; the stream was altered")
    return header


def _parse_header(chunk: bytes) -> Header:
    """Read the fields, write them anew, compare: whatever else the bytes say, they are refused."""
    at = len(MAGIC) + LENGTH_BYTES
    length = int.from_bytes(chunk[len(MAGIC) : at], "big")
    try:
        raw: dict[str, Any] = json.loads(chunk[at : at + length])
        header = Header(
            kind=raw["kind"],
            parts=tuple(_parse_part(part) for part in raw["parts"]),
            weight=_natural(raw["weight"]),
            secret=bytes.fromhex(raw["secret"]),
            chunk_bytes=len(chunk),  # never the stream's own, which could ask for all memory
        )
        same = header_chunk(header) == chunk
    except (ValueError, KeyError, TypeError, AttributeError, SpecError, RecursionError) as error:
        raise PayloadError(f"payload header cannot be read: {error!s:.200}; it is no {FORMAT}") from error
    if not same:
        raise PayloadError(f"payload header is not in its canonical form; it is no {FORMAT}")
    return header


def _parse_part(raw: dict[str, Any]) -> Part:
    encoding = Encoding(_natural(raw["frac_bits"]), _natural(raw["limit"]))
    return Part(raw["name"], _natural(raw["count"]), encoding)


def _natural(value: object) -> int:
    """Python takes true for 1; a header says 1."""
    if type(value) is not int or not 0 <= value < 2**32:
        raise ValueError(f"{value!r} is no whole number below 2^32")
    return value


def _places(header: Header) -> Iterator[tuple[Part, int]]:
    """Each part with the byte at which it starts."""
    at = header.chunk_bytes
    for part in header.parts:
        yield part, at
        at += -(-part.count * WORD_BYTES // header.chunk_bytes) * header.chunk_bytes


def _arrays(stream: bytes, header: Header) -> dict[str, Words]:
    return {part.name: np.frombuffer(stream, dtype="<i4", count=part.count, offset=at) for part, at in _places(header)}
