"""SHA-256 Merkle trees over fixed-size chunks, in the shape of RFC 6962 with domain separation.

chunk --0x00--> leaf --0x01 pairs, an odd node moves up--> root
"""

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np

from prefect_federated.core.sha256 import Bytes, digests

CHUNK_BYTES = 1024
HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

LEAF, NODE = 0, 1  # prefix bytes, so that no node can pass for a leaf

Buffer = bytes | bytearray | memoryview

_HELD_BYTES = 1 << 20
_FEW = 32  # up to so many nodes, hashing one by one is faster


def chunks_of(buffer: Buffer, chunk_bytes: int = CHUNK_BYTES) -> Iterator[memoryview]:
    """Cut a buffer into chunks without copying; the last one may be shorter.

    >>> [bytes(c) for c in chunks_of(b"abcde", 2)]
    [b'ab', b'cd', b'e']
    """
    view = memoryview(buffer)
    if not view.nbytes:
        return iter(())  # nothing cannot be cast
    view = view.cast("B")
    return (view[at : at + chunk_bytes] for at in range(0, len(view), chunk_bytes))


def leaf_hash(chunk: Buffer) -> bytes:
    """Leaf of the tree: SHA-256(0x00 || chunk)."""
    return hashlib.sha256(b"\x00" + bytes(chunk)).digest()


def leaf_hashes(chunks: Iterable[Buffer]) -> list[bytes]:
    """Leaves of a stream of chunks; one copied hash state a chunk is the fastest plain loop measured."""
    start = hashlib.sha256(b"\x00").copy
    leaves = []
    for chunk in chunks:
        state = start()
        state.update(chunk)
        leaves.append(state.digest())
    return leaves


def buffer_leaves(buffer: Buffer, chunk_bytes: int = CHUNK_BYTES) -> Bytes:
    """Leaves of a whole buffer, faster than one by one.

    Args:
        buffer: contiguous bytes; the last chunk may be shorter.

    Returns:
        uint8 `[k, 32]`, for `root_of_rows`.

    >>> [bytes(row) for row in buffer_leaves(b"abcde", 2)] == leaf_hashes([b"ab", b"cd", b"e"])
    True
    """
    view = memoryview(buffer)
    octets = np.frombuffer(view.cast("B") if view.nbytes else bytearray(), np.uint8)
    whole = len(octets) // chunk_bytes
    leaves = digests(LEAF, octets[: whole * chunk_bytes].reshape(whole, chunk_bytes))
    rest = octets[whole * chunk_bytes :]
    return np.concatenate([leaves, digests(LEAF, rest.reshape(1, -1))]) if rest.size else leaves


class RunningRoot:
    """Root of a stream that comes in pieces of any size; holds 32 bytes a chunk and a mebibyte.

    >>> running = RunningRoot(2)
    >>> b"".join(running.through([b"a", b"bcd", b"e"])), running.root() == root([b"ab", b"cd", b"e"])
    (b'abcde', True)
    """

    def __init__(self, chunk_bytes: int = CHUNK_BYTES) -> None:
        """Begin with nothing."""
        self._chunk_bytes, self._held = chunk_bytes, bytearray()
        self._leaves: list[Bytes] = []

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Hand the pieces on, each counted in."""
        for piece in pieces:
            self._held += piece
            if len(self._held) >= _HELD_BYTES:
                self._hash(len(self._held) // self._chunk_bytes * self._chunk_bytes)
            yield piece

    def root(self) -> bytes:
        """Root of all that came through, 32 bytes; asked once, at the end."""
        self._hash(len(self._held))
        return root_of_rows(np.concatenate(self._leaves))

    def _hash(self, size: int) -> None:
        self._leaves.append(buffer_leaves(bytes(self._held[:size]), self._chunk_bytes))
        del self._held[:size]


def root(chunks: Iterable[Buffer]) -> bytes:
    """Merkle root of a stream of chunks; memory is 32 bytes a chunk.

    Source: RFC 6962 section 2.1, https://www.rfc-editor.org/rfc/rfc6962#section-2.1

    >>> root([b"a"]) == leaf_hash(b"a")
    True
    """
    return root_of_leaves(leaf_hashes(chunks))


def root_of_leaves(leaves: list[bytes]) -> bytes:
    """Merkle root of leaf hashes; an empty tree has the hash of nothing."""
    return root_of_rows(np.frombuffer(b"".join(leaves), np.uint8).reshape(-1, HASH_BYTES))


def root_of_rows(leaves: Bytes) -> bytes:
    """Merkle root of leaf hashes that lie in one array, uint8 `[k, 32]`.

    >>> root_of_rows(buffer_leaves(b"abcde", 2)) == root([b"ab", b"cd", b"e"])
    True
    """
    while len(leaves) > _FEW:
        pairs = len(leaves) // 2
        above = digests(NODE, leaves[: 2 * pairs].reshape(pairs, 2 * HASH_BYTES))
        leaves = np.concatenate([above, leaves[2 * pairs :]])
    level = [row.tobytes() for row in leaves]
    while len(level) > 1:
        level = parents(level)
    return level[0] if level else EMPTY_ROOT


def proof(leaves: list[bytes], index: int) -> list[bytes]:
    """Sibling hashes from the leaf at `index` up to the root.

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of {len(leaves)} does not exist")
    siblings = []
    level = leaves
    while len(level) > 1:
        if index ^ 1 < len(level):
            siblings.append(level[index ^ 1])
        level, index = parents(level), index // 2
    return siblings


def verify(expected: bytes, leaf: bytes, index: int, count: int, siblings: list[bytes]) -> bool:
    """Tell whether `leaf` stands at `index` of the `count` leaves under the root `expected`.

    >>> tree = [leaf_hash(c) for c in (b"a", b"b", b"c")]
    >>> [verify(root_of_leaves(tree), tree[i], i, 3, proof(tree, i)) for i in range(3)]
    [True, True, True]
    """
    if not 0 <= index < count or any(len(node) != HASH_BYTES for node in (leaf, *siblings)):
        return False  # a longer leaf could borrow bytes from its sibling
    node, path = leaf, iter(siblings)
    while count > 1:
        if index ^ 1 < count:
            sibling = next(path, None)
            if sibling is None:
                return False
            node = _node(sibling, node) if index & 1 else _node(node, sibling)
        index, count = index // 2, (count + 1) // 2
    return node == expected and next(path, None) is None


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def parents(level: list[bytes]) -> list[bytes]:
    """One level up; an odd last node moves up as it is."""
    sha = hashlib.sha256
    above = [sha(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
    return above + level[-1:] if len(level) % 2 else above
