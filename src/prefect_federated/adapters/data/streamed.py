"""Parquet files larger than memory: dataset root, consent view and checks, batch by batch.

row groups --tags--> spilled, sorted --> the same root as in memory
rows in the order of their subjects --consented, typed, flagged--> column hashes --> the same view digest as in memory
the same rows --GX on each batch--> counts, added up
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.root import typed_column
from prefect_federated.adapters.data.spill import TagSpill
from prefect_federated.adapters.data.view import consent_view, subjects_of
from prefect_federated.core.checks import Check, CheckReport, suite_of
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.dataset import NUMBER, TEXT, root_of_tags, row_key, row_tags
from prefect_federated.core.errors import ConfigurationError, DataError, DataRefused, EmptyView
from prefect_federated.core.spec import DataSpec
from prefect_federated.core.view import ViewCounts, ViewHash, require_columns, require_consented, require_rows

if TYPE_CHECKING:
    from pandas import DataFrame
    from pyarrow.parquet import ParquetFile

BATCH_ROWS = 100_000
ROW_COUNT = "expect_enough_rows"


@dataclass(frozen=True, slots=True)
class StreamedView:
    """What is known of a consent view that was never in memory as a whole."""

    counts: ViewCounts
    report: CheckReport


def streamed_root(path: Path, subject_column: str, secret: bytes, batch_rows: int = BATCH_ROWS) -> bytes:
    """Dataset root of a Parquet file, its rows in any order.

    Memory is one batch and one byte a row; 32 bytes a row lie on disk meanwhile.

    Raises:
        DataError: the file is missing or damaged.
    """
    file, key = _open(path), row_key(secret)
    types = {field.name: field.type for field in file.schema_arrow}
    names = file.schema_arrow.empty_table().to_pandas().columns  # without what pandas kept of an index
    kinds = {name: NUMBER if name != subject_column and _is_number(types[name]) else TEXT for name in names}
    with TagSpill() as spill:
        for frame in _frames(file, list(kinds), batch_rows, path):
            spill.add(row_tags(key, [typed_column(name, frame[name], kind) for name, kind in kinds.items()]))
        return root_of_tags(key, list(kinds.items()), spill.sorted())


def streamed_checks(
    path: Path,
    *,
    subject_column: str,
    record: ConsentRecord,
    data: DataSpec,
    checks: DataChecks,
    min_rows: int = 1,
    batch_rows: int = BATCH_ROWS,
) -> StreamedView:
    """Consent view and suite of a Parquet file whose rows are in the order of their subjects.

    Memory is one batch, and the consenting subjects. Counts are those of the batches, added up.

    Raises:
        DataError: the file cannot be read, is not sorted by subject, or a column's type changes on the way.
        ConsentError: the grant does not cover a column of the task.
        ConfigurationError: rows must be fresh, which is checked in memory only.
    """
    if data.freshness is not None:
        raise ConfigurationError(f"{path.name}: fresh rows are checked in memory only; read the file as a whole")
    file, asked = _open(path), [subject_column, *data.names]
    require_consented(data.names, record.columns, path.name)
    require_columns(asked, file.schema_arrow.names, path.name)
    suite, consenting = suite_of(data, min_rows), sorted(record.subjects)
    hashed, total, kept, added = ViewHash(path.name), 0, 0, list[Check]()
    for frame in _by_subject(_frames(file, asked, batch_rows, path), subject_column, path):
        total += len(frame)
        seen = frame[subject_column].dropna().astype(str)
        near = slice(0)
        if len(seen):
            near = slice(bisect_left(consenting, seen.min()), bisect_right(consenting, seen.max()))
        try:
            view = consent_view(
                frame,
                subject_column=subject_column,
                record=replace(record, subjects=tuple(consenting[near])),
                columns=data.names[:-1],
                target=data.target,
            )
        except EmptyView:  # nobody in this batch consents
            continue
        kept += view.counts.rows
        hashed.add([(name, view.frame[name].to_numpy()) for name in view.frame.columns])
        added = _sum(added, checks.count(view.frame, suite))
    counts = ViewCounts(total, total - kept, kept)
    require_rows(counts, max(data.min_rows, min_rows), path.name)
    enough = [replace(one, success=True, unexpected=0) if one.expectation == ROW_COUNT else one for one in added]
    return StreamedView(counts, CheckReport(hashed.digest(), suite.hash, tuple(enough)))


def _open(path: Path) -> "ParquetFile":
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)  # else whole files gather in memory
    except (OSError, pyarrow.ArrowException) as error:
        kind = type(error).__name__
    raise DataError(f"{path} cannot be read ({kind}); check path, permissions and format")


def _frames(file: "ParquetFile", columns: list[str], rows: int, path: Path) -> "Iterator[DataFrame]":
    import pyarrow

    try:
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=columns):
                yield batch.to_pandas()
        return
    except (OSError, pyarrow.ArrowException) as error:
        kind = type(error).__name__
    raise DataError(f"{path} cannot be read ({kind}); check path, permissions and format")


def _by_subject(frames: "Iterator[DataFrame]", column: str, path: Path) -> "Iterator[DataFrame]":
    """The same rows, cut so that no subject is in two pieces; refuses rows out of order."""
    import numpy as np
    import pandas

    held: DataFrame | None = None
    for frame in frames:
        whole = frame if held is None else pandas.concat([held, frame], ignore_index=True)
        subjects = np.array([one or "" for one in subjects_of(whole, column)], dtype=object)
        if (subjects[1:] < subjects[:-1]).any():
            raise DataRefused(f"{path.name} is not sorted by {column} as text; sort the export, or read it as a whole")
        cut = int(np.searchsorted(subjects, subjects[-1])) if len(whole) else 0
        held = whole.iloc[cut:].reset_index(drop=True)
        if cut:
            yield whole.iloc[:cut]
    if held is not None and len(held):
        yield held


def _is_number(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind))


def _sum(before: Sequence[Check], more: Sequence[Check]) -> list[Check]:
    return [_both(one, other) for one, other in zip(before, more, strict=True)] if before else list(more)


def _both(one: Check, other: Check) -> Check:
    return replace(
        one,
        success=one.success and other.success,
        checked=one.checked + other.checked,
        unexpected=one.unexpected + other.unexpected,
        missing=one.missing + other.missing,
    )
