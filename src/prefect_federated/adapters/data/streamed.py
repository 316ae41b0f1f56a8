"""Parquet files larger than memory: dataset root, consent view and checks, batch by batch.

row groups --tags--> spilled, sorted --> the same root as in memory
rows in the order of their subjects --consented, typed, flagged--> column hashes --> the same view digest as in memory
the same rows --GX on each batch--> counts, added up
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.parquet import BATCH_ROWS, by_subject, column_types, frames_of, open_parquet
from prefect_federated.adapters.data.root import typed_column
from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.data.spill import TagSpill
from prefect_federated.adapters.data.view import ConsentView, consent_view
from prefect_federated.core.batched import added, require_addable, with_enough_rows
from prefect_federated.core.checks import Check, CheckReport, Suite
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.dataset import NUMBER, TEXT, root_of_tags, row_key, row_tags
from prefect_federated.core.errors import DataRefused, EmptyView
from prefect_federated.core.spec import DataSpec, Query
from prefect_federated.core.view import ViewCounts, ViewHash, require_columns, require_consented, require_rows

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Asked:
    """What a task may read of a Parquet file whose rows are in the order of their subjects.

    Args:
        min_rows: the fewest rows that task and silo ask for.
        until_s: chain time that fresh rows are held against.
    """

    source: FileSource
    subject_column: str
    record: ConsentRecord
    data: DataSpec | Query
    min_rows: int = 1
    until_s: int = 0
    batch_rows: int = BATCH_ROWS

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that consent must cover: features, target, and the date of fresh rows."""
        return (*self.data.names, *([self.data.freshness.column] if self.data.freshness else []))


@dataclass(frozen=True, slots=True)
class StreamedView:
    """What is known of a consent view that was never in memory as a whole."""

    counts: ViewCounts
    report: CheckReport


def streamed_root(source: FileSource, subject_column: str, secret: bytes, batch_rows: int = BATCH_ROWS) -> bytes:
    """Dataset root of a Parquet file, its rows in any order.

    Memory is one batch and one byte a row; 32 bytes a row lie on disk meanwhile.

    Raises:
        DataError: the file is missing or damaged.
    """
    file, key = open_parquet(source), row_key(secret)
    kinds = {
        name: NUMBER if name != subject_column and _is_number(kind) else TEXT
        for name, kind in column_types(file).items()
    }
    steady = [subject_column] if subject_column in kinds else []
    with TagSpill() as spill:
        for frame in frames_of(file, list(kinds), batch_rows, source.path, steady):
            spill.add(row_tags(key, [typed_column(name, frame[name], kind) for name, kind in kinds.items()]))
        return root_of_tags(key, list(kinds.items()), spill.sorted())


def streamed_checks(asked: Asked, suite: Suite, checks: DataChecks) -> StreamedView:
    """Consent view and suite; counts are those of the batches, added up.

    Memory is one batch, and the consenting subjects.

    Raises:
        DataError: the file cannot be read, is not sorted by subject, or a column's type changes on the way.
        ConsentError: the grant does not cover a column of the task.
        ConfigurationError: the suite says something of the table as a whole.
    """
    require_addable(suite.expectations, asked.source.name)
    gathered, found = _Gathered(asked), tuple[Check, ...]()
    for view in _views(asked, gathered):
        found = added(found, checks.count(view, suite))
    counts = gathered.counts()
    return StreamedView(counts, CheckReport(gathered.hashed.digest(), suite.hash, with_enough_rows(found)))


def streamed_view(asked: Asked) -> ConsentView:
    """The view itself, for training: memory is that of its rows and columns, not of the file.

    Raises:
        DataError, ConsentError: as `streamed_checks`.
    """
    import pandas

    gathered = _Gathered(asked)
    frames = list(_views(asked, gathered))
    counts, data = gathered.counts(), asked.data
    frame = pandas.concat(frames, ignore_index=True)
    digest, subjects = gathered.hashed.digest(), tuple(gathered.subjects)
    return ConsentView(asked.source.name, frame, data.features, data.target, counts, digest, subjects)


class _Gathered:
    """What is known of all batches so far."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self.hashed = asked, ViewHash(asked.source.name)
        self.total = self.kept = 0
        self.subjects = list[str]()  # where a query counts, for whom it is answered

    def add(self, view: ConsentView) -> None:
        self.kept += view.counts.rows
        self.subjects += view.subjects if isinstance(self._asked.data, Query) else ()
        self.hashed.add([(name, view.frame[name].to_numpy()) for name in view.frame.columns])

    def counts(self) -> ViewCounts:
        """The counts of the whole, where rows are enough."""
        found = ViewCounts(self.total, self.total - self.kept, self.kept)
        require_rows(found, max(self._asked.data.min_rows, self._asked.min_rows), self._asked.source.name)
        return found


def _views(asked: Asked, gathered: _Gathered) -> "Iterator[DataFrame]":
    """The consent view of each batch in which somebody consents, typed and flagged."""
    file, path, subject = open_parquet(asked.source), asked.source.path, asked.subject_column
    types, consenting = column_types(file), sorted(asked.record.subjects)
    require_consented(asked.columns, asked.record.columns, path.name)
    columns = list(dict.fromkeys([subject, *asked.columns]))
    require_columns(columns, list(types), path.name)
    _require_dates(asked, types)
    steady = [subject, *(name for name in asked.data.names if _is_truth(types[name]))]
    for frame in by_subject(frames_of(file, columns, asked.batch_rows, path, steady), subject, path, asked.batch_rows):
        gathered.total += len(frame)
        try:
            view = consent_view(
                frame,
                subject_column=subject,
                record=replace(asked.record, subjects=_near(frame, subject, consenting)),
                columns=asked.data.features,
                target=asked.data.target,
                dataset=path.name,
                freshness=asked.data.freshness,
                until_s=asked.until_s,
            )
        except EmptyView:  # nobody in this batch consents
            continue
        gathered.add(view)
        yield view.frame


def _near(frame: "DataFrame", column: str, consenting: list[str]) -> tuple[str, ...]:
    """The consenting subjects between the first and the last of a batch."""
    seen = frame[column].dropna().astype(str)
    if not len(seen):
        return ()
    return tuple(consenting[bisect_left(consenting, seen.min()) : bisect_right(consenting, seen.max())])


def _require_dates(asked: Asked, types: dict[str, Any]) -> None:
    """Refuse dates written as text: how they are read depends on the first of them, and each batch has another."""
    from pyarrow import types as kinds

    if asked.data.freshness is None:
        return
    name = asked.data.freshness.column
    if not any(
        is_one(types[name]) for is_one in (kinds.is_timestamp, kinds.is_date, kinds.is_integer, kinds.is_floating)
    ):
        raise DataRefused(
            f"{asked.source.name}: column {name} holds {types[name]}, a stream reads dates from timestamps, dates or"
            " unix seconds; write it so, or set stream to false and have memory for the whole file"
        )


def _is_truth(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_boolean(kind))


def _is_number(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind))
