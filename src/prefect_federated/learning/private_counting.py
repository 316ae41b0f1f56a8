"""The plan of a statistics task with privacy: what a silo counts in its checked view, before noise is added.

rows --bounds, bins, categories of the query--> the cell of each --count--> Tally; values --grains--> sums, squares

What a row counts for follows from that row and the query alone: no cell is withheld here, no bound is taken from data,
and a category is told by its value, not by how a table with other rows was read.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.statistics.categories import canonical_category
from prefect_federated.core.statistics.query import CategoryColumn, NumberColumn, Query
from prefect_federated.core.statistics.tally import ColumnTally, Tally

if TYPE_CHECKING:
    from pandas import DataFrame, Series


class PrivateCounting:
    """Counts rows in cells; of numbers also adds up values from the middle of the bounds, and their squares."""

    def tally(self, query: Query, frame: "DataFrame", grain: int) -> Tally:
        """The counts before noise; a row counts 1 in each cell, and in each sum no more than a grain."""
        columns = tuple(
            _numbers(one, frame[one.name], grain)
            if isinstance(one, NumberColumn)
            else _categories(one, frame[one.name])
            for one in query.columns
        )
        return Tally(len(frame), columns)


def _numbers(column: NumberColumn, values: "Series[Any]", grain: int) -> ColumnTally:
    numbers, edges = values.to_numpy(np.float64), np.array(column.edges)
    cells = np.searchsorted(edges, numbers, side="right")  # 0 below the minimum
    cells[numbers == column.maximum] = len(edges) - 1  # the last bin has its right edge
    cells[np.isnan(numbers)] = len(edges) + 1
    half = column.span / 2
    held = np.clip(numbers[~np.isnan(numbers)], column.minimum, column.maximum)
    x = np.clip((held - (column.minimum + half)) / half, -1, 1)
    total, squares = _grains(x, grain), _grains(x * x, grain)
    return ColumnTally(_counts(cells, len(column.labels)), int(total.sum()), int(squares.sum()))


def _grains(x: NDArray[np.float64], grain: int) -> NDArray[np.int64]:
    """Whole grains nearest to each value, which is within -1 and 1."""
    return np.rint(x * grain).astype(np.int64)


def _categories(column: CategoryColumn, values: "Series[Any]") -> ColumnTally:
    places = {canonical_category(text): place for place, text in enumerate(column.categories)}
    other, missing = len(places), len(places) + 1
    absent = values.isna().to_numpy(bool)
    cells = [
        missing if gone else places.get(canonical_category(one), other)
        for one, gone in zip(values.tolist(), absent, strict=True)
    ]
    return ColumnTally(_counts(np.array(cells, np.int64), len(column.labels)))


def _counts(cells: NDArray[np.int64], labels: int) -> tuple[int, ...]:
    return tuple(np.bincount(cells, minlength=labels).tolist())
