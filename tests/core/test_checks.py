"""Suites and reports as plain values."""

import pytest

from prefect_federated.core.checks import Check, CheckReport, require_passed, suite_of
from prefect_federated.core.errors import DataRefused
from prefect_federated.core.spec import Column, DataSpec


def spec(**changes: object) -> DataSpec:
    fields = {
        "columns": (Column(name="age", minimum=0, maximum=120),),
        "target": "ill",
        "target_values": (0, 1),
        "min_rows": 5,
    }
    return DataSpec(**{**fields, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": (Column(name="age", minimum=0, maximum=121),)},
        {"columns": (Column(name="agE", minimum=0, maximum=120),)},
        {"target": "sick"},
        {"target_values": (0, 1, 2)},
        {"min_rows": 6},
    ],
)
def test_a_suite_edited_in_any_place_has_another_hash(changes: dict) -> None:
    assert suite_of(spec(**changes)).hash != suite_of(spec()).hash


def test_the_larger_minimum_of_task_and_silo_holds() -> None:
    assert suite_of(spec(), min_rows=3).hash == suite_of(spec()).hash
    assert suite_of(spec(), min_rows=50).hash != suite_of(spec()).hash


def test_a_report_without_checks_is_no_success() -> None:
    with pytest.raises(DataRefused, match="no expectation was evaluated"):
        require_passed(CheckReport(bytes(32), bytes(32), ()), "ward")


def test_refusal_names_expectation_column_and_counts() -> None:
    bad = Check("expect_feature_in_range", "age", False, checked=40, unexpected=3, missing=1)
    good = Check("expect_enough_rows", None, True, checked=40, unexpected=0, missing=0)
    with pytest.raises(DataRefused, match=r"ward failed 1 of 2 checks: .* column age: 3 of 40 unexpected, 1 missing"):
        require_passed(CheckReport(bytes(32), bytes(32), (bad, good)), "ward")
