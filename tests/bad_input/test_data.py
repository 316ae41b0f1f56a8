"""Data that cannot serve the task keep a silo out, and no value of them is told."""

import pytest

from prefect_federated.core.errors import DataError, DataRefused, EmptyView, MissingColumn
from tests.bad_input.bad_round import BadRound
from tests.bad_input.consortium import MIN_ROWS, ROWS


def test_data_without_a_consenting_subject_are_an_empty_view(bad: BadRound) -> None:
    bad.fates["empty"].assert_kept_out(
        EmptyView, 4, "validate", f"0 of {ROWS} rows", f"at least {MIN_ROWS} are needed", "wait for more consents"
    )


def test_missing_column_is_named_beside_those_that_are_there(bad: BadRound) -> None:
    bad.fates["no-column"].assert_kept_out(
        MissingColumn, 4, "validate", "no column dose", "it has subject, age, ill", "mend the export"
    )


def test_missing_file_is_named(bad: BadRound) -> None:
    path = bad.consortium.folder / "nowhere" / "data.csv"
    bad.fates["no-file"].assert_kept_out(DataError, 4, "validate", path, "FileNotFoundError", "check path")


def test_text_among_numbers_is_refused_by_counts_alone(bad: BadRound) -> None:
    fate = bad.fates["text"]
    fate.assert_kept_out(DataRefused, 4, "validate", "column dose", f"of {ROWS} unexpected", "mend these rows")
    assert "confidential" not in str(fate.error)


@pytest.mark.parametrize("name", ["empty", "no-column", "no-file", "text", "expired", "edited", "constant"])
def test_silo_that_stays_out_sends_no_transaction(bad: BadRound, name: str) -> None:
    assert bad.fates[name].transactions == 0
