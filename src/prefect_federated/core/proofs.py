"""Proofs against a proposal: single chunks with their Merkle paths, and the place of one word.

stream --cut at a chunk, siblings up to the root--> Piece        word index --> Coordinate
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.merkle import Buffer, buffer_leaves, parents, proof
from prefect_federated.core.stream import WORD_BYTES

MEDIAN, TRIMMED_MEAN, BULYAN = 1, 2, 4
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk of a stream, or a leaf's content, with its siblings from the leaf up."""

    content: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Coordinate:
    """A word by chunk and place in it; `low` and `high` are what a rank rule keeps first and last, else 0."""

    chunk: int
    word: int
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """An included update and its chunk at a coordinate."""

    participant: str
    payload_root: bytes
    weight: int
    piece: Piece


def coordinate_of(index: int, chunk_bytes: int) -> Coordinate:
    """Where the word at `index` of a payload's one part lies; chunk 0 is the header.

    >>> coordinate_of(300, 1024)
    Coordinate(chunk=2, word=44, low=0, high=0)
    """
    chunk, word = divmod(index, chunk_bytes // WORD_BYTES)
    return Coordinate(1 + chunk, word)


def with_ranks(at: Coordinate, words: Sequence[int], rule: int, trim: int) -> Coordinate:
    """The coordinate with the smallest and largest of `words` that the rule keeps; unchanged for other rules.

    Args:
        words: the word of each included update there.
        rule: number of the rule; 1 median, 2 trimmed mean, 4 Bulyan.

    >>> with_ranks(Coordinate(1, 0), [9, -4, 7, 1], rule=1, trim=0)
    Coordinate(chunk=1, word=0, low=1, high=7)
    """
    if rule not in (MEDIAN, TRIMMED_MEAN, BULYAN):
        return at
    ordered, off = sorted(words), (len(words) - 1) // 2 if rule == MEDIAN else trim
    return Coordinate(at.chunk, at.word, ordered[off], ordered[len(ordered) - 1 - off])


def piece_of(stream: Buffer, chunk: int, chunk_bytes: int) -> Piece:
    """Chunk of a stream with its path.

    Raises:
        IndexError: the stream has no such chunk.

    >>> piece_of(b"aabb", 1, 2).content
    b'bb'
    """
    leaves = [row.tobytes() for row in buffer_leaves(stream, chunk_bytes)]
    at = chunk * chunk_bytes
    return Piece(bytes(memoryview(stream)[at : at + chunk_bytes]), tuple(proof(leaves, chunk)))


def leaf_piece(contents: Sequence[bytes], index: int) -> Piece:
    """A leaf of a tree over short records, such as the included updates."""
    leaves = [row.tobytes() for content in contents for row in buffer_leaves(content, len(content))]
    return Piece(contents[index], tuple(proof(leaves, index)))


def batch_siblings(contents: Sequence[bytes], first: int, size: int) -> tuple[bytes, ...]:
    """Siblings from the node over a batch of leaves up to the root: none where the batch is all there is.

    Args:
        contents: the tree's records.
        first: the batch's first leaf, a multiple of the power of two that holds the batch.
        size: leaves in the batch, a power of two unless it is the last.
    """
    level = [row.tobytes() for content in contents for row in buffer_leaves(content, len(content))]
    height = (size - 1).bit_length()
    for _ in range(height):
        level = parents(level)
    return tuple(proof(level, first >> height))


def first_difference(ours: NDArray[np.int32], theirs: Vector) -> int | None:
    """Index of the first word in which two vectors differ.

    >>> first_difference(np.array([1, 2, 3], np.int32), np.array([1, 5, 4], np.int32))
    1
    """
    for at in range(0, ours.size, _BLOCK):
        (different,) = np.nonzero(ours[at : at + _BLOCK] != theirs[at : at + _BLOCK])
        if different.size:
            return at + int(different[0])
    return None
