"""What one row moves of a silo's counts is bounded, whatever the others are; noise of a silo is its own."""

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from prefect_federated.adapters.data.view import _typed
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.cli.draft import complete
from prefect_federated.cli.stats_draft import draft_of
from prefect_federated.core.errors import ConfigurationError, TrainingFailed
from prefect_federated.core.statistics.cell_noise import CellNoise, sensitivity_sq
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import Query
from prefect_federated.core.statistics.tally import words_of
from prefect_federated.learning.counting import Counting
from prefect_federated.learning.noised_counts import noised_counts
from prefect_federated.learning.plan import TrainingData, load_private_counting
from prefect_federated.learning.private_counting import PrivateCounting

AGE: dict[str, Any] = {"name": "age", "minimum": 20, "maximum": 80, "bins": 3}
MARKER: dict[str, Any] = {"name": "marker", "minimum": -1e-3, "maximum": 7e5, "bins": [0.1, 3]}
CODE: dict[str, Any] = {"name": "code", "categories": [0, 1, 2, "f"]}
QUERY = Query.model_validate({"columns": [AGE, MARKER, CODE], "cells": {"at": "pool"}})
NOISE = CellNoise.of(QUERY, StatisticsPrivacy(noise_multiplier=1.0, max_rows=1000), 4, masked=True)

values = st.one_of(st.none(), st.floats(-1e9, 1e9), st.sampled_from([20.0, 80.0, math.inf, -math.inf, 50.0]))
codes = st.one_of(
    st.none(), st.sampled_from(["0", "1", "2", "f", "x", "01", "1.0", "True", "TRUE", "false", "1e0", ""])
)
rows = st.tuples(values, values, codes)
Row = tuple[float | None, float | None, str | None]


def frame_of(rows: list[Row]) -> pd.DataFrame:
    """Rows as a silo's CSV file has them, read and typed as the consent view reads and types."""
    lines = [",".join("" if one is None else str(one) for one in ("id", *row)) for row in rows]
    text = "\n".join(["id,age,marker,code", *lines])
    return _typed(pd.read_csv(io.StringIO(text), float_precision="round_trip")[["age", "marker", "code"]], "")


def words(rows: list[Row]) -> NDArray[np.int64]:
    tally = PrivateCounting().tally(QUERY, frame_of(rows), NOISE.grain)
    return words_of(QUERY, tally, NOISE, 1000).astype(np.int64)


@settings(deadline=None)
@given(st.lists(rows, max_size=12), rows)
def test_a_row_that_comes_or_goes_moves_the_words_by_no_more_than_is_hidden(others: list[Row], one: Row) -> None:
    apart = words([*others, one]) - words(others)
    assert int((apart * apart).sum()) <= NOISE.grain**2 * sensitivity_sq(QUERY)
    assert int(abs(apart).max()) <= NOISE.grain and apart[0] == NOISE.grain


def test_the_bound_is_reached_by_a_row_at_the_ends_of_all_columns() -> None:
    apart = words([(80.0, 7e5, "f")]) - words([])
    assert int((apart * apart).sum()) == NOISE.grain**2 * sensitivity_sq(QUERY) == NOISE.grain**2 * 8
    assert NOISE.sigma >= NOISE.grain * math.sqrt(8)


def test_a_word_among_numbers_moves_no_other_row_into_another_category() -> None:
    """One text in a CSV column has pandas read all of it as text: 1.0 and TRUE would be other categories."""
    numbers: list[Row] = [(30.0, 1.0, code) for code in ("1.0", "0", "2")]
    truths: list[Row] = [(30.0, 1.0, code) for code in ("TRUE", "false", "TRUE")]
    for rows in (numbers, truths):
        apart = words([*rows, (30.0, 1.0, "x")]) - words(rows)
        assert int((apart * apart).sum()) <= NOISE.grain**2 * sensitivity_sq(QUERY)
        assert np.count_nonzero(apart[-6:]) == 1, "a cell of `code` alone"


@given(st.lists(rows, min_size=1, max_size=30))
@settings(deadline=None)
def test_cells_are_those_of_exact_counts_and_sums_those_of_rounded_values(having: list[Row]) -> None:
    frame = frame_of(having)
    tally = PrivateCounting().tally(QUERY, frame, NOISE.grain)
    exact = Counting().count(QUERY, frame)
    assert tally.rows == exact.rows == len(having)
    for noisy, plain in zip(tally.columns[:2], exact.columns[:2], strict=True):
        assert noisy.cells == plain.cells
    assert sum(tally.columns[2].cells) == len(having)
    held = frame["age"].dropna().clip(20, 80).to_numpy(float)
    x = (held - 50) / 30
    assert tally.columns[0].total / NOISE.grain == pytest.approx(x.sum(), abs=(len(x) + 1e-3) / 2 / NOISE.grain)
    assert tally.columns[0].squares / NOISE.grain == pytest.approx((x * x).sum(), abs=(len(x) + 1e-3) / 2 / NOISE.grain)


def test_a_plan_that_counts_exactly_is_not_taken_for_one_that_counts_for_noise() -> None:
    with pytest.raises(ConfigurationError, match=r"lacks tally; name prefect_federated\.learning\.private_counting"):
        load_private_counting("prefect_federated.learning.counting:Counting", {})


def noised(secret: bytes, frame: pd.DataFrame, folder: Path, masked: bool) -> tuple[NDArray[np.int32], Any, CellNoise]:
    """What a silo sends of a frame in a task of `QUERY`."""
    privacy = StatisticsPrivacy(noise_multiplier=1.0, max_rows=1000)
    draft = draft_of(
        QUERY.model_copy(update={"min_rows": 5}),
        name="survey",
        purposes=["HMB"],
        aggregator="0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        participants=4,
        masked=masked,
        privacy=privacy,
    )
    spec, data = complete(draft, LocalStore(folder)), TrainingData(frame, QUERY.names, "")
    return *noised_counts(spec, QUERY, privacy, data, secret), CellNoise.of(QUERY, privacy, 4, masked)


@pytest.mark.parametrize("masked", [True, False], ids=["masked", "clear"])
def test_what_a_silo_sends_has_its_noise_or_goes_with_it_under_masks(tmp_path: Path, masked: bool) -> None:
    frame = frame_of([(30.0 + place, 1.0, "f") for place in range(40)])
    sent, noise, plan = noised(b"\1" * 32, frame, tmp_path, masked)
    exact = words_of(QUERY, PrivateCounting().tally(QUERY, frame, plan.grain), plan, 1000)
    added = noise if masked else sent - exact
    assert (noise is None) is not masked and np.array_equal(sent, exact) is masked
    assert 0.5 < np.std(added) / plan.part < 2 and plan.part == plan.sigma, "of a few numbers"
    again, _, _ = noised(b"\1" * 32, frame, tmp_path, masked)
    other, moved_noise, _ = noised(b"\2" * 32, frame, tmp_path, masked)
    assert np.array_equal(again, sent)
    assert not np.array_equal(moved_noise if masked else other, noise if masked else sent)


def test_a_plan_that_fails_on_rows_says_neither_what_they_are_nor_how_many(tmp_path: Path) -> None:
    frame = pd.DataFrame({"age": ["thirty"] * 41, "marker": [1.0] * 41, "code": ["f"] * 41})
    with pytest.raises(TrainingFailed, match=r"^counting ended with ValueError in this silo") as failed:
        noised(b"\1" * 32, frame, tmp_path, True)
    assert "41" not in str(failed.value) and failed.value.__context__ is None
