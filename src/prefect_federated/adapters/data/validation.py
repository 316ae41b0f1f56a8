"""Great Expectations' three ways to validate, with counts as their only result: a table, a batch, a checkpoint.

what to configure, as callables --GX, a context of its own--> results --counts_only--> Validation

The names are those of GX's own integration for Airflow: configure_dataframe, configure_expectations,
configure_batch_definition, configure_checkpoint, batch_parameters.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.data.counts import RESULT_FORMAT, check_of
from prefect_federated.adapters.data.data_docs import open_context
from prefect_federated.adapters.data.gx_lock import GX
from prefect_federated.core.checks import Check
from prefect_federated.core.errors import ConfigurationError, DataRefused, FederatedError

if TYPE_CHECKING:
    from pandas import DataFrame

Context = Any  # GX's data context
Expectations = Any  # an expectation or a suite of GX's


@dataclass(frozen=True, slots=True)
class Validation:
    """What was counted. A checkpoint that ran nothing is no success."""

    success: bool
    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The expectations that did not hold."""
        return tuple(check for check in self.checks if not check.success)


def validate_dataframe(
    configure_dataframe: "Callable[[], DataFrame]", configure_expectations: "Callable[[DataFrame], Expectations]"
) -> Validation:
    """Validate a table in memory. The table is made by a callable, so that no row is a parameter of anything.

    Raises:
        DataRefused: the validation could not run; only the error's class is told.
    """

    def run(context: Context) -> Any:
        frame = configure_dataframe()
        asset = context.data_sources.add_pandas("memory").add_dataframe_asset("table")
        batch = asset.add_batch_definition_whole_dataframe("all-rows").get_batch({"dataframe": frame})
        return batch.validate(configure_expectations(frame), result_format=RESULT_FORMAT)

    return _counted([_guarded(run, None)])


def validate_batch(
    configure_batch_definition: Callable[[Context], Any],
    configure_expectations: Callable[[Context], Expectations],
    batch_parameters: Mapping[str, Any] | None = None,
    project: Path | None = None,
) -> Validation:
    """Validate data that need not be in memory: whatever a batch definition names, such as a database table.

    Args:
        project: folder of a GX project to work in; a context of its own if None.

    Raises:
        DataRefused: the validation could not run; only the error's class is told.
    """

    def run(context: Context) -> Any:
        parameters = None if batch_parameters is None else dict(batch_parameters)
        batch = configure_batch_definition(context).get_batch(batch_parameters=parameters)
        return batch.validate(configure_expectations(context), result_format=RESULT_FORMAT)

    return _counted([_guarded(run, project)])


def run_checkpoint(
    configure_checkpoint: Callable[[Context], Any],
    batch_parameters: Mapping[str, Any] | None = None,
    project: Path | None = None,
) -> Validation:
    """Run a checkpoint with its actions; what those write is the project's own affair.

    Raises:
        ConfigurationError: its result format lists values, in GX's store and for its actions.
        DataRefused: the checkpoint could not run; only the error's class is told.
    """

    def run(context: Context) -> Any:
        checkpoint = configure_checkpoint(context)
        _require_counting(checkpoint)
        parameters = None if batch_parameters is None else dict(batch_parameters)
        return checkpoint.run(batch_parameters=parameters)

    return _counted(list(_guarded(run, project).run_results.values()))


def require_held(validation: Validation, what: str) -> None:
    """Refuse data on which an expectation failed.

    Raises:
        DataRefused: naming each failed expectation with column and counts, never a value.
    """
    if not validation.success:
        failed = "; ".join(str(check) for check in validation.failures) or "no expectation was evaluated"
        raise DataRefused(
            f"{what} failed {len(validation.failures)} of {len(validation.checks)} checks: {failed};"
            " mend these rows in the source"
        )


def _guarded(run: Callable[[Context], Any], project: Path | None) -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with GX:
        context = open_context(mode="ephemeral") if project is None else _project(project)
        try:
            return run(context)
        except FederatedError:
            raise
        except Exception as error:  # whatever it is, its text may quote a row or a database's URL
            kind = type(error).__name__
    # Raised outside the handler, so that no traceback chains to it.
    raise DataRefused(f"the validation could not run ({kind}); check data source, batch and expectations in GX itself")


def _require_counting(checkpoint: Any) -> None:
    given = checkpoint.result_format
    form = dict(given) if isinstance(given, Mapping) else {"result_format": given}
    name = str(getattr(form["result_format"], "value", form["result_format"]))
    if name != "BOOLEAN_ONLY" and (name != "BASIC" or form.get("partial_unexpected_count") != 0):
        raise ConfigurationError(
            f"checkpoint {checkpoint.name} has result format {name}, which lists values of the data; give it"
            f" result_format={RESULT_FORMAT} and save it"
        )


def _project(folder: Path) -> Context:
    return open_context(mode="file", project_root_dir=folder)


def _counted(results: list[Any]) -> Validation:
    rows = [row for result in results for row in getattr(result, "results", [result])]
    checks = tuple(
        check_of(row.expectation_config.type, row.expectation_config.kwargs.get("column"), row, rows=0) for row in rows
    )
    return Validation(bool(checks) and all(check.success for check in checks), checks)
