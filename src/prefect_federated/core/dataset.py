"""The dataset root: 32 bytes that name all rows of a table, so that rows altered later are found.

columns by name --fixed cells--> record a row --SHA-256 under a secret--> tags --sorted, chunked--> Merkle root

A row's tag is SHA-256(0x02 || key || cells), its key HMAC-SHA256(secret, "rows"): without the secret neither a tag nor
the root says anything about a row. Tags are sorted, so the order in which a source gives its rows does not matter.
Numbers are compared as the float64 that training reads; all else as text.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import DataRefused
from prefect_federated.core.merkle import CHUNK_BYTES, buffer_leaves, leaf_hash, root_of_rows
from prefect_federated.core.sha256 import Bytes, digests

FORMAT = "federated-dataset/1"
NUMBER, TEXT = "number", "text"
ROW = 2  # prefix byte of a row's tag, beside merkle's LEAF and NODE
TEXT_BYTES = 32  # a length and up to 31 bytes of UTF-8, or 0xff and 31 bytes of a longer text's hash
_MISSING, _LONG = 0xFE, 0xFF

Kinds = Sequence[tuple[str, str]]  # name and kind of each column


def row_key(secret: bytes) -> bytes:
    """The key of all tags of a dataset, from the secret of its consent record."""
    return hmac.digest(secret, b"rows", "sha256")


def row_tags(key: bytes, columns: Sequence[tuple[str, str, NDArray[Any]]]) -> Bytes:
    """Salted hash of each row.

    Args:
        columns: name, kind and values [n]; text as str or None. Their order does not matter.

    Returns:
        uint8 [n, 32], in the order of the rows.

    >>> one = row_tags(bytes(32), [("age", NUMBER, np.array([7.0])), ("sex", TEXT, np.array(["f"], dtype=object))])
    >>> two = row_tags(bytes(32), [("sex", TEXT, np.array(["f"], dtype=object)), ("age", NUMBER, np.array([7]))])
    >>> one.shape, bytes(one[0]) == bytes(two[0])
    ((1, 32), True)
    """
    rows = len(columns[0][2]) if columns else 0
    salted = np.broadcast_to(np.frombuffer(key, np.uint8), (rows, len(key)))
    cells = [_cells(kind, values) for _, kind, values in sorted(columns, key=lambda column: column[0])]
    return digests(ROW, np.hstack([salted, *cells]))


def sort_tags(tags: Bytes) -> Bytes:
    """Tags in ascending order, uint8 [n, 32]."""
    words = np.ascontiguousarray(tags).view(">u8").astype(np.uint64)  # [n, 4]
    order = np.argsort(words[:, 0], kind="stable")
    first = words[order, 0]
    if (first[1:] == first[:-1]).any():
        order = np.lexsort(words.T[::-1])
    return tags[order]


def root_of_tags(key: bytes, kinds: Kinds, tags: Iterable[Bytes]) -> bytes:
    """Merkle root over the header and the sorted tags, 32 tags a chunk; memory is one byte a row.

    The header's leaf is a keyed digest of the columns' names and kinds: equal rows under other names are other data.

    Args:
        tags: uint8 [any, 32] pieces, sorted within and among each other.
    """
    leaves, rest = [], b""
    for piece in tags:
        buffer = rest + piece.tobytes()
        whole = len(buffer) - len(buffer) % CHUNK_BYTES
        leaves.append(buffer_leaves(memoryview(buffer)[:whole]))
        rest = buffer[whole:]
    leaves.append(buffer_leaves(rest))
    header = canonical({"format": FORMAT, "columns": sorted([name, kind] for name, kind in kinds)})
    first = leaf_hash(hmac.digest(key, header, "sha256"))
    return root_of_rows(np.concatenate([np.frombuffer(first, np.uint8).reshape(1, 32), *leaves]))


def require_published(root: bytes, published: bytes, dataset: bytes, name: str) -> None:
    """Refuse data that are not those whose root the data holder published.

    Raises:
        DataRefused: with both roots.

    >>> require_published(bytes(32), bytes(32), bytes(32), "ward.csv")
    """
    if root != published:
        raise DataRefused(
            f"{name} hashes to dataset root 0x{root.hex()[:12]}, the ledger has 0x{published.hex()[:12]} for dataset"
            f" 0x{dataset.hex()[:12]}; restore the rows, or have the data holder publish the new root before the next"
            " round (federated dataset publish)"
        )


def _cells(kind: str, values: NDArray[Any]) -> Bytes:
    if kind == NUMBER:
        numbers = values.astype("<f8") + 0.0  # -0.0 becomes 0.0
        numbers[np.isnan(numbers)] = np.nan  # one bit pattern for every NaN
        return numbers.view(np.uint8).reshape(len(values), 8)
    texts = [b"" if value is None else str(value).encode("utf-8", "surrogatepass") for value in values]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    cells = np.zeros((len(texts), TEXT_BYTES), np.uint8)
    if len(texts):
        cells[:, 1:] = np.array(texts, f"S{TEXT_BYTES - 1}").view(np.uint8).reshape(len(texts), -1)
    cells[:, 0] = np.minimum(lengths, TEXT_BYTES)
    for at in np.flatnonzero(lengths >= TEXT_BYTES):
        cells[at, 0] = _LONG
        cells[at, 1:] = np.frombuffer(hashlib.sha256(texts[at]).digest()[: TEXT_BYTES - 1], np.uint8)
    cells[[value is None for value in values], 0] = _MISSING
    return cells
