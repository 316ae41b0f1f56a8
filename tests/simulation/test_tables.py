"""Dealing the data of a simulation: every row to one participant, enough for everybody, files of one's own."""

from pathlib import Path

import numpy as np
import pytest
from pandas import DataFrame

from prefect_federated.core.errors import ConfigurationError, MissingColumn
from prefect_federated.scenario.simulation.options import Options, partition_of
from prefect_federated.scenario.simulation.tables import FEWEST_ROWS, Dealt, deal
from prefect_federated.scenario.simulation.town import names_of


def dealt(**changes: object) -> Dealt:
    if isinstance(changes.get("partition"), str):
        changes["partition"] = partition_of(str(changes["partition"]))
    options = Options(**changes)  # type: ignore[arg-type]
    return deal(options, names_of(options))


@pytest.mark.parametrize("partition", ["iid", "dirichlet:0.1", "dirichlet:100"])
def test_every_row_is_held_out_or_belongs_to_one_participant(partition: str) -> None:
    found = dealt(participants=100, partition=partition)
    subjects = [one for table in (found.held_out, *found.tables.values()) for one in table["subject"]]
    assert len(subjects) == len(set(subjects)) == 1797
    assert all(len(table) >= FEWEST_ROWS for table in found.tables.values())


def test_small_alpha_gives_participants_few_labels_and_a_large_one_all() -> None:
    labels = {
        alpha: np.mean([table["digit"].nunique() for table in dealt(partition=f"dirichlet:{alpha}").tables.values()])
        for alpha in (0.05, 100)
    }
    assert labels[0.05] < 5 < 9 < labels[100]


def test_labels_of_the_held_out_rows_are_those_of_the_whole() -> None:
    counts = dealt().held_out["digit"].value_counts()
    assert counts.min() >= 34 and counts.max() <= 37  # a fifth of 174 to 183 each


def test_column_is_dealt_by_its_values_and_not_learned(tmp_path: Path) -> None:
    path = ward(tmp_path)
    found = dealt(participants=2, data=f"csv:{path}", target="ill", partition="by-column:site")
    assert [set(table["site"]) for table in found.tables.values()] == [{0, 2}, {1}]
    assert [column.name for column in found.spec.columns] == ["age"]


def test_column_with_fewer_values_than_participants_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="column site has 3 values for 4 participants"):
        dealt(participants=4, data=f"csv:{ward(tmp_path)}", target="ill", partition="by-column:site")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": "sick"}, "ward.csv has no column 'sick' for --target; it has age, site, ill"),
        ({"partition": "by-column:town"}, "has no column 'town' for --partition by-column; it has subject, age"),
    ],
)
def test_missing_column_is_named_with_those_there_are(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    with pytest.raises(MissingColumn, match=words):
        dealt(participants=2, data=f"csv:{ward(tmp_path)}", **changes)


def test_labels_in_words_are_counted_from_zero(tmp_path: Path) -> None:
    path = tmp_path / "named.csv"
    DataFrame({"x": range(40), "kind": ["b", "a"] * 20}).to_csv(path, index=False)
    found = dealt(participants=2, data=f"csv:{path}")
    assert found.spec.target == "kind" and found.spec.target_values == (0, 1)


def test_feature_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.csv"
    DataFrame({"x": ["a", "b"] * 20, "y": [0, 1] * 20}).to_csv(path, index=False)
    with pytest.raises(ConfigurationError, match="column x holds"):
        dealt(participants=2, data=f"csv:{path}")


def test_too_few_rows_and_unknown_data_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="456 rows of breast-cancer are left for 400 participants"):
        dealt(participants=400, data="breast-cancer")
    with pytest.raises(ConfigurationError, match="no data 'mnist'; --data takes digits, breast-cancer, or csv:PATH"):
        dealt(data="mnist")


def ward(folder: Path) -> Path:
    path = folder / "ward.csv"
    rows = {"age": np.arange(60) % 47 + 20, "site": np.arange(60) // 2 % 3, "ill": np.arange(60) % 2}
    DataFrame(rows).to_csv(path, index=False)
    return path
