"""Checks of a table that comes in batches: which of them can be added up, and their sums.

batch --counts--> Check ... + batch --counts--> Check ...  --row by row, so nothing is lost--> the counts of the whole
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from prefect_federated.core.checks import Check, Expected
from prefect_federated.core.errors import ConfigurationError

ROW_COUNT = "expect_enough_rows"  # the only one that no batch can answer: whoever adds up counts the rows
OF_THE_TASK = frozenset(
    {
        *("expect_consented_columns", ROW_COUNT, "expect_consent_active", "expect_subject_once"),
        *("expect_no_missing_value", "expect_fresh", "expect_feature_numeric", "expect_feature_in_range"),
        "expect_known_label",
    }
)
ROW_BY_ROW = frozenset(
    {
        *("expect_column_values_to_be_between", "expect_column_values_to_be_in_set"),
        *("expect_column_values_to_be_in_type_list", "expect_column_values_to_be_null"),
        *("expect_column_values_to_be_of_type", "expect_column_values_to_match_regex"),
        *("expect_column_values_to_match_regex_list", "expect_column_values_to_not_be_in_set"),
        *("expect_column_values_to_not_be_null", "expect_column_values_to_not_match_regex"),
        *("expect_column_values_to_not_match_regex_list", "expect_column_value_lengths_to_be_between"),
        "expect_column_value_lengths_to_equal",
    }
)
ABOUT_THE_WHOLE = ("mostly", "row_condition")  # arguments that make a share, or another table, of the rows


def require_addable(expected: Collection[Expected], dataset: str) -> None:
    """Refuse expectations about a table as a whole where it is looked at in batches.

    Raises:
        ConfigurationError: naming them, and those that judge each row alone.

    >>> require_addable([Expected("expect_column_values_to_be_between", "age", {"min_value": 18})], "ward.parquet")
    >>> require_addable([Expected("expect_column_mean_to_be_between", "age", {})], "ward.parquet")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    prefect_federated.core.errors.ConfigurationError: ward.parquet is checked in batches, ...
    """
    if whole := [_named(one) for one in expected if _looks_at_the_whole(one)]:
        raise ConfigurationError(
            f"{dataset} is checked in batches, whose counts do not add up to those of {', '.join(whole)}; leave it out"
            f" of the silo's suite, or set stream to false and have memory for the whole file. These add up:"
            f" {', '.join(sorted(ROW_BY_ROW))}"
        )


def added(before: Sequence[Check], more: Sequence[Check]) -> tuple[Check, ...]:
    """The checks of all rows so far and of one more batch; `before` is empty for the first.

    >>> one = Check("expect_x", "age", True, checked=10, unexpected=0, missing=1)
    >>> other = Check("expect_x", "age", False, checked=5, unexpected=2, missing=0)
    >>> print(*added(added((), [one]), [other]))
    expect_x on column age: 2 of 15 unexpected, 1 missing
    """
    return tuple(_both(*pair) for pair in zip(before, more, strict=True)) if before else tuple(more)


def with_enough_rows(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The sums of a table that was counted to have enough rows, whatever each batch said of its own few."""
    return tuple(replace(one, success=True, unexpected=0) if one.expectation == ROW_COUNT else one for one in checks)


def _looks_at_the_whole(one: Expected) -> bool:
    return one.type not in OF_THE_TASK | ROW_BY_ROW or any(name in one.arguments for name in ABOUT_THE_WHOLE)


def _named(one: Expected) -> str:
    extra = [name for name in ABOUT_THE_WHOLE if name in one.arguments]
    return " ".join(
        [one.type, *(["on column", one.column] if one.column else []), *(["with", *extra] if extra else [])]
    )


def _both(one: Check, other: Check) -> Check:
    return replace(
        one,
        success=one.success and other.success,
        checked=one.checked + other.checked,
        unexpected=one.unexpected + other.unexpected,
        missing=one.missing + other.missing,
    )
