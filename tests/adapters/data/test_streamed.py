"""A Parquet file looked at batch by batch: the same view, digest, counts and report as in memory, or a refusal."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.data.streamed import Asked, StreamedView, streamed_checks, streamed_root, streamed_view
from prefect_federated.adapters.data.view import ConsentView, consent_view
from prefect_federated.core.checks import CheckReport, Expected, suite_of
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.errors import ConfigurationError, ConsentError, DataRefused, EmptyView, MissingColumn
from prefect_federated.core.spec import Column, DataSpec, Freshness, Query
from tests.adapters.data.test_root import SECRET, ward

SPEC = DataSpec(
    columns=(Column(name="age", minimum=0, maximum=120), Column(name="dose", minimum=0, maximum=1)),
    target="ill",
    target_values=(0, 1),
    min_rows=10,
)
SEEN = SPEC.model_copy(update={"freshness": Freshness(column="seen", max_age_s=86_400)})
UNTIL_S = 1_800_000_000
BETWEEN = "expect_column_values_to_be_between"


@pytest.fixture(scope="module")
def checks() -> DataChecks:
    return DataChecks()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ward.parquet"


def asked(path: Path, frame: pd.DataFrame, data: DataSpec | Query = SPEC, **settings: Any) -> Asked:
    """The file with these rows, as a task asks for them; one in ten of the ward does not consent."""
    frame.to_parquet(path)
    consenting = tuple(subject for number, subject in enumerate(ward()["subject"]) if number % 10)
    record = ConsentRecord(bytes(32), SECRET, ("age", "dose", "ill", "seen"), consenting)
    return replace(Asked(FileSource(path), "subject", record, data, until_s=UNTIL_S, batch_rows=130), **settings)


def in_memory(one: Asked, checks: DataChecks, *own: Expected) -> tuple[ConsentView, CheckReport]:
    """View and report of the same file, read as a whole."""
    view = consent_view(
        one.source.read(),
        subject_column=one.subject_column,
        record=one.record,
        columns=one.data.features,
        target=one.data.target,
        dataset=one.source.name,
        freshness=one.data.freshness,
        until_s=one.until_s,
    )
    return view, checks.run(view, suite_of(one.data, own=own))


def stream(one: Asked, checks: DataChecks, *own: Expected) -> StreamedView:
    return streamed_checks(one, suite_of(one.data, own=own), checks)


def assert_same(one: Asked, checks: DataChecks, *own: Expected) -> CheckReport:
    """Streamed and in memory alike; the report."""
    view, whole = in_memory(one, checks, *own)
    found, loaded = stream(one, checks, *own), streamed_view(one)
    assert found.counts == view.counts
    assert found.report == whole
    assert (loaded.digest, loaded.counts, loaded.features) == (view.digest, view.counts, view.features)
    pd.testing.assert_frame_equal(loaded.frame, view.frame)
    if isinstance(one.data, Query):
        assert loaded.subjects == view.subjects and len(view.subjects) == view.counts.rows
    return whole


def test_view_report_and_training_data_are_those_in_memory(checks: DataChecks, path: Path) -> None:
    assert assert_same(asked(path, ward()), checks).success


def test_bad_rows_are_counted_as_in_memory_also_at_a_batchs_border(checks: DataChecks, path: Path) -> None:
    frame = ward()
    frame.loc[[11, 301], "dose"] = [7.0, np.nan]
    frame = pd.concat([frame.iloc[:130], frame.iloc[129:]], ignore_index=True)  # a subject twice, at a batch's border
    whole = assert_same(asked(path, frame), checks)
    assert {check.expectation for check in whole.failures} == {
        *("expect_feature_in_range", "expect_no_missing_value", "expect_subject_once")
    }


def test_a_query_counts_what_a_model_would_refuse_but_no_text_for_a_number(checks: DataChecks, path: Path) -> None:
    columns = [{"name": "age", "minimum": 0, "maximum": 120}, {"name": "dose", "minimum": 0, "maximum": 1}]
    query, frame = Query.model_validate({"columns": columns}), ward()
    frame.loc[[11, 301], "dose"] = [7.0, np.nan]
    assert assert_same(asked(path, frame, query), checks).success
    frame["age"] = frame["age"].astype(str)
    view, report = in_memory(asked(path, frame, query), checks)
    assert [(check.expectation, check.column) for check in report.failures] == [("expect_feature_numeric", "age")]
    assert view.training_data().frame.columns.tolist() == ["age", "dose"]


@pytest.mark.parametrize("batch_rows", [1, 7, 10_000])
def test_size_of_the_batches_does_not_matter(checks: DataChecks, path: Path, batch_rows: int) -> None:
    assert_same(asked(path, ward(40), batch_rows=batch_rows), checks)


@pytest.mark.parametrize("index", ["age", "number"])
def test_index_that_pandas_kept_in_the_file_is_no_column(checks: DataChecks, path: Path, index: str) -> None:
    assert_same(asked(path, ward().assign(number=range(500)).set_index(index, drop=index == "number")), checks)


@pytest.mark.parametrize("unit", ["s", "ns"])
@pytest.mark.parametrize("kind", ["timestamp", "zoned", "date", "seconds", "gaps"])
def test_freshness_is_judged_row_by_row_as_in_memory(checks: DataChecks, path: Path, kind: str, unit: str) -> None:
    seconds = np.array([UNTIL_S - 600 * number for number in range(500)])  # the first 144 and the end of the day itself
    seconds[499] = UNTIL_S + 1
    dates = pd.Series(pd.to_datetime(seconds, unit="s").as_unit(unit))
    column = {
        "timestamp": dates,
        "zoned": dates.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
        "date": dates.dt.date,
        "seconds": seconds,
        "gaps": dates.where(dates.index % 9 != 0),
    }[kind]
    whole = assert_same(asked(path, ward().assign(seen=column), SEEN), checks)
    (fresh,) = (check for check in whole.checks if check.expectation == "expect_fresh")
    assert 250 < fresh.unexpected < fresh.checked == 450


def test_dates_written_as_text_are_refused_since_each_batch_would_read_them_otherwise(
    checks: DataChecks, path: Path
) -> None:
    frame = ward().assign(seen=["2027-01-15" if number < 200 else "15/01/2027" for number in range(500)])
    with pytest.raises(DataRefused, match=r"column seen holds (large_)?string, a stream reads dates from timestamps"):
        stream(asked(path, frame, SEEN), checks)


OWN = [
    Expected(BETWEEN, "age", {"min_value": 18}),
    Expected("expect_column_values_to_not_be_null", "dose", {}),
    Expected("expect_column_values_to_be_in_set", "ill", {"value_set": [0, 1]}),
    Expected("expect_column_values_to_be_of_type", "age", {"type_": "float64"}),
    Expected("expect_column_values_to_not_be_in_set", "dose", {"value_set": [0.5]}),
]


@pytest.mark.parametrize("gaps", [False, True])
def test_own_suite_that_judges_rows_gives_the_counts_of_the_whole(checks: DataChecks, path: Path, gaps: bool) -> None:
    frame = ward()
    if gaps:
        frame["dose"] = frame["dose"].where(frame.index % 50 != 1)
    whole = assert_same(asked(path, frame), checks, *OWN)
    assert [check.checked for check in whole.checks[-5:]] == [450] * 5
    assert whole.checks[-5].unexpected and whole.checks[-3].success


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (Expected("expect_column_mean_to_be_between", "age", {"max_value": 1}), "mean_to_be_between on column age"),
        (Expected("expect_column_values_to_be_unique", "dose", {}), "expect_column_values_to_be_unique on column dose"),
        (
            Expected("expect_table_row_count_to_be_between", None, {"min_value": 1}),
            "expect_table_row_count_to_be_between",
        ),
        (Expected(BETWEEN, "age", {"min_value": 18, "mostly": 0.5}), f"{BETWEEN} on column age with mostly"),
        (
            Expected("expect_column_value_z_scores_to_be_less_than", "age", {"threshold": 3}),
            "z_scores_to_be_less_than on column age",
        ),
    ],
)
def test_own_suite_about_the_table_as_a_whole_is_refused_by_name(
    checks: DataChecks, path: Path, expected: Expected, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"ward.parquet is checked in batches.*{words}; leave it out"):
        stream(asked(path, ward()), checks, OWN[0], expected)


def test_rows_out_of_order_are_refused_with_what_to_do(checks: DataChecks, path: Path) -> None:
    with pytest.raises(DataRefused, match=r"ward\.parquet is not sorted by subject as text; sort the export"):
        stream(asked(path, ward().iloc[::-1]), checks)
    with pytest.raises(DataRefused, match="is not sorted by subject"):
        streamed_view(asked(path, pd.concat([ward()[130:], ward()[:130]])))


def test_subject_with_more_rows_than_two_batches_is_refused_before_they_fill_the_memory(
    checks: DataChecks, path: Path
) -> None:
    frame = pd.concat([ward()[:1]] * 261, ignore_index=True)
    assert stream(asked(path, pd.concat([frame[:260], ward()[1:]])), checks).counts.rows_total == 759
    with pytest.raises(DataRefused, match="more than 260 rows of one subject"):
        stream(asked(path, frame), checks)


def test_column_that_changes_its_kind_is_refused(checks: DataChecks, path: Path) -> None:
    drifting = ward().astype({"ill": float})
    drifting.loc[401, "ill"] = 0.5
    with pytest.raises(DataRefused, match="column ill is float64 after int64 from row"):
        stream(asked(path, drifting), checks)


def test_truth_values_with_a_gap_are_refused_since_in_memory_the_gap_makes_them_text(
    checks: DataChecks, path: Path
) -> None:
    """The row with the gap does not even consent: its batch alone would not show it."""
    frame = ward().assign(dose=ward()["dose"] > 0.5)
    assert_same(asked(path, frame), checks)
    gap = frame.astype({"dose": object})
    gap.loc[400, "dose"] = None
    assert not in_memory(asked(path, gap), checks)[1].success
    with pytest.raises(DataRefused, match="column dose holds bool, 1 missing"):
        stream(asked(path, gap), checks)


def test_subjects_that_are_numbers_with_a_gap_are_refused_since_in_memory_they_end_in_point_zero(
    checks: DataChecks, path: Path
) -> None:
    frame = ward().assign(subject=pd.array([None, *range(100, 599)], dtype=pd.Int64Dtype())).astype({"subject": object})
    one = asked(path, frame)
    for call in (lambda: stream(one, checks), lambda: streamed_root(FileSource(path), "subject", SECRET, 130)):
        with pytest.raises(DataRefused, match="column subject holds int64, 1 missing"):
            call()


def test_nobody_who_consents_is_an_empty_view(checks: DataChecks, path: Path) -> None:
    with pytest.raises(EmptyView, match=r"0 of 500 rows of ward\.parquet are left, 500 lack consent"):
        stream(asked(path, ward().assign(subject=[f"z{n:04}" for n in range(500)])), checks)
    with pytest.raises(EmptyView, match="at least 451 are needed"):
        streamed_view(asked(path, ward(), min_rows=451))


def test_columns_are_held_against_grant_and_file(checks: DataChecks, path: Path) -> None:
    with pytest.raises(MissingColumn, match="no column dose; it has subject, age, note, ill"):
        stream(asked(path, ward().drop(columns="dose")), checks)
    one = asked(path, ward())
    with pytest.raises(ConsentError, match=r"asks ward\.parquet for dose, the grant covers age, ill"):
        stream(replace(one, record=replace(one.record, columns=("age", "ill"))), checks)
