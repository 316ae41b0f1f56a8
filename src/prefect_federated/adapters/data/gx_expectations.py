"""Great Expectations' own expectations under the names of this domain; imported only where a suite runs.

They subclass built-ins and change no logic; each class says what it protects.
"""

from typing import Any

from great_expectations.compatibility import pydantic
from great_expectations.exceptions.exceptions import ExpectationNotFoundError
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_be_in_type_list import (
    ExpectColumnValuesToBeInTypeList,
)
from great_expectations.expectations.core.expect_table_columns_to_match_set import (
    ExpectTableColumnsToMatchSet,
)
from great_expectations.expectations.core.expect_table_row_count_to_be_between import (
    ExpectTableRowCountToBeBetween,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.registry import get_expectation_impl

from prefect_federated.core.checks import Expected
from prefect_federated.core.errors import ConfigurationError

PLACE = "place"


def _once(base: Any) -> property:
    """Build the configuration once: GX asks for it eighty times a check, half of a run."""

    def configuration(self: Any) -> ExpectationConfiguration:
        if self._kept is None:
            self._kept = base.configuration.fget(self)
        kept: ExpectationConfiguration = self._kept
        return kept

    return property(configuration)


class ExpectConsentedColumns(ExpectTableColumnsToMatchSet):
    """The view has the task's columns and the flags, nothing else."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectTableColumnsToMatchSet)


class ExpectEnoughRows(ExpectTableRowCountToBeBetween):
    """At least as many rows as task and silo ask for."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectTableRowCountToBeBetween)


class ExpectConsentActive(ExpectColumnValuesToBeInSet):
    """Every row's subject consents."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectColumnValuesToBeInSet)


class ExpectSubjectOnce(ExpectColumnValuesToBeInSet):
    """No subject has two rows."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectColumnValuesToBeInSet)


class ExpectNoMissingValue(ExpectColumnValuesToBeInSet):
    """Every row has a value in every column."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectColumnValuesToBeInSet)


class ExpectFresh(ExpectColumnValuesToBeInSet):
    """No row is older than the task allows, and none is from the future."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectColumnValuesToBeInSet)


class ExpectFeatureNumeric(ExpectColumnValuesToBeInTypeList):
    """A feature is a number, not text."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectColumnValuesToBeInTypeList)


class ExpectFeatureInRange(ExpectColumnValuesToBeBetween):
    """A feature lies in the range the task calls plausible."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectColumnValuesToBeBetween)


class ExpectKnownLabel(ExpectColumnValuesToBeInSet):
    """The label is one the task knows."""

    _kept: Any = pydantic.PrivateAttr(default=None)
    configuration = _once(ExpectColumnValuesToBeInSet)


_CLASSES = (
    ExpectConsentedColumns,
    ExpectEnoughRows,
    ExpectConsentActive,
    ExpectSubjectOnce,
    ExpectNoMissingValue,
    ExpectFresh,
    ExpectFeatureNumeric,
    ExpectFeatureInRange,
    ExpectKnownLabel,
)
BY_TYPE: dict[str, Any] = {kind.expectation_type: kind for kind in _CLASSES}


def expectation_of(expected: Expected, number: int = 0) -> Any:
    """The GX object for an expectation of the task, or one of GX's own that a silo names.

    Args:
        number: its place in the suite, kept with it: GX gives results in an order of its own.

    Raises:
        ConfigurationError: GX knows no such expectation, or not with these arguments.
    """
    column = {} if expected.column is None else {"column": expected.column}
    try:
        kind: Any = BY_TYPE.get(expected.type) or get_expectation_impl(expected.type)
        return kind(**column, **expected.arguments, meta={PLACE: number})
    except (ExpectationNotFoundError, pydantic.ValidationError, TypeError) as error:
        raise ConfigurationError(
            f"Great Expectations takes no {expected.type} with {sorted(expected.arguments)}: {type(error).__name__};"
            " mend the silo's own suite"
        ) from error
