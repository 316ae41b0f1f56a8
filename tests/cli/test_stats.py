"""`federated stats`: a query is checked, drafted, made a task; its answer is shown, written, drawn."""

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from prefect_federated.cli.stats_draft import query_of
from prefect_federated.cli.stats_run import run_statistics
from prefect_federated.cli.stats_silos import SAMPLE, require_tables, sample, tables_of
from prefect_federated.core.errors import ConfigurationError, MissingColumn
from prefect_federated.core.statistics.query import Query
from tests.cli.test_task import create
from tests.flows.statistics_scene import QUERY, answered, tables, wards

ROOT = Path(__file__).parents[2]


def query_file(**changes: Any) -> Path:
    path = Path("query.json")
    path.write_text(json.dumps(QUERY | changes))
    return path


def draft_file(cli, federation, *more: str) -> Path:
    """A draft as the command writes it, with the fees and bonds of the test's chain."""
    aggregator, path = federation.parties["aggregator"].address, Path("task.json")
    drafted = cli("stats", "draft", query_file(), "--aggregator", aggregator, "--purpose", "HMB", "--out", path, *more)
    assert drafted.exit_code == 0, drafted.output
    return path


def test_a_query_says_what_it_asks_of_a_silo(cli) -> None:
    result = cli("stats", "check", query_file(), "--participants", "8")
    assert result.exit_code == 0, result.output
    for said in (
        "age",
        "20 to 80",
        "marker",
        "1 to 4 rows, at the silo",
        "nobody sees one silo's figures",
        "25 binary",
    ):
        assert said in result.stdout


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": [{"name": "age", "minimum": 80, "maximum": 20}]}, "minimum 80 and maximum 20; give bounds"),
        ({"min_rows": 2}, "min_rows is 2, cells.fewest 5"),
        ({"bins": 3}, "field bins: Extra inputs are not permitted"),
        ({"cells": {"fewest": -1}}, "field cells.fewest: Input should be greater than or equal to 1"),
    ],
)
def test_a_bad_query_is_refused_with_the_field_and_what_to_do(cli, changes: dict[str, Any], said: str) -> None:
    result = cli("stats", "check", query_file(**changes))
    assert result.exit_code == 3
    assert said in " ".join(result.stderr.split()) and "correct the query" in result.stderr


def test_hundreds_of_silos_may_answer_under_masks(cli) -> None:
    result = cli("stats", "check", query_file(), "--participants", "500")
    assert result.exit_code == 0 and "13 binary digits, for up to 500 silos" in result.stdout, result.output


def test_a_file_that_is_no_query_is_refused(cli) -> None:
    Path("query.json").write_text("age,sex")
    result = cli("stats", "check", "query.json")
    assert result.exit_code == 3 and "Invalid JSON" in result.stderr


def test_a_drafted_query_becomes_a_masked_task_whose_words_fit(cli, fresh) -> None:
    result = create(cli, fresh, draft_file(cli, fresh), "--json")
    assert result.exit_code == 0, result.stderr
    task = json.loads(result.stdout)
    enforced, spec = task["enforced"], task["spec"]
    assert (enforced["mode"], enforced["max_weight"], enforced["quorum"], enforced["threshold"]) == (1, 1, 3, 2)
    assert enforced["limit"] * enforced["max_participants"] < 2**31
    assert spec["data"]["kind"] == "statistics" and spec["plan"]["ref"].endswith("counting:Counting")
    assert create(cli, fresh, draft_file(cli, fresh, "--clear"), "--json").exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--aggregator", "0x123"], "field enforced.aggregator: '0x123' is no account address"),
        (["--purpose", "HBM"], "unknown purpose 'HBM'"),
        (["--name", "Ages of all"], "field name: String should match pattern"),
        (["--quorum", "17"], "field enforced: quorum 17 exceeds max_participants 16"),
        (["--quorum", "2"], "a masked task has quorum 2; give a quorum of 3 or more"),
        (["--noise-multiplier", "1", "--split", "4"], "privacy.fewest is 4, and a round may end with 3 silos"),
    ],
)
def test_no_draft_is_written_that_no_task_comes_of(cli, tmp_path: Path, options: list[str], said: str) -> None:
    usual = {"--aggregator": "0x" + "3c" * 20, "--purpose": "HMB"}
    given = [word for pair in usual.items() if pair[0] not in options for word in pair]
    result = cli("stats", "draft", query_file(), "--out", "none.json", *given, *options)
    assert result.exit_code in (3, 5) and said in " ".join(result.stderr.split()), result.output
    assert not Path("none.json").exists()


@pytest.mark.parametrize(
    ("part", "values", "said"),
    [
        ("update", {"clip_norm": 1.0, "limit": 2**20}, "update.limit is 1048576 in a statistics task"),
        ("rule", {"name": "median"}, "rule.name is 'median' in a statistics task, where its query needs 'mean'"),
        ("server", {"name": "fedadam"}, "server.name is 'fedadam' in a statistics task"),
        ("local", {"name": "fedprox", "mu": 0.1}, "local.name is 'fedprox' in a statistics task"),
        ("enforced", {"max_weight": 100}, "enforced.max_weight is 100 in a statistics task"),
        ("enforced", {"max_participants": "many"}, "enforced.max_participants is 'many'; say how many silos"),
    ],
)
def test_what_would_spoil_exact_sums_is_refused(cli, fresh, part: str, values: dict[str, Any], said: str) -> None:
    path = draft_file(cli, fresh, "--clear")
    draft = json.loads(path.read_text())
    draft[part] = {**draft.get(part, {}), **values}
    path.write_text(json.dumps(draft))
    result = create(cli, fresh, path)
    assert result.exit_code == 3 and said in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "privacy",
    [
        {"noise_multiplier": 1.0, "max_grad_norm": 1.0},
        {"unit": "participant", "noise_multiplier": 1.0, "max_norm": 1.0},
    ],
)
def test_noise_of_training_on_counts_is_refused_in_words(cli, fresh, privacy: dict[str, Any]) -> None:
    path = draft_file(cli, fresh)
    draft = json.loads(path.read_text()) | {"privacy": privacy}
    path.write_text(json.dumps(draft))
    result = create(cli, fresh, path)
    assert result.exit_code == 3
    assert f"privacy of each {privacy.get('unit', 'row')} as a training task has it, in a statistics task" in " ".join(
        result.stderr.split()
    )


def test_an_answer_is_shown_written_and_drawn(cli, tmp_path: Path, prefect_server: str) -> None:
    with wards(tmp_path / "wards") as consortium:
        party = consortium.aggregator.open_party()
        where = ["--chain", consortium.chain.rpc_url, "--coordinator", consortium.chain.coordinator]
        where += ["--store", f"local:{tmp_path / 'wards' / 'store'}"]
        early = cli("stats", "show", consortium.task, *where)
        assert early.exit_code == 7 and "has settled no round yet" in early.stderr
        _, summary = answered(consortium)
        told = cli.json("stats", "show", consortium.task, *where)
        assert (told["round"], told["silos"], told["rows"]) == (1, 4, summary.rows)
        age = told["columns"][0]
        assert age["mean"] == pd.concat(tables().values())["age"].mean() and age["withheld"] == 0
        plot, lines = tmp_path / "plot.png", tmp_path / "cells.csv"
        shown = cli("stats", "show", consortium.task, 1, *where, "--plot", plot, "--csv", lines)
        assert shown.exit_code == 0 and "Round 1/1: 360 rows of 4 silos" in shown.stdout
        assert plot.read_bytes().startswith(b"\x89PNG")
        rows = list(csv.reader(lines.open()))
        assert rows[0] == ["column", "cell", "rows"]
        cells = {(name, cell): int(count) for name, cell, count in rows[1:]}
        assert cells["age", "20 to 40"] == age["cells"][1]["rows"]
        assert sum(count for (name, _), count in cells.items() if name == "age") == 360
        assert party.federation.round_state(consortium.task).round == 1


def test_files_become_silos_and_texts_for_nothing_are_missing_values(tmp_path: Path) -> None:
    for name in ("North Ward", "south"):
        (tmp_path / f"{name}.csv").write_text("id,age\n7,?\n8,51\n")
    files = sorted(tmp_path.glob("*.csv"))
    made = tables_of(files, "id", ["?"])
    assert list(made) == ["north-ward", "south"] and list(made["south"].columns) == ["subject", "age"]
    assert made["south"]["subject"].tolist() == ["7", "8"] and made["south"]["age"].isna().tolist() == [True, False]
    assert tables_of(files, "", ["?"])["south"]["subject"].tolist() == ["south-000001", "south-000002"]
    with pytest.raises(MissingColumn, match=r"has no column 'name' for --subject; it has id, age"):
        tables_of(files, "name", [])
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "south.csv").write_text("id,age\n")
    with pytest.raises(ConfigurationError, match="two files are called south"):
        tables_of([*files, tmp_path / "more" / "south.csv"], "id", [])
    (tmp_path / "more" / "empty.csv").touch()
    with pytest.raises(ConfigurationError, match=r"empty\.csv is no CSV file"):
        tables_of([tmp_path / "more" / "empty.csv"], "", [])


def test_a_task_that_trains_has_no_answer(cli, settled) -> None:
    shown = cli("stats", "show", settled.task, 1, "--store", settled.store_address, *settled.options)
    assert shown.exit_code == 3
    assert f"trains a model; see `federated round status {settled.task}`" in " ".join(shown.stderr.split())


def test_a_simulation_is_refused_before_anything_starts_or_an_earlier_ones_files_are_gone(cli) -> None:
    query = query_file()
    assert "give both, or neither" in cli("stats", "simulate", "--query", query).stderr
    two = {name: tables()[name] for name in ("ward-a", "ward-b")}
    asked = Query.model_validate(QUERY)
    with pytest.raises(ConfigurationError, match="2 silos in a masked round; give 3 files or --clear"):
        require_tables(two, asked, True)
    require_tables(two, asked, False)
    with pytest.raises(MissingColumn, match="ward-a has no column sex; it has subject, age, marker"):
        require_tables({n: t.drop(columns="sex") for n, t in tables().items()}, asked, True)
    (kept := Path("before")).mkdir()
    (kept / ".federated-statistics").touch()
    Path("a.csv").write_text("age\n44\n")
    refused = cli("stats", "simulate", "--query", query, "--data", "a.csv", "--out", kept)
    assert refused.exit_code == 2 and "1 silos in a masked round; give 3 files" in refused.stderr
    assert [one.name for one in kept.iterdir()] == [".federated-statistics"]


@pytest.mark.slow
def test_one_command_runs_a_round_and_its_figures_are_those_of_one_place(
    tmp_path: Path, prefect_server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where anvil is looked for
    asked = query_of(SAMPLE, "the sample")
    run = run_statistics(tmp_path, sample(), asked, True, lambda line: None, lambda *said: None)
    assert run.summary is not None and run.summary.silos == 4 and len(run.names) == 4
    for figure in run._beside(run.summary):
        if figure[4]:
            assert float(figure[4]) <= float(figure[5]) + 1e-9, figure
    run.show()
    said = capsys.readouterr().out
    assert "in one place" in said and "Prefect: PREFECT_HOME=" in said and "MLflow: " in said
    assert {one.name for one in tmp_path.glob("statistics.*")} == {
        "statistics.json",
        "statistics.csv",
        "statistics.png",
    }
