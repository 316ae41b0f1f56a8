"""The suite on real Great Expectations: what it refuses, and that it tells no value and no subject."""

import io
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.view import ConsentView, consent_view
from prefect_federated.core.checks import suite_of
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.errors import DataRefused
from prefect_federated.core.spec import Column, DataSpec
from tests.adapters.data.ward import require

SPEC = DataSpec(
    columns=(Column(name="age", minimum=0, maximum=120), Column(name="dose", minimum=-1, maximum=1)),
    target="ill",
    target_values=(0, 1),
    min_rows=10,
)
SENTINEL = 98765.4321


@pytest.fixture(scope="module")
def checks() -> DataChecks:
    return DataChecks()


def table(rows: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "subject": [f"subject-{n:06d}" for n in range(1, rows + 1)],
            "age": rng.integers(1, 100, rows),
            "dose": rng.random(rows),
            "ill": rng.integers(0, 2, rows),
        }
    )


def view(frame: pd.DataFrame) -> ConsentView:
    columns = tuple(column.name for column in SPEC.columns)
    record = ConsentRecord(bytes(32), bytes(32), SPEC.names, tuple(frame["subject"]))
    return consent_view(
        frame, subject_column="subject", record=record, columns=columns, target="ill", dataset="ward.csv"
    )


def far_dose(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[3, "dose"] = SENTINEL
    return frame


def text_dose(frame: pd.DataFrame) -> pd.DataFrame:
    frame["dose"] = frame["dose"].astype(object)
    frame.loc[3, "dose"] = f"text-{SENTINEL}"
    return frame


def absent_dose(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[3, "dose"] = np.nan
    return frame


def unknown_label(frame: pd.DataFrame) -> pd.DataFrame:
    frame["ill"] = frame["ill"].astype(float)
    frame.loc[3, "ill"] = SENTINEL
    return frame


def text_label(frame: pd.DataFrame) -> pd.DataFrame:
    frame["ill"] = frame["ill"].astype(object)
    frame.loc[3, "ill"] = f"text-{SENTINEL}"
    return frame


def double_subject(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[[3]]])


BAD = [
    (far_dose, "expect_feature_in_range on column dose: 1 of 40"),
    (text_dose, "expect_feature_numeric on column dose"),
    (absent_dose, "expect_no_missing_value on column _complete: 1 of 40"),
    (unknown_label, "expect_known_label on column ill: 1 of 40"),
    (text_label, "expect_known_label on column ill: 1 of 40"),
    (double_subject, "expect_subject_once on column _subject_unique: 2 of 41"),
]


def test_good_data_pass_every_check(checks: DataChecks) -> None:
    report = require(checks, view(table()), suite_of(SPEC))
    assert len(report.checks) == 10
    assert all(check.success for check in report.checks)


@pytest.mark.parametrize(("spoil", "named"), BAD, ids=lambda item: getattr(item, "__name__", ""))
def test_bad_row_is_refused_by_expectation_column_and_count(
    checks: DataChecks, spoil: Callable[[pd.DataFrame], pd.DataFrame], named: str
) -> None:
    with pytest.raises(DataRefused, match=named):
        require(checks, view(spoil(table())), suite_of(SPEC))


def test_too_few_rows_for_the_silo_are_refused(checks: DataChecks) -> None:
    with pytest.raises(DataRefused, match="expect_enough_rows"):
        require(checks, view(table()), suite_of(SPEC, min_rows=41))


def test_row_whose_consent_is_gone_is_refused(checks: DataChecks) -> None:
    seen = view(table())
    seen.frame.loc[2, "_consent_active"] = False
    stale = ConsentView(seen.dataset, seen.frame, seen.features, seen.target, seen.counts, b"x" * 32)
    with pytest.raises(DataRefused, match="expect_consent_active on column _consent_active: 1 of 40"):
        require(checks, stale, suite_of(SPEC))


def test_extra_column_is_refused(checks: DataChecks) -> None:
    seen = view(table())
    seen.frame["zip"] = 1.0
    wider = ConsentView(seen.dataset, seen.frame, seen.features, seen.target, seen.counts, b"y" * 32)
    with pytest.raises(DataRefused, match="expect_consented_columns"):
        require(checks, wider, suite_of(SPEC))


@pytest.mark.parametrize(("spoil", "named"), BAD, ids=lambda item: getattr(item, "__name__", ""))
def test_no_value_and_no_subject_is_told_anywhere(
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
    named: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    kept = DataChecks(docs=tmp_path)
    try:
        with pytest.raises(DataRefused) as caught:
            require(kept, view(spoil(table())), suite_of(SPEC))
    finally:
        logging.getLogger().removeHandler(handler)
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) >= 3, "index, suite and validation"
    files = [
        file.read_text(errors="ignore") for file in tmp_path.rglob("*") if file.suffix in {".html", ".json", ".yml"}
    ]
    report = kept.run(view(spoil(table())), suite_of(SPEC))
    told = "\n".join([*files, str(caught.value), repr(report), log.getvalue(), *capfd.readouterr()])
    assert "98765." not in told
    assert "subject-0" not in told
    assert "Traceback" not in told, "what GX says of a check that could not run may quote a value"
    assert "expect_feature_in_range" in told, "the search looked at the right files"


def test_check_announces_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """GX names a temporary folder when it starts: the line stood in the middle of the demo's progress."""
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.INFO)  # as its import leaves it
    require(DataChecks(docs=tmp_path), view(table()), suite_of(SPEC))
    assert not caplog.records


def test_unchanged_view_is_not_validated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    once = DataChecks()
    first = require(once, view(table()), suite_of(SPEC))
    monkeypatch.setattr(once, "_validate", lambda *_: pytest.fail("validated again"))
    assert require(once, view(table()), suite_of(SPEC)) is first


def test_changed_suite_is_validated_anew(checks: DataChecks) -> None:
    require(checks, view(table()), suite_of(SPEC))
    with pytest.raises(DataRefused):
        require(checks, view(table()), suite_of(SPEC, min_rows=1000))


def test_failed_check_stays_refused_when_asked_again(checks: DataChecks) -> None:
    for _ in range(2):
        with pytest.raises(DataRefused):
            require(checks, view(far_dose(table())), suite_of(SPEC))


def test_data_docs_list_every_run_also_of_a_later_process(tmp_path: Path) -> None:
    for number in (1, 2):
        later = DataChecks(docs=tmp_path)  # as a new process would
        require(later, view(table(40 + number)), suite_of(SPEC), run=f"round-{number}")
    assert later.index is not None
    index = later.index.read_text()
    assert "round-1" in index
    assert "round-2" in index


def test_docs_of_one_silo_do_not_list_another(tmp_path: Path) -> None:
    for silo in ("a", "b"):
        require(DataChecks(docs=tmp_path / silo), view(table()), suite_of(SPEC), run=f"run-{silo}")
    assert "run-a" not in (tmp_path / "b/gx/uncommitted/data_docs/local_site/index.html").read_text()
