"""Validate a batch: Great Expectations on whatever a batch definition names, counts only.

validate_batch(configure_batch_definition, lambda context: ExpectColumnToExist(column="age"))
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.data.validation import Validation, require_held
from prefect_federated.adapters.data.validation import validate_batch as run_validation


@task(task_run_name="validate {name}", cache_policy=NO_CACHE, persist_result=False)
def validate_batch(
    configure_batch_definition: Callable[[Any], Any],
    configure_expectations: Callable[[Any], Any],
    batch_parameters: Mapping[str, Any] | None = None,
    project: Path | None = None,
    name: str = "batch",
    required: bool = True,
) -> Validation:
    """Validate a batch; both callables are given GX's data context.

    Args:
        batch_parameters: which batch, as GX takes them; for what is not secret.
        project: folder of a GX project to work in; a context of its own if None.
        name: what messages and the task run are called after.
        required: False returns a failed validation instead of raising.

    Raises:
        DataRefused: an expectation failed, named with column and counts, or the validation could not run.
    """
    validation = run_validation(configure_batch_definition, configure_expectations, batch_parameters, project)
    if required:
        require_held(validation, name)
    return validation
