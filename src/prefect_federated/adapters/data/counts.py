"""What may leave a Great Expectations result: counts. Everything else in it may quote a value of the data.

GX result --check_of--> Check        GX result --counts_only--> the same result, for a page, with counts alone
"""

from typing import Any

from prefect_federated.core.checks import Check

RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}  # the default lists raw values

COUNTS = frozenset(
    {
        *("element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent"),
        *("unexpected_percent_total", "unexpected_percent_nonmissing"),
    }
)
# What these observed is a number of rows, column names or a type; elsewhere it is a value or computed from values.
_OBSERVED = ("expect_consented_columns", "expect_enough_rows", "expect_feature_numeric", "expect_table_")
_TYPES = ("expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list")


def check_of(kind: str, column: str | None, row: Any, rows: int) -> Check:
    """Counts of one result; one that is missing or could not be evaluated counts as failed on all rows.

    Args:
        rows: how many rows there are, for results that do not say; 0 if unknown.
    """
    if row is None or raised(row):
        return Check(kind, column, False, rows, rows, 0)
    counts = row.result
    checked = int(counts.get("element_count", rows))
    unexpected = int(counts.get("unexpected_count", 0 if row.success else checked))
    missing = int(counts.get("missing_count") or 0)
    return Check(kind, column, bool(row.success), checked, unexpected, missing)


def counts_only(result: Any) -> None:
    """Take all that may quote a value out of a result, in place: lists, observed values, what exceptions say."""
    for row in result.results:
        kind = row.expectation_config.type
        observed = {"observed_value"} if kind.startswith(_OBSERVED) or kind in _TYPES else set()
        row.result = {name: value for name, value in row.result.items() if name in COUNTS | observed}
        if raised(row):
            row.exception_info = {
                "raised_exception": True,
                "exception_message": "the check could not run on these data",
                "exception_traceback": "",
            }


def raised(row: Any) -> bool:
    """Whether a check could not run; GX reports that either flat or by metric."""
    info = row.exception_info or {}
    return bool(info.get("raised_exception")) or any(isinstance(value, dict) for value in info.values())
