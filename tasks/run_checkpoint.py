"""Run a checkpoint: Great Expectations' validations with their actions, counts only.

run_checkpoint(lambda context: context.checkpoints.get("ward"), project=Path("gx-project"))
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.data.validation import Validation, require_held
from prefect_federated.adapters.data.validation import run_checkpoint as run_validation


@task(task_run_name="checkpoint {name}", cache_policy=NO_CACHE, persist_result=False)
def run_checkpoint(
    configure_checkpoint: Callable[[Any], Any],
    batch_parameters: Mapping[str, Any] | None = None,
    project: Path | None = None,
    name: str = "checkpoint",
    required: bool = True,
) -> Validation:
    """Run a checkpoint that `configure_checkpoint` finds or makes in GX's data context.

    Args:
        batch_parameters: which batches, as GX takes them; for what is not secret.
        project: folder of a GX project to work in; a context of its own if None.
        name: what messages and the task run are called after.
        required: False returns a failed validation instead of raising.

    Raises:
        ConfigurationError: the checkpoint's result format lists values.
        DataRefused: an expectation failed, named with column and counts, or the checkpoint could not run.
    """
    validation = run_validation(configure_checkpoint, batch_parameters, project)
    if required:
        require_held(validation, name)
    return validation
