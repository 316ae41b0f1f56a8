"""Validate a table in memory: Great Expectations on a pandas frame, counts only.

validate_dataframe(lambda: pandas.read_csv("ward.csv"), lambda frame: ExpectColumnToExist(column="age"))
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.data.validation import Validation, require_held
from prefect_federated.adapters.data.validation import validate_dataframe as run_validation

if TYPE_CHECKING:
    from pandas import DataFrame


@task(task_run_name="validate {name}", cache_policy=NO_CACHE, persist_result=False)
def validate_dataframe(
    configure_dataframe: "Callable[[], DataFrame]",
    configure_expectations: "Callable[[DataFrame], Any]",
    name: str = "dataframe",
    required: bool = True,
) -> Validation:
    """Validate a frame that `configure_dataframe` makes, so that no row is a parameter or a result.

    Args:
        configure_expectations: gives an expectation or a suite of GX's for the frame.
        name: what messages and the task run are called after.
        required: False returns a failed validation instead of raising.

    Raises:
        DataRefused: an expectation failed, named with column and counts, or the validation could not run.
    """
    validation = run_validation(configure_dataframe, configure_expectations)
    if required:
        require_held(validation, name)
    return validation
