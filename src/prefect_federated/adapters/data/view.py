"""The consent view of a table: the rows and columns that consent covers; checks see it and training uses it.

frame --consenting subjects, columns asked--> rows in the order of the subjects --typed, flagged--> digest

A date that is asked for only becomes a flag: whether the row is fresh.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.spec import Freshness
from prefect_federated.core.view import (
    COMPLETE,
    CONSENT_ACTIVE,
    FRESH,
    SUBJECT_UNIQUE,
    ViewCounts,
    consenting_rows,
    require_columns,
    require_consented,
    require_rows,
    view_digest,
)
from prefect_federated.learning.plan import TrainingData

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series


@dataclass(frozen=True, slots=True)
class ConsentView:
    """Consented rows and columns of a dataset: features, target and flags, and beside them the rows' subjects.

    `target` is empty where nothing is learned. `subjects` go into no check and no training.
    """

    dataset: str
    frame: "DataFrame"
    features: tuple[str, ...]
    target: str
    counts: ViewCounts
    digest: bytes
    subjects: tuple[str, ...] = field(default=(), repr=False)  # of each row

    def training_data(self) -> TrainingData:
        """Exactly the rows that were checked, without the flags."""
        columns = [*self.features, *([self.target] if self.target else [])]
        return TrainingData(self.frame[columns], self.features, self.target)


def consent_view(
    frame: "DataFrame",
    *,
    subject_column: str,
    record: ConsentRecord,
    columns: Sequence[str],
    target: str,
    min_rows: int = 1,
    dataset: str = "dataset",
    freshness: Freshness | None = None,
    until_s: int = 0,
) -> ConsentView:
    """Keep the rows of consenting subjects and the columns the task names, in the order of the subjects.

    Args:
        frame: the silo's table, one row a subject, in any order.
        columns: the task's features, in the model's order.
        target: the label column; empty where nothing is learned.
        freshness: how old a row may be at chain time `until_s`; any age if None.

    Raises:
        ConsentError: the task names a column that the grant does not cover.
        MissingColumn: the table lacks a column.
        EmptyView: fewer than `min_rows` rows are left.
    """
    asked, dated = [*columns, *([target] if target else [])], [] if freshness is None else [freshness.column]
    require_consented([*asked, *dated], record.columns, dataset)
    require_columns([subject_column, *asked, *dated], [str(name) for name in frame.columns], dataset)
    subjects = subjects_of(frame, subject_column)
    rows = consenting_rows(subjects, record.subjects)
    counts = ViewCounts(len(frame), len(frame) - len(rows), len(rows))
    require_rows(counts, min_rows, dataset)
    view = _typed(frame[asked].take(rows).reset_index(drop=True), target)
    kept = [subjects[row] for row in rows]
    flags = _flags(kept, record)
    view = view.assign(**flags, **{COMPLETE: view.notna().all(axis=1).to_numpy()})
    if freshness is not None:
        view = view.assign(**{FRESH: _fresh(frame[freshness.column].take(rows), until_s, freshness.max_age_s)})
    digest = view_digest([(name, view[name].to_numpy()) for name in view.columns])
    return ConsentView(dataset, view, tuple(columns), target, counts, digest, tuple(map(str, kept)))


def subjects_of(frame: "DataFrame", column: str) -> list[str | None]:
    """Subject ids as text; a row without one has None."""
    ids = frame[column]
    return [None if absent else str(one) for one, absent in zip(ids.tolist(), ids.isna().tolist(), strict=True)]


def _flags(subjects: list[str | None], record: ConsentRecord) -> dict[str, list[bool]]:
    """Per row: whether the subject consents (looked up once more, for the suite), and has this row only."""
    consenting, times = frozenset(record.subjects), Counter(subjects)
    return {
        CONSENT_ACTIVE: [subject in consenting for subject in subjects],
        SUBJECT_UNIQUE: [times[subject] == 1 for subject in subjects],
    }


def _fresh(dates: "Series[Any]", until_s: int, max_age_s: int) -> "NDArray[Any]":
    """Per row: whether its date lies in the last `max_age_s` before chain time `until_s`; what is no date is not."""
    import pandas
    from pandas.api.types import is_numeric_dtype

    unit = "s" if is_numeric_dtype(dates.dtype) else None
    times = pandas.to_datetime(dates, utc=True, errors="coerce", unit=unit)
    until = pandas.Timestamp(until_s, unit="s", tz="UTC")
    fresh: NDArray[Any] = times.between(until - pandas.Timedelta(max_age_s, unit="s"), until).to_numpy()
    return fresh


def _typed(view: "DataFrame", target: str) -> "DataFrame":
    """Numbers become float64 and whole labels int64, whatever the source called them; text stays."""
    from pandas.api.types import is_numeric_dtype

    numbers = {name: kind for name, kind in view.dtypes.items() if is_numeric_dtype(kind)}
    for name in (name for name, kind in numbers.items() if kind != "float64"):
        view[name] = view[name].astype("float64")  # `astype` of a whole table costs ten times as much for one column
    if target in numbers and (view[target] % 1 == 0).all():
        view[target] = view[target].astype("int64")
    return view
