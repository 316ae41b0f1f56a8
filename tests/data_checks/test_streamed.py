"""A silo whose Parquet file is streamed takes part in a round as if it had read it whole: same evidence, same view."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from prefect_federated.adapters.data import table
from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.consented import same_view
from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.core.errors import ConfigurationError, DataRefused
from prefect_federated.scenario.consortium import data_path
from prefect_federated.tasks.train import train
from prefect_federated.tasks.validate import validate
from tests.data_checks.scene import HONEST, SENSITIVE, Scene
from tests.data_checks.test_refused import BETWEEN, assert_says

ROWS_A_BATCH = 20


@pytest.fixture
def streamed(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Settings of a silo with the same rows in a streamed Parquet file, several batches long; never read as a whole."""

    def settings(arrange: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame) -> dict[str, Any]:
        frame = FileSource(data_path(scene.consortium.ground, HONEST)).read().sort_values("subject")
        arrange(frame).to_parquet(tmp_path / "data.parquet", row_group_size=ROWS_A_BATCH, index=False)
        read = FileSource.read
        monkeypatch.setattr(
            FileSource, "read", lambda self: pytest.fail("read as a whole") if self.stream else read(self)
        )
        return {"data": tmp_path / "data.parquet", "stream": True, "data_docs": None}

    return settings


def test_evidence_of_a_streamed_silo_is_that_of_the_same_rows_in_memory(
    scene: Scene, streamed: Callable[..., dict[str, Any]]
) -> None:
    own = scene.suite("streamed.json", {"type": BETWEEN, "kwargs": {"column": SENSITIVE[0], "min_value": 0}})
    memory = validate.fn(scene.block(HONEST, **own).open(), scene.spec())
    stream = validate.fn(scene.block(HONEST, **own, **streamed()).open(), scene.spec())
    assert stream.counts.rows > 3 * ROWS_A_BATCH
    assert stream == memory and stream.hash == memory.hash


def test_training_reads_the_same_view(scene: Scene, streamed: Callable[..., dict[str, Any]]) -> None:
    memory, stream = scene.block(HONEST).open(), scene.block(HONEST, **streamed()).open()
    evidence = validate.fn(stream, scene.spec())
    view = same_view(stream, scene.spec(), evidence)
    pd.testing.assert_frame_equal(view.frame, same_view(memory, scene.spec(), evidence).frame)
    found, expected = (train.fn(silo, scene.spec(), evidence) for silo in (stream, memory))
    assert (found.weight, found.metrics) == (expected.weight, expected.metrics)


def test_audit_with_data_streams_too_and_finds_the_update_of_the_round(
    scene: Scene, streamed: Callable[..., dict[str, Any]]
) -> None:
    findings = audit_with_data(scene.block(HONEST, **streamed()).open(), scene.consortium.task, 1, retrain=True)
    assert [str(finding) for finding in findings if not finding.holds] == []


def test_nothing_changed_and_no_row_is_read_again(
    scene: Scene, streamed: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = streamed()
    first = validate.fn(scene.block(HONEST, **settings).open(), scene.spec())
    monkeypatch.setattr(table, "streamed_checks", lambda *_: pytest.fail("read again"))
    assert validate.fn(scene.block(HONEST, **settings).open(), scene.spec()) == first


def test_altered_row_and_rows_out_of_order_are_refused(scene: Scene, streamed: Callable[..., dict[str, Any]]) -> None:
    def altered(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(mean_area=frame["mean_area"].where(frame["subject"] != frame["subject"].max(), 1.0))

    assert_says(scene.refused(**streamed(altered)), DataRefused, "data.parquet hashes to dataset root 0x")
    backwards = scene.refused(**streamed(lambda frame: frame.iloc[::-1]))
    assert_says(
        backwards, DataRefused, "data.parquet is not sorted by subject", "sort the export", "set stream to false"
    )


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        (
            "expect_column_mean_to_be_between",
            {"min_value": 0},
            "expect_column_mean_to_be_between on column mean_radius",
        ),
        (BETWEEN, {"min_value": 0, "mostly": 0.9}, f"{BETWEEN} on column mean_radius with mostly"),
    ],
)
def test_own_suite_about_the_whole_is_refused_by_name_and_runs_in_memory(
    scene: Scene, streamed: Callable[..., dict[str, Any]], kind: str, arguments: dict[str, float], words: str
) -> None:
    suite = scene.suite("whole.json", {"type": kind, "kwargs": {"column": "mean_radius", **arguments}})
    assert validate.fn(scene.block(HONEST, **suite).open(), scene.spec()).checks[-1].success
    assert_says(scene.refused(**suite, **streamed()), ConfigurationError, "checked in batches", words)


def test_file_that_changes_between_its_two_readings_is_refused(
    scene: Scene, streamed: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, checked = streamed(), table.streamed_checks

    def rewritten(*arguments: Any) -> Any:
        found = checked(*arguments)
        settings["data"].write_bytes(settings["data"].read_bytes())
        return found

    monkeypatch.setattr(table, "streamed_checks", rewritten)
    assert_says(scene.refused(**settings), DataRefused, "data.parquet changed while it was read", "validate again")


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"data": Path("ward.csv")}, "stream needs a Parquet file, data is ward.csv"), ({"data_docs": Path()}, "no page")],
)
def test_block_refuses_a_stream_that_cannot_be(scene: Scene, settings: dict[str, Any], words: str) -> None:
    plain: dict[str, Any] = {"data": Path("ward.parquet"), "stream": True, "data_docs": None}
    assert scene.block(HONEST, **plain).source() == FileSource(Path("ward.parquet"), stream=True)
    with pytest.raises(ValueError, match=words):
        scene.block(HONEST, **{**plain, **settings})
