"""The consent view: which rows and columns of a silo's data a task may read, and the digest that names them.

columns asked --grant--> allowed or refused;  rows --consenting subjects--> kept;  kept --SHA-256--> digest
"""

import hashlib
import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import ConsentError, DataRefused, EmptyView, MissingColumn

CONSENT_ACTIVE = "_consent_active"
SUBJECT_UNIQUE = "_subject_unique"
COMPLETE = "_complete"
FRESH = "_fresh"  # only where the task says how old a row may be
FLAGS = (CONSENT_ACTIVE, SUBJECT_UNIQUE, COMPLETE)  # one boolean a row: no subject id needs to enter a check

FORMAT = "federated-view/1"
_POOL_BYTES = 1 << 20  # below this, threads cost more than they save


@dataclass(frozen=True, slots=True)
class ViewCounts:
    """How many rows the source had, how many lack consent, how many are left."""

    rows_total: int
    rows_without_consent: int
    rows: int


def require_consented(asked: Sequence[str], consented: Collection[str], dataset: str) -> None:
    """Refuse a task that names a column outside the grant.

    Raises:
        ConsentError: naming the columns that the grant does not cover, and those it does.

    >>> require_consented(["age", "label"], ["age", "label", "sex"], "ward")
    >>> require_consented(["age", "zip"], ["age"], "ward")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    prefect_federated.core.errors.ConsentError: the task asks ward for zip, the grant covers age; ask for ...
    """
    if extra := [name for name in asked if name not in consented]:
        covered = ", ".join(consented) or "no column"
        raise ConsentError(
            f"the task asks {dataset} for {', '.join(extra)}, the grant covers {covered};"
            " ask for a grant over these columns too, or stay out"
        )


def require_columns(asked: Sequence[str], present: Sequence[str], dataset: str) -> None:
    """Refuse data that lack a column.

    Raises:
        MissingColumn: naming the columns that are absent and those that are there.

    >>> require_columns(["age"], ["age", "sex"], "ward")
    """
    if absent := [name for name in asked if name not in present]:
        raise MissingColumn(
            f"{dataset} has no column {', '.join(absent)}; it has {', '.join(present) or 'none'};"
            " mend the export, or stay out of the task"
        )


def require_rows(counts: ViewCounts, minimum: int, dataset: str) -> None:
    """Refuse a view that is empty or smaller than task and policy ask for.

    Raises:
        EmptyView: with the rows left, those without consent, and the minimum.

    >>> require_rows(ViewCounts(rows_total=9, rows_without_consent=4, rows=5), 5, "ward")
    """
    if counts.rows < max(minimum, 1):
        raise EmptyView(
            f"{counts.rows} of {counts.rows_total} rows of {dataset} are left,"
            f" {counts.rows_without_consent} lack consent, at least {max(minimum, 1)} are needed;"
            " wait for more consents, or stay out"
        )


def consenting_rows(subjects: Sequence[str | None], consenting: Collection[str]) -> list[int]:
    """Row numbers of consenting subjects, in the order of the subjects: the source's order does not matter.

    >>> consenting_rows(["c", "a", None, "b"], {"a", "c"})
    [1, 0]
    """
    allowed = frozenset(consenting)
    kept = [row for row, subject in enumerate(subjects) if subject in allowed]
    return sorted(kept, key=lambda row: subjects[row] or "")  # stable: rows of one subject stay in their order


def view_digest(columns: Sequence[tuple[str, NDArray[Any]]]) -> bytes:
    """Name a table by 32 bytes: equal columns in equal order have equal digests on every machine.

    SHA-256(JCS(format, rows, names, kinds) || SHA-256(column 0) || SHA-256(column 1) ...). Floats are
    little-endian float64 with one zero and one NaN, integers int64, flags one byte, all else framed text.

    Args:
        columns: name and values [n] of each column, rows in one agreed order.

    >>> a = view_digest([("x", np.array([1.5, -0.0]))])
    >>> a == view_digest([("x", np.array([1.5, 0.0]))]), a == view_digest([("y", np.array([1.5, 0.0]))])
    (True, False)
    """
    rows = len(columns[0][1]) if columns else 0
    kinds = [[name, _kind(values)] for name, values in columns]
    return _joined(rows, kinds, _column_digests([values for _, values in columns]))


class ViewHash:
    """The digest of a table that comes in pieces of whole rows, the same as of the table at once.

    >>> hashed = ViewHash("ward")
    >>> for piece in ([1.0, 2.0], [3.0]):
    ...     hashed.add([("x", np.array(piece))])
    >>> hashed.digest() == view_digest([("x", np.array([1.0, 2.0, 3.0]))])
    True
    """

    def __init__(self, dataset: str) -> None:
        """Begin with no rows; `dataset` is how messages call the table."""
        self._dataset, self._rows = dataset, 0
        self._kinds: list[list[str]] = []
        self._states: list[Any] = []

    def add(self, columns: Sequence[tuple[str, NDArray[Any]]]) -> None:
        """Add rows; `columns` as in `view_digest`.

        Raises:
            DataRefused: a column is of another kind than in the rows before.
        """
        kinds = [[name, _kind(values)] for name, values in columns]
        if not self._kinds:
            self._kinds, self._states = kinds, [hashlib.sha256() for _ in kinds]
        pairs = zip(self._kinds, kinds, strict=True)
        if drift := [f"{new[0]} is {new[1]} after {old[1]}" for old, new in pairs if new != old]:
            raise DataRefused(f"{self._dataset}: column {', '.join(drift)} from row {self._rows} on; mend the export")
        for state, (_, values) in zip(self._states, columns, strict=True):
            state.update(_column_bytes(values))
        self._rows += len(columns[0][1])

    def digest(self) -> bytes:
        """Digest of all rows so far, 32 bytes."""
        return _joined(self._rows, self._kinds, [state.digest() for state in self._states])


def _column_digests(columns: list[NDArray[Any]]) -> list[bytes]:
    """Digest of each column; hashlib releases the interpreter lock, so that large tables use all cores."""
    if sum(values.nbytes for values in columns) < _POOL_BYTES:
        return [_column_digest(values) for values in columns]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        return list(pool.map(_column_digest, columns))


def _joined(rows: int, kinds: list[list[str]], digests: list[bytes]) -> bytes:
    header = canonical({"format": FORMAT, "rows": rows, "columns": kinds})
    return hashlib.sha256(header + b"".join(digests)).digest()


def _column_digest(values: NDArray[Any]) -> bytes:
    return hashlib.sha256(_column_bytes(values)).digest()


def _kind(values: NDArray[Any]) -> str:
    return {"f": "float64", "b": "bool", "i": "int64", "u": "int64"}.get(values.dtype.kind, "text")


def _column_bytes(values: NDArray[Any]) -> bytes | memoryview:
    kind = _kind(values)
    if kind == "text":
        return b"".join(_framed(value) for value in values)
    if kind == "float64":
        numbers = values.astype("<f8", copy=False) + 0.0  # -0.0 becomes 0.0
        absent = np.isnan(numbers)
        if absent.any():
            numbers[absent] = np.nan  # one bit pattern for every NaN
        return numbers.data.cast("B")
    return np.ascontiguousarray(values, dtype="|u1" if kind == "bool" else "<i8").data.cast("B")


def _framed(value: object) -> bytes:
    text = str(value).encode("utf-8", "surrogatepass")
    return len(text).to_bytes(8, "little") + text
