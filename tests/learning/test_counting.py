"""What a silo counts is what pandas counts, and pooled over silos what pandas finds in all rows together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.layout import Layout
from prefect_federated.core.statistics.pooled import Numbers, Summary, summarise
from prefect_federated.core.statistics.query import NumberColumn, Query
from prefect_federated.learning.counting import Counting

AGE: dict[str, Any] = {"name": "age", "minimum": 20, "maximum": 80, "bins": 6, "step": 0.5}
SEX: dict[str, Any] = {"name": "sex", "categories": ["f", "m"]}
EVERYTHING = {"fewest": 1}


def query_of(*columns: Mapping[str, Any], **rest: Any) -> Query:
    return Query.model_validate({"columns": columns, "min_rows": 1000, **rest})


def pooled(query: Query, frames: list[pd.DataFrame], masked: bool = True) -> Summary:
    """The answer of a round of these silos, through words and their floored mean."""
    coding, layout = Coding(len(frames) + 2, masked), Layout(query)
    words = [coding.encode(layout.numbers(Counting().count(query, frame)), layout.widths) for frame in frames]
    mean = weighted_mean([(1, one) for one in words], d=words[0].size)
    return summarise(query, layout.counts(coding.decode(mean, len(frames), layout.widths)), len(frames))


def numbers_of(summary: Summary, place: int = 0) -> Numbers:
    found = summary.columns[place].numbers
    assert found is not None
    return found


ages = st.lists(st.one_of(st.none(), st.floats(0, 100, width=32)), min_size=1, max_size=40)


@given(st.lists(ages, min_size=1, max_size=5), st.booleans())
def test_pooled_figures_are_those_of_all_rows_together(silos: list[list[float | None]], masked: bool) -> None:
    query = query_of(AGE, cells=EVERYTHING, quantiles=[0, 0.1, 0.25, 0.5, 0.9, 1])
    (column,) = query.columns
    assert isinstance(column, NumberColumn)
    summary = pooled(query, [pd.DataFrame({"age": one}, dtype="float64") for one in silos], masked)
    everybody = pd.Series([one for silo in silos for one in silo], dtype="float64")
    told, found, present = summary.columns[0], numbers_of(summary), everybody.dropna()
    assert summary.rows == len(everybody) and told.cells[-1] == everybody.isna().sum()
    assert told.cells[0] == (present < 20).sum() and told.cells[-2] == (present > 80).sum()
    assert list(told.cells[1:-2]) == np.histogram(present, bins=column.edges)[0].tolist()
    assert found.counted == len(present)
    if not len(present):
        assert found.mean is None and not found.quantiles
        return
    held = present.clip(20, 80)
    assert found.mean == pytest.approx(held.mean(), abs=0.25 + 1e-9)
    assert np.sqrt(found.variance or 0) == pytest.approx(held.std(ddof=0), abs=0.25 + 1e-6)
    rounded = 20 + np.rint((held - 20) / 0.5) * 0.5
    assert found.mean == pytest.approx(rounded.mean(), abs=1e-9)
    assert found.variance == pytest.approx(rounded.var(ddof=0), abs=1e-9)
    assert found.sample_variance == (pytest.approx(rounded.var(), abs=1e-9) if len(present) > 1 else None)
    for one in found.quantiles:
        true = float(np.quantile(present, one.share, method="inverted_cdf"))
        assert one.low <= true <= one.high
        if one.value is not None:
            assert abs(one.value - true) <= 10


def test_a_bin_holds_its_left_edge_and_the_last_one_both() -> None:
    summary = pooled(query_of(AGE, cells=EVERYTHING), [pd.DataFrame({"age": [20.0, 30.0, 80.0, 19.9, 80.1]})])
    assert summary.columns[0].cells == (1, 1, 1, 0, 0, 0, 1, 1, 0)


def test_whole_numbers_under_a_step_of_one_are_exact() -> None:
    rng = np.random.default_rng(1)
    frames = [pd.DataFrame({"age": rng.integers(20, 81, rows).astype(float)}) for rows in (50, 70, 111)]
    found = numbers_of(pooled(query_of({**AGE, "step": 1}, cells=EVERYTHING), frames))
    everybody = pd.concat(frames)["age"]
    assert found.mean == everybody.mean()
    assert found.sample_variance == pytest.approx(everybody.var(), rel=1e-12)


def test_categories_count_codes_as_their_digits_and_the_rest_as_other() -> None:
    query = query_of(SEX, {"name": "code", "categories": [0, 1]}, cells=EVERYTHING)
    frame = pd.DataFrame({"sex": ["f", "m", "f", None, "x"], "code": [0.0, 1.0, np.nan, 1.0, 2.5]})
    summary = pooled(query, [frame, frame])
    assert summary.columns[0].cells == (4, 2, 2, 2)
    assert summary.columns[1].cells == (2, 4, 2, 2)
    assert summary.columns[0].numbers is None


def test_an_empty_column_is_all_missing_and_has_no_mean() -> None:
    summary = pooled(query_of(AGE), [pd.DataFrame({"age": [np.nan] * 30})])
    assert summary.columns[0].cells[-1] == 30 and numbers_of(summary).mean is None


def test_infinite_values_are_beyond_the_bounds() -> None:
    summary = pooled(query_of(AGE, cells=EVERYTHING), [pd.DataFrame({"age": [np.inf, -np.inf, 50.0]})])
    assert (summary.columns[0].cells[0], summary.columns[0].cells[-2]) == (1, 1)
    assert numbers_of(summary).mean == 50


# Suppression


def skewed() -> pd.DataFrame:
    """Two below 30, thirty from 30 on, forty from 40 on, one above 80."""
    return pd.DataFrame({"age": [21.0, 22.0, *[35.0] * 30, *[45.0] * 40, 95.0]})


def test_small_cells_never_leave_a_silo_and_sums_are_of_the_others_alone() -> None:
    frame = skewed()
    counts = Counting().count(query_of(AGE), frame).columns[0]
    assert counts.cells == (0, 0, 0, 40, 0, 0, 0, 0, 0) and counts.withheld == 33
    moved = frame.assign(age=[29.5, 20.0, *[39.0] * 30, *[45.0] * 40, 81.0])
    assert Counting().count(query_of(AGE), moved).columns[0] == counts, "withheld rows are in no sum"
    found = numbers_of(pooled(query_of(AGE), [frame]))
    assert (found.counted, found.mean, found.variance) == (40, 45.0, 0.0)


def test_withheld_rows_of_some_silos_leave_the_total_exact_and_widen_quantiles() -> None:
    query = query_of(AGE, quantiles=[0.25, 0.5])
    full = pd.DataFrame({"age": [*[35.0] * 20, *[45.0] * 20]})
    summary = pooled(query, [skewed(), full])
    told = summary.columns[0]
    assert summary.rows == 113 and told.withheld == 33
    assert sum(count or 0 for count in told.cells) + told.withheld == 113
    everybody = pd.concat([skewed(), full])["age"]
    quarter, median = numbers_of(summary).quantiles
    assert (quarter.low, quarter.high) == (-np.inf, 50), "all 33 may be the youngest"
    assert (median.low, median.high) == (40, 50)
    for one in (quarter, median):
        assert one.low <= np.quantile(everybody, one.share, method="inverted_cdf") <= one.high


def test_missing_values_may_be_told_so_that_few_of_them_hide_nothing_else() -> None:
    frame = pd.DataFrame({"age": [*[35.0] * 30, *[45.0] * 40, np.nan, np.nan]})
    assert Counting().count(query_of(AGE), frame).columns[0].withheld == 32, "the two, and a cell beside them"
    told = Counting().count(query_of(AGE, cells={"missing": "told"}), frame).columns[0]
    assert told.withheld == 0 and told.cells[-1] == 2 and told.counted == 70


def test_where_few_rows_have_a_value_even_told_missing_ones_are_withheld_and_there_is_no_sum() -> None:
    frame = pd.DataFrame({"age": [35.0, 36.0, *[np.nan] * 40]})
    for sums in ("told", "all"):
        found = Counting().count(query_of(AGE, cells={"missing": "told", "sums": sums}), frame).columns[0]
        assert found.withheld == 42 and not any(found.cells) and (found.counted, found.total) == (0, 0)


def test_sums_may_be_of_all_rows_with_a_value_so_that_the_mean_is_that_of_all() -> None:
    frame = skewed()
    found = pooled(query_of(AGE, cells={"missing": "told", "sums": "all"}), [frame])
    assert found.columns[0].withheld == 33 and numbers_of(found).counted == 73
    assert numbers_of(found).mean == frame["age"].clip(20, 80).mean()


def test_in_the_pool_sums_are_of_all_rows_and_small_cells_are_left_out_of_what_is_told() -> None:
    query = query_of(AGE, cells={"fewest": 5, "at": "pool"})
    counts = Counting().count(query, skewed()).columns[0]
    assert counts.cells == (0, 2, 30, 40, 0, 0, 0, 1, 0) and counts.withheld == 0
    summary = pooled(query, [skewed()])
    told = summary.columns[0]
    assert told.cells == (0, None, None, 40, 0, 0, 0, None, 0) and told.withheld == 33
    assert numbers_of(summary).mean == skewed()["age"].clip(20, 80).mean()


def test_two_silos_may_pool_small_cells_into_one_that_is_told() -> None:
    query = query_of(AGE, cells={"fewest": 5, "at": "pool"})
    frame = pd.DataFrame({"age": [*[25.0] * 3, *[35.0] * 30]})
    assert pooled(query, [frame, frame]).columns[0].cells[1] == 6
    assert pooled(query_of(AGE), [frame, frame]).columns[0].cells[1] == 0
