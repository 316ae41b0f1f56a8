"""`federated stats` with --noise-multiplier: what it costs is said before anything runs, what cannot be is refused."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.data.budget import round_cost
from prefect_federated.adapters.statistics import write_files
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.cli.draft import complete
from prefect_federated.cli.stats_draft import draft_of, query_of
from prefect_federated.cli.stats_noise import NoiseOptions, under
from prefect_federated.cli.stats_run import _moments
from prefect_federated.cli.stats_tables import show_summary
from prefect_federated.core.errors import SpecError, SpecMismatch
from prefect_federated.core.participant_privacy import ParticipantPrivacy
from prefect_federated.core.silo_noise import row_cost
from prefect_federated.core.spec import PrivacySpec, TaskSpec, parse_spec
from prefect_federated.core.statistics.cell_noise import CellNoise
from prefect_federated.core.statistics.noisy import summarise_noisy
from prefect_federated.core.statistics.pooled import Summary
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import NumberColumn, Query
from prefect_federated.core.statistics.tally import Noisy, NoisyColumn
from tests.cli.test_stats import draft_file, query_file
from tests.flows.statistics_scene import QUERY

AGGREGATOR = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
POOL = {"fewest": 5, "at": "pool"}
NOISE = {"kind": "statistics", "noise_multiplier": 2.0}


def draft(**changes: Any) -> dict[str, Any]:
    """A draft of a masked task under noise, without a chain."""
    asked = query_of(json.dumps(QUERY | {"cells": POOL}), "the test")
    privacy = StatisticsPrivacy(noise_multiplier=2.0)
    made = draft_of(asked, name="survey", purposes=["HMB"], aggregator=AGGREGATOR, participants=8, privacy=privacy)
    return json.loads(json.dumps(made)) | changes


def completed(made: dict[str, Any], folder: Path) -> TaskSpec:
    return complete(made, LocalStore(folder))


def test_what_noise_costs_and_what_error_to_expect_is_said_before_anything_runs(cli) -> None:
    told = cli("stats", "check", query_file(), "--participants", 8, "--noise-multiplier", 2, "--split", 3)
    assert told.exit_code == 0, told.output
    text = " ".join(told.stdout.split())
    for said in (
        "each row, epsilon 2.168 at delta 1e-05 in each round",
        "8 numbers by a row at most, 2.828 together (L2)",
        "standard deviation 5.658 rows where 3 silos answer",
        "9.239 rows where 8 silos answer",
        "a part, such that 3 have it all",
        "told, with their noise",
        "below 5 with their noise, of what is shown",
        "of 1,000 rows",
    ):
        assert said in text, said
    assert "Noise" not in cli("stats", "check", query_file()).stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--noise-multiplier", 0], "privacy.noise_multiplier is 0.0: Input should be greater than 0"),
        (["--noise-multiplier", 1, "--delta", 1], "privacy.delta is 1.0: Input should be less than 1"),
        (["--split", 2], "without --noise-multiplier: they are of noise"),
        (["--noise-multiplier", 1, "--split", 2, "--clear"], "privacy.fewest is 2 in a clear task"),
        (["--noise-multiplier", 1, "--split", 9, "--participants", 8], "--split 9 where 8 silos answer at most"),
        (["--noise-multiplier", 1, "--max-rows", 10**9], "do not fit a word where a row counts 16; lower max_rows"),
    ],
)
def test_noise_that_makes_no_sense_is_refused(cli, options: list[Any], said: str) -> None:
    result = cli("stats", "check", query_file(), *options)
    assert result.exit_code in (2, 3) and said in " ".join(result.stderr.split())


def test_a_query_that_has_silos_withhold_cells_is_not_asked_under_noise(cli) -> None:
    result = cli("stats", "check", query_file(cells={"at": "silo"}), "--noise-multiplier", 1)
    assert result.exit_code == 3 and "data.cells.at is 'silo' in a statistics task with privacy" in result.stderr
    asked = under(StatisticsPrivacy(noise_multiplier=1), Query.model_validate(QUERY))
    assert (asked.cells.at, Query.model_validate(QUERY).cells.at) == ("pool", "silo")


def test_a_draft_with_noise_says_its_cost_and_becomes_a_task_that_counts_it(cli, fresh, tmp_path: Path) -> None:
    path = draft_file(cli, fresh, "--noise-multiplier", "2", "--split", "3")
    made = json.loads(path.read_text())
    assert made["privacy"] == {**NOISE, "unit": "row", "delta": 1e-5, "fewest": 3, "max_rows": 100_000}
    spec = completed(made, tmp_path)
    assert spec.plan.ref == "prefect_federated.learning.private_counting:PrivateCounting"
    assert spec.enforced.privacy_floor == row_cost(2.0) and spec.enforced.modes == 1
    noise = CellNoise.of(
        Query.model_validate(made["data"]), StatisticsPrivacy.model_validate(made["privacy"]), 16, True
    )
    assert spec.update.limit == noise.limit == noise.grain * 100_000
    assert parse_spec(spec.canonical(), spec.spec_hash) == spec


def without(made: dict[str, Any], *path: str) -> dict[str, Any]:
    place = made
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return made


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"privacy": {"noise_multiplier": 1.0, "max_grad_norm": 1.0}},
            'privacy of each row as a training task has it, in a statistics task: .* write {"kind": "statistics"',
        ),
        (
            {"privacy": {"unit": "participant", "noise_multiplier": 1.0, "max_norm": 1.0}},
            "privacy of each participant as a training task has it, in a statistics task",
        ),
        ({"privacy": {**NOISE, "noise_multiplier": -1}}, "privacy.noise_multiplier: Input should be greater than 0"),
        ({"privacy": {**NOISE, "max_grad_norm": 1}}, "privacy.max_grad_norm: Extra inputs are not permitted"),
        ({"privacy": {**NOISE, "fewest": 4}}, "privacy.fewest is 4, and a round may end with 3 silos, the quorum"),
        (
            {"privacy": {**NOISE, "fewest": 4}, "masking": {"name": "masked", "threshold": 2, "group": 3}},
            "privacy.fewest is 4, and the sum of a group of 3 shows",
        ),
        ({"data": QUERY | {"kind": "statistics"}}, "data.cells.at is 'silo' in a statistics task with privacy"),
        (
            {
                "data": {
                    "kind": "statistics",
                    "columns": [{"name": "sex", "categories": ["1", "01"]}],
                    "cells": POOL,
                    "min_rows": 20,
                }
            },
            "categories '1' and '01' of column sex are one where noise hides rows",
        ),
        ({"update": {"clip_norm": 1.0, "limit": 2**20}}, "update.limit is 1048576 in a statistics task"),
    ],
)
def test_noise_that_would_hide_less_than_it_says_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        completed(draft(**changes), tmp_path)


def test_a_floor_that_the_noise_does_not_cost_is_refused_and_everybody_pays_it(tmp_path: Path) -> None:
    spec = completed(draft(), tmp_path)
    assert round_cost(spec, 20) == round_cost(spec, 100_000) == row_cost(2.0) == spec.enforced.privacy_floor
    cheap = spec.enforced.model_copy(update={"privacy_floor": row_cost(2.1)})
    with pytest.raises(SpecMismatch, match=r"counts at least epsilon 2\.05\d a round, its noise \(each row hidden"):
        round_cost(spec.model_copy(update={"enforced": cheap}), 20)


def test_noise_for_counts_is_refused_where_a_model_is_trained(tmp_path: Path) -> None:
    spec = completed(draft(), tmp_path).model_dump(mode="json")
    columns = [{"name": "age", "minimum": 20, "maximum": 80}]
    spec["data"] = {"columns": columns, "target": "sex", "target_values": [0, 1]}
    with pytest.raises(SpecError, match="privacy of kind statistics in a task that trains: it has no gradients"):
        TaskSpec.model_validate_json(json.dumps(spec))


def test_hashes_of_specs_without_noise_and_of_other_noise_are_what_they_were(tmp_path: Path) -> None:
    plan = {"code_hash": "0x13a12f0132477e51675caf19b2659592a2456ab12de71416900a9f95a48e3582"}  # of that time
    spec = completed(without(draft(plan=plan), "privacy"), tmp_path)
    assert spec.spec_hash.hex() == "f5ee32d0f5fa4f551f0355028af427e63b457eb3d1ef2db551f0936ab5793793"
    row = PrivacySpec(noise_multiplier=0.7, max_grad_norm=2.0)
    assert row.model_dump(mode="json") == {"noise_multiplier": 0.7, "max_grad_norm": 2.0, "delta": 1e-5}
    silo = ParticipantPrivacy(noise_multiplier=2.0, max_norm=1.0)
    assert set(silo.model_dump(mode="json")) == {"unit", "noise_multiplier", "max_norm", "delta", "fewest"}


def answer() -> Summary:
    """Of 400 rows: ages about 50, of whom hardly any is at an end."""
    asked = Query.model_validate(QUERY | {"cells": POOL, "quantiles": [0.5]})
    privacy = StatisticsPrivacy(noise_multiplier=2.0, fewest=3)
    noise, marker = CellNoise.of(asked, privacy, 4, masked=True), NoisyColumn((-7.0, 9.0, 3.0, 2.0, 6.0, 1.0, 395.0))
    age = NoisyColumn((-3.5, 100.0, 210.0, 90.0, 4.0, 1.5), 6.0, 100.0)
    columns = (age, marker, NoisyColumn((190.0, 204.0, -2.0, 8.0)))
    return summarise_noisy(asked, privacy, noise, Noisy(400.0, columns, noise.deviation(4)), 4)


def test_every_figure_stands_with_its_noise_in_tables_json_csv_and_plot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = answer()
    show_summary(summary, "Round 1/1")
    text = " ".join(capsys.readouterr().out.split())
    for said in ("epsilon 2.168 at delta 1e-05", "deviation 6.532 rows", "50.45 ± 0.49", "400.0 rows of 4 silos"):
        assert said in text, text
    paths = write_files(summary, tmp_path)
    told, rows = json.loads(paths[0].read_text()), list(csv.reader(paths[1].open()))
    assert told["noise"]["deviation"] == pytest.approx(2 * np.sqrt(8 * 4 / 3), abs=0.01)
    age = told["columns"][0]
    assert age["standard_errors"]["mean"] == pytest.approx(30 * 6.532 / 398.5, rel=0.01)
    assert rows[0] == ["column", "cell", "rows", "noise"] and rows[2] == ["age", "20 to 40", "100.0", "6.53223"]
    assert paths[2].read_bytes().startswith(b"\x89PNG")


def test_cells_below_k_are_left_out_by_their_noisy_counts_and_no_other_with_them() -> None:
    age, marker, sex = answer().columns
    assert age.cells == (None, 100.0, 210.0, 90.0, None, None) and age.withheld == -3.5 + 4.0 + 1.5
    assert sex.cells == (190.0, 204.0, None, 8.0) and sex.withheld == -2.0
    assert marker.numbers is not None and marker.numbers.mean is None, "five rows are less than the noise"


def test_beside_the_figures_of_one_place_stands_how_far_noise_may_take_them() -> None:
    (age, *_), found = answer().columns, answer().columns[0].numbers
    asked = Query.model_validate(QUERY).columns[0]
    assert isinstance(asked, NumberColumn) and found is not None and found.errors is not None
    assert found.errors.mean is not None and found.errors.variance is not None and found.variance is not None
    mean, spread, median = _moments(asked, found, np.array([50.0, 51.0]))
    assert mean[1:] == ("mean", "50.451694", "50.5", "0.048", f"{2 * found.errors.mean + found.error:.2g}")
    rounded = 1.5 * 60 * found.error / 2 / np.sqrt(found.variance)
    assert spread[-1] == f"{found.errors.variance / np.sqrt(found.variance) + rounded:.2g}"
    assert median[1] == "quantile 0.5" and age.name == "age"


def test_options_left_alone_ask_for_no_noise() -> None:
    assert NoiseOptions().privacy() is None
