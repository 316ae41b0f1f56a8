"""Queries that make no sense are refused in words; those that do say what is counted."""

from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.core.statistics.query import CategoryColumn, NumberColumn, Query

AGE: dict[str, Any] = {"name": "age", "minimum": 20, "maximum": 80, "bins": 6, "step": 1}
SEX: dict[str, Any] = {"name": "sex", "categories": [0, 1]}


@pytest.mark.parametrize(
    ("columns", "rest", "said"),
    [
        ([{**AGE, "minimum": 80}], {}, "minimum 80 and maximum 80; give bounds that lie apart"),
        ([{**AGE, "bins": 0}], {}, "0 bins; give 1 to 1000"),
        ([{**AGE, "bins": [40, 30]}], {}, "edges 20, 40, 30, 80; they must ascend"),
        ([{**AGE, "bins": [20, 30]}], {}, "edges 20, 20, 30, 80; they must ascend"),
        (
            [{**AGE, "step": 1e-4}],
            {},
            "step of 0.0001 in a span of 60, more than 65536 steps; give 0.000915527 or more",
        ),
        ([{**AGE, "minimum": float("nan")}], {}, "finite"),
        ([{**AGE, "minimum": -1e308, "maximum": 1e308}], {}, "further apart than any number tells"),
        ([{"name": "id", "minimum": 1e16, "maximum": 1e16 + 4}], {}, "10 bins between 1e+16 and 1.0000000000000004e"),
        ([{**SEX, "categories": ["a", "a"]}], {}, "categories of column sex a, a name one twice"),
        ([{**SEX, "categories": ["missing"]}], {}, "'missing', which is counted anyway"),
        ([{**SEX, "categories": []}], {}, "at least 1"),
        ([AGE, AGE], {}, "columns and date age, age name one twice"),
        ([{**AGE, "name": "_fresh"}], {}, "begins with _"),
        ([AGE], {"min_rows": 3}, "min_rows is 3, cells.fewest 5"),
        ([AGE], {"cells": {"fewest": 0}}, "greater than or equal to 1"),
        ([AGE], {"cells": {"at": "nowhere"}}, "'silo' or 'pool'"),
        ([AGE], {"cells": {"sums": "all"}}, "set missing to told, or sums to told"),
        ([AGE], {"quantiles": [1.5]}, "less than or equal to 1"),
        ([], {}, "at least 1"),
        ([{"name": "age"}], {}, "minimum"),
    ],
)
def test_bad_query_is_refused_with_what_is_wrong(columns: list[Any], rest: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Query.model_validate({"columns": columns, **rest})
    assert said in str(refused.value)


def test_query_says_what_is_read_and_what_cells_there_are() -> None:
    query = Query.model_validate(
        {"columns": [AGE, SEX], "freshness": {"column": "seen", "max_age_s": 86_400}, "min_rows": 5}
    )
    age, sex = query.columns
    assert isinstance(age, NumberColumn) and isinstance(sex, CategoryColumn)
    assert query.names == ("age", "sex") and query.read == ("age", "sex", "seen")
    assert age.edges == (20, 30, 40, 50, 60, 70, 80) and age.labels[:2] == ("below", "20 to 30")
    assert sex.labels == ("0", "1", "other", "missing")
    assert Query.model_validate_json(query.model_dump_json()) == query


@pytest.mark.parametrize(
    ("low", "high", "bins", "first"),
    [
        (20, 80, 3, "20 to 40"),
        (0, 1, 3, "0 to 0.333333"),
        (100_000, 100_001, 4, "100000 to 100000.25"),
        (1.7e9, 1.7e9 + 100, 10, "1.7e+09 to 1.70000001e+09"),
        (1.0, 1.0 + 2**-50, 4, "1 to 1.0000000000000002"),
    ],
)
def test_no_two_cells_are_called_the_same_however_close_their_edges_are(
    low: float, high: float, bins: int, first: str
) -> None:
    labels = NumberColumn(name="x", minimum=low, maximum=high, bins=bins).labels
    assert labels[1] == first and len(set(labels)) == len(labels) == bins + 3


def test_edges_may_be_given_and_the_step_follows_from_the_span() -> None:
    column = NumberColumn.model_validate({"name": "dose", "minimum": 0, "maximum": 65536, "bins": [10, 100]})
    assert column.edges == (0, 10, 100, 65536) and column.resolution == 1.0
