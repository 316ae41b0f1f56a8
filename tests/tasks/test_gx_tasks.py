"""Great Expectations' three tasks in a real flow: what fails is named by counts, and no value is told anywhere."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
import pytest
from great_expectations.expectations import ExpectColumnMaxToBeBetween, ExpectColumnValuesToBeBetween
from prefect import flow
from sqlalchemy import create_engine

from prefect_federated.adapters.data.counts import RESULT_FORMAT
from prefect_federated.adapters.data.validation import Validation
from prefect_federated.core.errors import ConfigurationError, DataRefused
from prefect_federated.tasks.run_checkpoint import run_checkpoint
from prefect_federated.tasks.validate_batch import validate_batch
from prefect_federated.tasks.validate_dataframe import validate_dataframe

SENTINEL = 98765.4321
ROWS = 40

pytestmark = pytest.mark.usefixtures("prefect_server")


def table(spoilt: bool = True) -> pd.DataFrame:
    frame = pd.DataFrame({"age": [float(number) for number in range(ROWS)]})
    if spoilt:
        frame.loc[3, "age"] = SENTINEL
    return frame


def suite(*_: Any) -> gx.ExpectationSuite:
    """One expectation that lists rows where it may, one that observes the very value."""
    between = {"column": "age", "min_value": 0, "max_value": 120}
    expectations = [ExpectColumnValuesToBeBetween(**between), ExpectColumnMaxToBeBetween(**between)]
    return gx.ExpectationSuite(name="ages", expectations=expectations)


def batches(folder: Path, spoilt: bool = True) -> Callable[[Any], Any]:
    """A batch definition over a database table."""
    url = f"sqlite:///{folder / 'ward.db'}"
    engine = create_engine(url)
    table(spoilt).to_sql("ward", engine, index=False, if_exists="replace")
    engine.dispose()

    def configure(context: Any) -> Any:
        source = context.data_sources.add_or_update_sqlite("ward", connection_string=url)
        return source.add_table_asset("ward", table_name="ward").add_batch_definition_whole_table("all-rows")

    return configure


def checkpoint(folder: Path, spoilt: bool = True, form: Any = RESULT_FORMAT) -> Callable[[Any], Any]:
    """A checkpoint over the table in a GX project."""

    def configure(context: Any) -> Any:
        batch, ages = batches(folder, spoilt)(context), context.suites.add_or_update(suite())
        validation = context.validation_definitions.add_or_update(
            gx.ValidationDefinition(name="ward", data=batch, suite=ages)
        )
        made = gx.Checkpoint(name="ward", validation_definitions=[validation], result_format=form)
        return context.checkpoints.add_or_update(made)

    return configure


def run(kind: str, folder: Path, spoilt: bool = True, required: bool = True) -> Validation:
    @flow(name="gx-tasks")
    def one() -> Validation:
        how: dict[str, Any] = {"name": "ward", "required": required}
        if kind == "dataframe":
            return validate_dataframe(lambda: table(spoilt), suite, **how)
        if kind == "batch":
            return validate_batch(batches(folder, spoilt), suite, **how)
        return run_checkpoint(checkpoint(folder, spoilt), project=folder / "project", **how)

    return one()


@pytest.mark.parametrize("kind", ["dataframe", "batch", "checkpoint"])
def test_good_data_pass(kind: str, tmp_path: Path) -> None:
    validation = run(kind, tmp_path, spoilt=False)
    assert validation.success and len(validation.checks) == 2


@pytest.mark.parametrize("kind", ["dataframe", "batch", "checkpoint"])
def test_bad_row_is_refused_by_counts_and_its_value_told_nowhere(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    named = rf"ward failed 2 of 2 checks: expect_column_values_to_be_between on column age: 1 of {ROWS} unexpected"
    with pytest.raises(DataRefused, match=named) as caught:
        run(kind, tmp_path)
    validation = run(kind, tmp_path, required=False)
    between = next(check for check in validation.checks if check.expectation == "expect_column_values_to_be_between")
    assert (between.checked, between.unexpected, between.missing, validation.success) == (ROWS, 1, 0, False)
    told = "\n".join([str(caught.value), repr(validation), caplog.text, *capfd.readouterr()])
    assert "98765." not in told
    assert "gx-tasks" in told or "ward" in told, "the search looked at what was told"


@pytest.mark.parametrize("kind", ["dataframe", "batch", "checkpoint"])
def test_what_cannot_run_is_refused_without_quoting(kind: str, tmp_path: Path) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError(f"row with {SENTINEL}")

    tasks: dict[str, Callable[[], Any]] = {
        "dataframe": lambda: validate_dataframe.fn(broken, suite),
        "batch": lambda: validate_batch.fn(broken, suite),
        "checkpoint": lambda: run_checkpoint.fn(broken),
    }
    with pytest.raises(DataRefused, match=r"could not run \(ValueError\)") as caught:
        tasks[kind]()
    assert "98765." not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__context__ is None


@pytest.mark.parametrize("form", ["COMPLETE", "SUMMARY", "BASIC"])
def test_checkpoint_that_would_list_values_is_refused_before_it_runs(form: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"checkpoint ward has result format {form}, which lists values"):
        run_checkpoint.fn(checkpoint(tmp_path, form=form), project=tmp_path / "project")
    kept = [path for path in (tmp_path / "project").rglob("*") if path.is_file() and b"98765." in path.read_bytes()]
    assert not kept


def test_validation_without_an_expectation_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="no expectation was evaluated"):
        validate_dataframe.fn(table, lambda frame: gx.ExpectationSuite(name="nothing"))
