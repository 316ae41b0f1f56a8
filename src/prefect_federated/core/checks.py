"""The data checks of a task as plain values: what is expected of a consent view, and what was counted.

task's data spec --suite_of--> expectations --run by an adapter--> counts --require_passed--> go or no
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prefect_federated.core.canonical import canonical_hash
from prefect_federated.core.errors import DataRefused
from prefect_federated.core.spec import DataSpec, Query
from prefect_federated.core.statistics.query import NumberColumn
from prefect_federated.core.view import COMPLETE, CONSENT_ACTIVE, FLAGS, FRESH, SUBJECT_UNIQUE

FORMAT = "federated-suite/1"


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation: its type, the column it looks at, its arguments as JSON values."""

    type: str
    column: str | None
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suite:
    """The expectations of a task, in order; nothing in it comes from the data."""

    expectations: tuple[Expected, ...]
    hash: bytes = field(init=False, compare=False)  # SHA-256 of the canonical JSON of all expectations

    def __post_init__(self) -> None:
        """Hash once: a round asks for it several times."""
        rows = [[e.type, e.column, e.arguments] for e in self.expectations]
        object.__setattr__(self, "hash", canonical_hash({"format": FORMAT, "expectations": rows}))


@dataclass(frozen=True, slots=True)
class Check:
    """What one expectation counted. There is no place here for a value of the data."""

    expectation: str
    column: str | None
    success: bool
    checked: int  # rows looked at
    unexpected: int  # rows that break the expectation
    missing: int  # rows without a value

    def __str__(self) -> str:
        """The check in a sentence: expectation, column, counts."""
        where = "" if self.column is None else f" on column {self.column}"
        counts = f"{self.unexpected} of {self.checked} unexpected, {self.missing} missing"
        return f"{self.expectation}{where}: {counts}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Counts-only result of a suite on a view."""

    view_digest: bytes
    suite_hash: bytes
    checks: tuple[Check, ...]

    @property
    def success(self) -> bool:
        """Whether every expectation held; a report without checks is no success."""
        return bool(self.checks) and all(check.success for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The expectations that did not hold."""
        return tuple(check for check in self.checks if not check.success)


def suite_of(data: DataSpec | Query, min_rows: int = 1, own: Sequence[Expected] = ()) -> Suite:
    """Build the suite of a task: consent and completeness first, then schema, ranges and labels.

    Of a statistics task missing values and values out of bounds are counted, not refused.

    Args:
        min_rows: the silo's own minimum; the larger of it and the task's holds.
        own: what the silo expects beyond the task.

    >>> from prefect_federated.core.spec import Column
    >>> age = Column(name="age", minimum=0, maximum=120)
    >>> spec = DataSpec(columns=(age,), target="ill", target_values=(0, 1))
    >>> [(e.type, e.column) for e in suite_of(spec).expectations][-3:]
    [('expect_feature_numeric', 'age'), ('expect_feature_in_range', 'age'), ('expect_known_label', 'ill')]
    """
    rows, flags = max(data.min_rows, min_rows), (*FLAGS, *([FRESH] if data.freshness else []))
    found = [
        Expected("expect_consented_columns", None, {"column_set": sorted([*data.names, *flags]), "exact_match": True}),
        Expected("expect_enough_rows", None, {"min_value": rows}),
        Expected("expect_consent_active", CONSENT_ACTIVE, {"value_set": [True]}),
        Expected("expect_subject_once", SUBJECT_UNIQUE, {"value_set": [True]}),
    ]
    if isinstance(data, DataSpec):
        found.append(Expected("expect_no_missing_value", COMPLETE, {"value_set": [True]}))
    if data.freshness is not None:
        found.append(Expected("expect_fresh", FRESH, {"value_set": [True]}))
    return Suite((*found, *(_of_values(data) if isinstance(data, DataSpec) else _of_numbers(data)), *own))


def _of_values(data: DataSpec) -> list[Expected]:
    found = list[Expected]()
    for column in data.columns:
        bounds = {"min_value": column.minimum, "max_value": column.maximum}
        found.append(Expected("expect_feature_numeric", column.name, {"type_list": ["float64"]}))
        found.append(Expected("expect_feature_in_range", column.name, bounds))
    found.append(Expected("expect_known_label", data.target, {"value_set": sorted(data.target_values)}))
    return found


def _of_numbers(query: Query) -> list[Expected]:
    names = [column.name for column in query.columns if isinstance(column, NumberColumn)]
    return [Expected("expect_feature_numeric", name, {"type_list": ["float64"]}) for name in names]


def require_passed(report: CheckReport, dataset: str) -> None:
    """Refuse a view on which an expectation failed.

    Raises:
        DataRefused: naming each failed expectation with its column and counts, never a value.
    """
    if report.success:
        return
    failed = "; ".join(str(check) for check in report.failures) or "no expectation was evaluated"
    raise DataRefused(
        f"{dataset} failed {len(report.failures)} of {len(report.checks)} checks: {failed};"
        " mend these rows in the source, or stay out of the task"
    )
