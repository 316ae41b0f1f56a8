"""From a silo's table to the consent view."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefect_federated.adapters.data.sources import FileSource, FrameSource
from prefect_federated.core.errors import (
    ConfigurationError,
    ConsentError,
    DataError,
    EmptyView,
    MissingColumn,
)
from tests.adapters.data.ward import table, view


def test_only_consenting_subjects_and_asked_columns_are_left() -> None:
    seen = view(table())
    assert list(seen.frame.columns) == [
        "age",
        "dose",
        "ill",
        "_consent_active",
        "_subject_unique",
        "_complete",
    ]
    assert seen.frame["age"].tolist() == [10.0, 20.0, 40.0]
    assert (seen.counts.rows_total, seen.counts.rows_without_consent, seen.counts.rows) == (4, 1, 3)


def test_no_subject_id_and_no_unasked_value_is_in_the_view() -> None:
    text = view(table()).frame.to_csv()
    assert "subject-0" not in text
    assert "secret" not in text


def test_training_sees_the_validated_rows_without_flags() -> None:
    data = view(table()).training_data()
    assert data.x.tolist() == [[10.0, 0.1], [20.0, 0.2], [40.0, 0.4]]
    assert data.y.tolist() == [0, 0, 1]


def test_digest_does_not_depend_on_the_order_of_the_source() -> None:
    assert view(table().sample(frac=1, random_state=1)).digest == view(table()).digest
    assert view(table().set_index("age", drop=False)).digest == view(table()).digest


def test_digest_is_the_same_from_csv_parquet_and_memory(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "ward.csv", index=False)
    table().to_parquet(tmp_path / "ward.parquet")
    sources = [
        FileSource(tmp_path / "ward.csv"),
        FileSource(tmp_path / "ward.parquet"),
        FrameSource("ward", table()),
    ]
    assert len({view(source.read()).digest for source in sources}) == 1


def test_one_changed_value_or_one_withdrawn_subject_changes_the_digest() -> None:
    altered = table()
    altered.loc[0, "dose"] = np.nextafter(0.4, 1)
    assert view(altered).digest != view(table()).digest
    assert view(table(), subjects=(1, 2)).digest != view(table()).digest


def test_same_values_of_two_rows_of_one_subject_have_another_digest() -> None:
    doubled = pd.concat([table(), table().iloc[[0]]])
    as_two = doubled.copy()
    as_two.iloc[-1, 0] = "subject-000009"
    subjects = (1, 2, 4, 9)
    assert view(doubled[doubled["age"] != 90], subjects).digest != view(as_two[as_two["age"] != 90], subjects).digest


def test_two_rows_of_one_subject_are_both_flagged() -> None:
    seen = view(pd.concat([table(), table().iloc[[0]]]))
    assert seen.frame["_subject_unique"].tolist() == [True, True, False, False]


def test_a_missing_value_is_flagged() -> None:
    holes = table()
    holes.loc[1, "dose"] = np.nan
    assert view(holes).frame["_complete"].tolist() == [True, False, True]


def test_row_without_subject_has_no_consent() -> None:
    nameless = table()
    nameless.loc[0, "subject"] = None
    assert view(nameless).counts.rows == 2


def test_column_outside_the_grant_is_refused_even_if_it_is_there() -> None:
    with pytest.raises(ConsentError, match="secret"):
        view(table(), columns=("age", "secret"))


def test_missing_column_is_named_with_the_dataset() -> None:
    with pytest.raises(MissingColumn, match=r"ward\.csv has no column dose; it has subject, age, secret, ill"):
        view(table().drop(columns="dose"), dataset="ward.csv")


@pytest.mark.parametrize(("subjects", "minimum"), [((), 1), ((77,), 1), ((1, 2), 3)])
def test_empty_or_small_view_is_refused(subjects: tuple[int, ...], minimum: int) -> None:
    with pytest.raises(EmptyView, match="of 4 rows of dataset are left"):
        view(table(), subjects, min_rows=minimum)


def test_damaged_file_is_refused_without_quoting_it(tmp_path: Path) -> None:
    damaged = tmp_path / "ward.csv"
    damaged.write_text('subject,age\nsubject-000001,"SENTINEL-4711\nsubject-000002,3,4,5\n')
    with pytest.raises(DataError, match="ParserError") as caught:
        FileSource(damaged).read()
    assert "SENTINEL" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet"])
def test_absent_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=rf"{name} cannot be read \(FileNotFoundError\)"):
        FileSource(tmp_path / name).read()


def test_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ward.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match="cannot be read"):
        FileSource(tmp_path / "ward.parquet").read()


def test_unknown_file_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\.pkl"):
        FileSource(tmp_path / "ward.pkl").read()


@pytest.mark.parametrize("name", ["ward.csv", "ward.parquet"])
def test_names_and_one_column_are_had_without_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A grant names the subjects of a file that need not fit into memory."""
    table().to_csv(tmp_path / "ward.csv", index=False)
    table().assign(number=range(4)).set_index("number").to_parquet(tmp_path / "ward.parquet")
    source, whole = FileSource(tmp_path / name), FileSource(tmp_path / name).read()
    seen, parsers = list[list[str]](), {"ward.csv": "read_csv", "ward.parquet": "read_parquet"}
    parse = getattr(pd, parsers[name])

    def watched(*arguments: object, **options: object) -> pd.DataFrame:
        frame = parse(*arguments, **options)
        seen.append(list(frame.columns) if len(frame) else [])
        return frame

    monkeypatch.setattr(pd, parsers[name], watched)
    assert source.columns == list(whole.columns)
    assert source.read_column("subject").tolist() == whole["subject"].tolist()
    assert [columns for columns in seen if columns] == [["subject"]]
