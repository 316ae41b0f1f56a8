"""The plan of a statistics task: what a silo counts in its checked view, and nothing else of it leaves.

rows --bounds, bins, categories of the query--> the cell of each --count, withhold small ones--> Counts --> words
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.statistics.layout import ColumnCounts, Counts
from prefect_federated.core.statistics.query import CategoryColumn, NumberColumn, Query
from prefect_federated.core.statistics.withhold import withhold

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@dataclass(frozen=True, slots=True)
class Placed:
    """The cell of each row in one column, int64 `[n]`, and which cells are withheld."""

    cells: NDArray[np.int64]
    counts: tuple[int, ...]
    withheld: frozenset[int]


class Counting:
    """Counts rows in cells; of numbers also adds up steps from the minimum, and their squares."""

    def place(self, query: Query, frame: "DataFrame") -> dict[str, Placed]:
        """Where each row of each column falls, and what is withheld of it."""
        placed = dict[str, Placed]()
        for column in query.columns:
            cells = _cells(column, frame[column.name])
            counts = tuple(np.bincount(cells, minlength=len(column.labels)).tolist())
            placed[column.name] = Placed(cells, counts, _withheld(query, column, counts))
        return placed

    def count(self, query: Query, frame: "DataFrame") -> Counts:
        """What leaves the silo, under masks or encrypted: counts without the withheld cells, and sums."""
        placed = self.place(query, frame)
        columns = tuple(_counts(query, one, placed[one.name], frame[one.name]) for one in query.columns)
        return Counts(len(frame), columns)


def _withheld(query: Query, column: NumberColumn | CategoryColumn, counts: tuple[int, ...]) -> frozenset[int]:
    """Cells that are withheld; missing values are not where the query has them told, unless too few rows have one."""
    if query.cells.at == "pool":
        return frozenset()
    fewest, valued = query.cells.fewest, sum(counts[:-1])
    if query.cells.missing == "told" and not 0 < valued < fewest:
        return withhold(counts[:-1], fewest, column.inwards[:-1])
    return withhold(counts, fewest, column.inwards)


def _counts(query: Query, column: NumberColumn | CategoryColumn, placed: Placed, values: "Series[Any]") -> ColumnCounts:
    cells = tuple(0 if place in placed.withheld else count for place, count in enumerate(placed.counts))
    withheld, missing = sum(placed.counts) - sum(cells), len(column.labels) - 1
    if isinstance(column, CategoryColumn):
        return ColumnCounts(cells, withheld)
    if query.cells.sums == "all":
        summed = placed.cells != missing if missing not in placed.withheld else np.zeros(len(values), bool)
    else:
        summed = ~np.isin(placed.cells, [missing, *placed.withheld])
    held = np.clip(values.to_numpy(np.float64)[summed], column.minimum, column.maximum)
    steps = np.rint((held - column.minimum) / column.resolution).astype(np.int64)  # at most 2^16 each
    return ColumnCounts(cells, withheld, len(steps), int(steps.sum()), int((steps * steps).sum()))


def _cells(column: NumberColumn | CategoryColumn, values: "Series[Any]") -> NDArray[np.int64]:
    """The cell of each row, by its place among the column's labels."""
    if isinstance(column, CategoryColumn):
        places = {text: place for place, text in enumerate(column.categories)}
        other, missing = len(places), len(places) + 1
        return np.array(
            [missing if text is None else places.get(text, other) for text in _texts(values)], dtype=np.int64
        )
    numbers, edges = values.to_numpy(np.float64), np.array(column.edges)
    cells = np.searchsorted(edges, numbers, side="right").astype(np.int64)  # 0 below the minimum
    cells[numbers == column.maximum] = len(edges) - 1  # the last bin has its right edge
    cells[np.isnan(numbers)] = len(edges) + 1
    return np.asarray(cells)


def _texts(values: "Series[Any]") -> list[str | None]:
    """Values as categories are written: whole numbers without a point."""
    return [None if absent else _text(one) for one, absent in zip(values.tolist(), values.isna().tolist(), strict=True)]


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
