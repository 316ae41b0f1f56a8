"""Rows that are too old, from the future, or without a date are refused by chain time; the date itself is not seen."""

import pandas as pd
import pytest

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.view import ConsentView
from prefect_federated.core.checks import suite_of
from prefect_federated.core.errors import ConsentError, DataRefused, MissingColumn
from prefect_federated.core.spec import Column, DataSpec, Freshness
from tests.adapters.data.ward import require, table, view

DAY_S = 86_400
UNTIL_S = 1_700_000_000  # 2023-11-14, 22:13:20 UTC, far from the clock of any machine that runs this
FRESH = Freshness(column="seen", max_age_s=30 * DAY_S)
SPEC = DataSpec(
    columns=(Column(name="age", minimum=0, maximum=120), Column(name="dose", minimum=0, maximum=1)),
    target="ill",
    target_values=(0, 1),
    freshness=FRESH,
)
GOOD = ("2023-11-14", "2023-11-01", "2023-10-20", "2023-11-10")  # of subjects 4, 2, 9, 1


@pytest.fixture(scope="module")
def checks() -> DataChecks:
    return DataChecks()


def seen(dates: object, columns: tuple[str, ...] = ("age", "dose", "ill", "seen")) -> ConsentView:
    return view(table().assign(seen=dates), consented=columns, freshness=FRESH, until_s=UNTIL_S)


@pytest.mark.parametrize(
    "dates",
    [
        list(GOOD),
        pd.to_datetime(list(GOOD)),
        pd.to_datetime(list(GOOD), utc=True),
        [UNTIL_S - days * DAY_S for days in (0, 30, 5, 1)],
    ],
)
def test_fresh_rows_pass_whatever_form_their_dates_have(checks: DataChecks, dates: object) -> None:
    found = seen(dates)
    assert "seen" not in found.frame.columns and "seen" not in found.training_data().frame.columns
    report = require(checks, found, suite_of(SPEC))
    assert "expect_fresh" in {check.expectation for check in report.checks}


@pytest.mark.parametrize("bad", ["2023-10-14", "2023-11-15", "1999-01-01", "no date", None])
def test_old_future_or_missing_date_is_refused_by_name(checks: DataChecks, bad: str | None) -> None:
    with pytest.raises(DataRefused, match="expect_fresh on column _fresh: 1 of 3 unexpected") as caught:
        require(checks, seen([bad, *GOOD[1:]]), suite_of(SPEC))
    assert "1999" not in str(caught.value) and "no date" not in str(caught.value)


def test_digest_says_whether_rows_are_fresh_and_not_when_they_were_seen() -> None:
    assert seen(list(GOOD)).digest == seen(["2023-11-13", *GOOD[1:]]).digest
    assert seen(list(GOOD)).digest != seen(["1999-01-01", *GOOD[1:]]).digest


def test_date_needs_consent_and_must_be_there() -> None:
    with pytest.raises(ConsentError, match="for seen, the grant covers age, dose, ill"):
        seen(list(GOOD), columns=("age", "dose", "ill"))
    with pytest.raises(MissingColumn, match="no column seen"):
        view(table(), consented=("age", "dose", "ill", "seen"), freshness=FRESH, until_s=UNTIL_S)


def test_a_task_without_freshness_asks_for_no_date() -> None:
    plain = SPEC.model_copy(update={"freshness": None})
    assert plain.read == plain.names and SPEC.read == (*plain.names, "seen")
    assert suite_of(plain).hash != suite_of(SPEC).hash
