"""Many tables checked at once: the reports that each would get alone, and none where anything is wrong."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.together import check_together
from prefect_federated.adapters.data.view import ConsentView, consent_view
from prefect_federated.core.checks import Expected, Suite, suite_of
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.spec import Column, DataSpec

SPEC = DataSpec(
    columns=(Column(name="age", minimum=0, maximum=120), Column(name="dose", minimum=0, maximum=1)),
    target="ill",
    target_values=(0, 1),
    min_rows=5,
)
SUITE = suite_of(SPEC)


def view(rows: int, spoil: Callable[[pd.DataFrame], object] = lambda frame: None) -> ConsentView:
    rng = np.random.default_rng(rows)
    subjects = tuple(f"subject-{n:06d}" for n in range(rows))
    values = {
        "age": rng.integers(1, 100, rows).astype(float),
        "dose": rng.random(rows),
        "ill": rng.integers(0, 2, rows),
    }
    frame = pd.DataFrame({"subject": subjects, **values})
    spoil(frame)
    record = ConsentRecord(bytes(32), bytes(32), SPEC.names, subjects)
    return consent_view(frame, subject_column="subject", record=record, columns=("age", "dose"), target="ill")


def put(column: str, value: object) -> Callable[[pd.DataFrame], object]:
    return lambda frame: frame.loc.__setitem__((0, column), value)


def test_every_table_gets_the_report_that_its_own_check_gives() -> None:
    views, together = [view(rows) for rows in (6, 9, 30)], DataChecks()
    assert check_together([(together, one) for one in views], SUITE) == 3
    for one in views:
        assert together.known(one.digest, SUITE.hash) == DataChecks().run(one, SUITE)


@pytest.mark.parametrize(
    "spoil", [put("age", 999.0), put("dose", np.nan), put("ill", 7)], ids=["range", "gap", "label"]
)
def test_one_bad_row_leaves_everybody_to_its_own_check(spoil: Callable[[pd.DataFrame], object]) -> None:
    views, checks = [view(6), view(9, spoil)], DataChecks()
    assert check_together([(checks, one) for one in views], SUITE) == 0
    assert [checks.known(one.digest, SUITE.hash) for one in views] == [None, None]
    assert [checks.run(one, SUITE).success for one in views] == [True, False]


def test_table_with_too_few_rows_is_not_hidden_among_others() -> None:
    views, checks = [view(4), view(30)], DataChecks()
    assert check_together([(checks, one) for one in views], SUITE) == 0
    assert not checks.run(views[0], SUITE).success


def test_expectation_about_a_whole_table_is_never_answered_for_many() -> None:
    mean = Expected("expect_column_mean_to_be_between", "age", {"min_value": 0, "max_value": 200})
    suite, checks = Suite((*SUITE.expectations, mean)), DataChecks()
    assert check_together([(checks, view(6)), (checks, view(9))], suite) == 0


def test_table_that_was_checked_before_is_left_out() -> None:
    views, checks = [view(6), view(9), view(12)], DataChecks()
    checks.run(views[0], SUITE)
    assert check_together([(checks, one) for one in views], SUITE) == 2
