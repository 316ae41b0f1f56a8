"""A Parquet file read batch by batch, in the columns that are asked for.

file --row groups, projected--> frames --order of the subjects--> frames of whole subjects
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.data.view import subjects_of
from prefect_federated.core.errors import DataError, DataRefused

if TYPE_CHECKING:
    from pandas import DataFrame
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

BATCH_ROWS = 100_000


def open_parquet(source: FileSource) -> "ParquetFile":
    """The file, nothing of its rows read yet.

    Raises:
        DataError: it is missing, damaged or no Parquet file.
        ConfigurationError, KeyUnavailable, KeyServiceUnreachable, Undecryptable: as `FileSource.open`.
    """
    import pyarrow
    from pyarrow.parquet import ParquetFile

    file = source.open()
    try:
        return ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)  # else whole files gather in memory
    except (OSError, pyarrow.ArrowException) as error:
        kind = type(error).__name__
    raise _unreadable(source.path, kind)


def column_types(file: "ParquetFile") -> dict[str, Any]:
    """Arrow type of each column, without what pandas kept of an index."""
    types = {field.name: field.type for field in file.schema_arrow}
    return {str(name): types[name] for name in file.schema_arrow.empty_table().to_pandas().columns}


def frames_of(
    file: "ParquetFile", columns: Sequence[str], rows: int, path: Path, steady: Collection[str]
) -> "Iterator[DataFrame]":
    """Batches of at most `rows` rows.

    Args:
        steady: columns in which a missing value would turn truth values, or the whole numbers that name subjects,
            into another kind: batches with one and batches without would not agree.

    Raises:
        DataError: the file is damaged.
        DataRefused: a steady column has a missing value.
    """
    import pyarrow

    try:
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=list(columns)):
                _require_steady(batch, steady, path)
                yield batch.to_pandas()
        return
    except (OSError, pyarrow.ArrowException) as error:
        kind = type(error).__name__
    raise _unreadable(path, kind)


def by_subject(frames: "Iterator[DataFrame]", column: str, path: Path, rows: int) -> "Iterator[DataFrame]":
    """The same rows, cut so that no subject is in two pieces.

    Raises:
        DataRefused: rows are not in the order of their subjects, or more than two batches belong to one.
    """
    import numpy as np
    import pandas

    held: DataFrame | None = None
    for frame in frames:
        whole = frame if held is None else pandas.concat([held, frame], ignore_index=True)
        subjects = np.array([one or "" for one in subjects_of(whole, column)], dtype=object)
        if (subjects[1:] < subjects[:-1]).any():
            raise DataRefused(
                f"{path.name} is not sorted by {column} as text; sort the export, or set stream to false and have"
                " memory for the whole file"
            )
        cut = int(np.searchsorted(subjects, subjects[-1])) if len(whole) else 0
        if len(whole) - cut > 2 * rows:
            raise DataRefused(
                f"{path.name} has more than {2 * rows} rows of one {column}, or without one; give one row a subject"
            )
        held = whole.iloc[cut:].reset_index(drop=True)
        if cut:
            yield whole.iloc[:cut]
    if held is not None and len(held):
        yield held


def _require_steady(batch: "RecordBatch", steady: Collection[str], path: Path) -> None:
    from pyarrow import types

    for name in steady:
        column = batch.column(name)
        if column.null_count and (types.is_boolean(column.type) or types.is_integer(column.type)):
            raise DataRefused(
                f"{path.name}: column {name} holds {column.type}, {column.null_count} missing, which a stream cannot"
                " tell from text; write it without gaps, or set stream to false and have memory for the whole file"
            )


def _unreadable(path: Path, kind: str) -> DataError:
    return DataError(f"{path} cannot be read ({kind}); check path, permissions and format")
