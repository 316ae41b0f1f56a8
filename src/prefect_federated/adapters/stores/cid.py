"""The CID that an IPFS node gives to a file, computed here, so that no node has to be trusted for it.

chunks --256 KiB--> raw leaves --up to 174 links a node--> dag-pb nodes, level by level --> root --> CIDv1
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

LEAF_BYTES = 262_144
MAX_LINKS = 174
RAW, DAG_PB = 0x55, 0x70


def cid_of(chunks: Iterable[bytes], leaf_bytes: int = LEAF_BYTES, max_links: int = MAX_LINKS) -> str:
    """CID of a file: UnixFS, version 1, SHA-256, raw leaves, fixed-size chunks, balanced, base32.

    Args:
        chunks: the file in pieces of any size.
        leaf_bytes: size of a leaf; 262144 is what `IpfsStore` asks its node for.
        max_links: links of one node; 174 is what `IpfsStore` asks its node for.

    Source: UnixFS, https://specs.ipfs.tech/unixfs/

    >>> cid_of([b"hello ", b"world"])
    'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
    """
    fingerprint = CidFingerprint(leaf_bytes, max_links)
    for chunk in chunks:
        fingerprint.update(chunk)
    return fingerprint.text()


class CidFingerprint:
    """A CID that grows with a stream; memory is one leaf and about 100 bytes for each leaf before."""

    def __init__(self, leaf_bytes: int = LEAF_BYTES, max_links: int = MAX_LINKS) -> None:
        self._leaf_bytes, self._max_links = leaf_bytes, max_links
        self._leaves: list[_Node] = []
        self._state, self._filled = hashlib.sha256(), 0

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        while len(view):
            piece = view[: self._leaf_bytes - self._filled]
            self._state.update(piece)
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == self._leaf_bytes:
                self._close_leaf()

    def text(self) -> str:
        """The CID of all bytes so far, base32."""
        level = [*self._leaves]
        if self._filled or not level:
            level.append(_Node.raw(self._state.digest(), self._filled))
        while len(level) > 1:
            starts = range(0, len(level), self._max_links)
            level = [_parent(level[at : at + self._max_links]) for at in starts]
        return "b" + base64.b32encode(level[0].cid).decode().rstrip("=").lower()

    def _close_leaf(self) -> None:
        self._leaves.append(_Node.raw(self._state.digest(), self._filled))
        self._state, self._filled = hashlib.sha256(), 0


@dataclass(frozen=True, slots=True)
class _Node:
    """A block of the tree: its CID, the bytes of the file below it, the bytes of all blocks below it."""

    cid: bytes
    file_bytes: int
    total_bytes: int

    @classmethod
    def raw(cls, digest: bytes, size: int) -> Self:
        return cls(_cid(RAW, digest), size, size)


def _parent(children: list[_Node]) -> _Node:
    """The dag-pb block above some blocks: PBNode { Links* = 2, Data = 1 }, links first."""
    file_bytes = sum(child.file_bytes for child in children)
    block = b"".join(_field(2, _link(child)) for child in children) + _field(1, _unixfs(children, file_bytes))
    total = len(block) + sum(child.total_bytes for child in children)
    return _Node(_cid(DAG_PB, hashlib.sha256(block).digest()), file_bytes, total)


def _link(child: _Node) -> bytes:
    """PBLink { Hash = 1, Name = 2 (empty), Tsize = 3 }."""
    return _field(1, child.cid) + _field(2, b"") + b"\x18" + _varint(child.total_bytes)


def _unixfs(children: list[_Node], file_bytes: int) -> bytes:
    """UnixFS Data { Type = 1 (File is 2), filesize = 3, blocksizes* = 4 }."""
    sizes = b"".join(b"\x20" + _varint(child.file_bytes) for child in children)
    return b"\x08\x02\x18" + _varint(file_bytes) + sizes


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _cid(codec: int, digest: bytes) -> bytes:
    """CIDv1: version, codec, multihash (0x12 is SHA-256, 0x20 its length)."""
    return bytes([1, codec, 0x12, 0x20]) + digest
