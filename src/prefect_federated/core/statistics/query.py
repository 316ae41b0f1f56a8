"""What a statistics task asks of every silo: columns with public bounds and cells, and how many rows a cell needs.

{"kind": "statistics", "columns": [...], "cells": {"fewest": 5, "at": "silo"}} --hashed with the spec--> cells, counts

Bounds, bins and categories are the query's own words. None is taken from data, so none says anything of them.
"""

import math
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from prefect_federated.core.spec_parts import Freshness, Strict, require_distinct

STEPS = 2**16  # most steps of a fixed point between two bounds
MOST_CELLS = 1000  # of one column
BELOW, ABOVE, OTHER, MISSING = "below", "above", "other", "missing"


class NumberColumn(Strict):
    """A column of numbers: count, missing values, mean, variance and histogram within public bounds.

    A value outside the bounds counts in `below` or `above`, and enters sums as the bound that it is beyond.
    """

    name: str = Field(min_length=1, description="column name in every silo's data")
    minimum: float = Field(description="lower bound, inclusive")
    maximum: float = Field(description="upper bound, inclusive")
    bins: int | tuple[float, ...] = Field(
        default=10, description="how many equal bins lie between the bounds, or the edges between them, ascending"
    )
    step: float | None = Field(
        default=None,
        gt=0,
        description="fixed point of sums: values are rounded to minimum + a whole number of steps; default the span"
        f" over {STEPS}",
    )

    @model_validator(mode="after")
    def _possible(self) -> "NumberColumn":
        if self.minimum >= self.maximum:
            raise ValueError(
                f"column {self.name} has minimum {self.minimum:g} and maximum {self.maximum:g}; give bounds that lie"
                " apart, from what values can be, not from what they are in some data"
            )
        if not math.isfinite(self.span):
            raise ValueError(
                f"column {self.name} has minimum {self.minimum:g} and maximum {self.maximum:g}, further apart than any"
                " number tells; give bounds that values can reach"
            )
        self._require_edges()
        if self.resolution * STEPS < self.span * (1 - 2**-32):
            raise ValueError(
                f"column {self.name} has a step of {self.resolution:g} in a span of {self.span:g}, more than {STEPS}"
                f" steps; give {self.span / STEPS:g} or more"
            )
        return self

    def _require_edges(self) -> None:
        if isinstance(self.bins, int):
            if not 1 <= self.bins <= MOST_CELLS:
                raise ValueError(f"column {self.name} has {self.bins} bins; give 1 to {MOST_CELLS}")
            if any(low >= high for low, high in pairwise(self.edges)):
                raise ValueError(
                    f"column {self.name} has {self.bins} bins between {self.minimum!r} and {self.maximum!r}, where no"
                    " numbers lie between some of their edges; give fewer"
                )
        elif len(self.bins) >= MOST_CELLS or any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError(
                f"column {self.name} has edges {', '.join(f'{one:g}' for one in self.edges)}; they must ascend between"
                f" the bounds, at most {MOST_CELLS - 1} of them"
            )

    @property
    def span(self) -> float:
        """From bound to bound."""
        return self.maximum - self.minimum

    @property
    def resolution(self) -> float:
        """The step of the fixed point."""
        return self.span / STEPS if self.step is None else self.step

    @property
    def edges(self) -> tuple[float, ...]:
        """Edges of the bins, both bounds among them; a bin holds its left edge, the last one both."""
        if isinstance(self.bins, int):
            inner = tuple(self.minimum + self.span * number / self.bins for number in range(1, self.bins))
        else:
            inner = self.bins
        return (self.minimum, *inner, self.maximum)

    @property
    def labels(self) -> tuple[str, ...]:
        """What its cells are called, in their order: edges in six digits, or in more that tell them apart.

        >>> NumberColumn(name="year", minimum=1999.5, maximum=2000.5, bins=1).labels[1]
        '1999.5 to 2000.5'
        >>> NumberColumn(name="id", minimum=1234567, maximum=1234569, bins=2).labels[1:3]
        ('1234567 to 1234568', '1234568 to 1234569')
        """
        told = (tuple(f"{edge:.{digits}g}" for edge in self.edges) for digits in (6, 9, 12, 15, 17))
        edges = next(texts for texts in told if len(set(texts)) == len(texts))
        return (BELOW, *(f"{low} to {high}" for low, high in pairwise(edges)), ABOVE, MISSING)

    @property
    def inwards(self) -> tuple[int, ...]:
        """Its cells from both ends inwards, missing values last: the order in which cells go with small ones.

        >>> NumberColumn(name="age", minimum=0, maximum=90, bins=3).inwards
        (0, 4, 1, 3, 2, 5)
        """
        cells = len(self.labels)
        ends = [place for pair in zip(range(cells - 1), range(cells - 2, -1, -1), strict=True) for place in pair]
        return (*dict.fromkeys(ends), cells - 1)


def _texts(values: Any) -> Any:
    """Codes may be written as numbers; 1 and "1" are one category."""
    if not isinstance(values, list | tuple):
        return values
    return [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in values]


class CategoryColumn(Strict):
    """A column of categories: how many rows have each, any other one, none. A whole number counts as its digits."""

    name: str = Field(min_length=1, description="column name in every silo's data")
    categories: Annotated[tuple[str, ...], BeforeValidator(_texts)] = Field(
        min_length=1, max_length=MOST_CELLS, description="the values that are counted one by one"
    )

    @model_validator(mode="after")
    def _distinct(self) -> "CategoryColumn":
        require_distinct(f"categories of column {self.name}", self.categories)
        if taken := [one for one in self.categories if one in (OTHER, MISSING)]:
            raise ValueError(f"column {self.name} has a category {taken[0]!r}, which is counted anyway; leave it out")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """What its cells are called, in their order."""
        return (*self.categories, OTHER, MISSING)

    @property
    def inwards(self) -> tuple[int, ...]:
        """Its cells from the last category back, missing values last: see `NumberColumn.inwards`."""
        cells = len(self.labels)
        return (*range(cells - 2, -1, -1), cells - 1)


def _kind(value: Any) -> str:
    categorical = "categories" in value if isinstance(value, dict) else isinstance(value, CategoryColumn)
    return "categories" if categorical else "numbers"


AskedColumn = Annotated[
    Annotated[NumberColumn, Tag("numbers")] | Annotated[CategoryColumn, Tag("categories")], Discriminator(_kind)
]


class Cells(Strict):
    """From how many rows on a cell is told, and where smaller ones are withheld."""

    fewest: int = Field(default=5, ge=1, le=10_000, description="k: cells of 1 to k - 1 rows are withheld")
    at: Literal["silo", "pool"] = Field(
        default="silo",
        description="silo: each withholds its own before anything leaves; pool: the pooled ones are left out of what is"
        " shown, and whoever reads the round sees them",
    )
    missing: Literal["withheld", "told"] = Field(
        default="withheld",
        description="withheld: rows without a value are a cell as any; told: how many there are is told, however few",
    )
    sums: Literal["told", "all"] = Field(
        default="told",
        description="told: sums are of rows in cells that are told; all: of every row with a value, also those"
        " withheld, about whom sums then say something",
    )

    @model_validator(mode="after")
    def _countable(self) -> "Cells":
        if self.sums == "all" and self.missing != "told":
            raise ValueError(
                "sums are of all rows with a value, and missing ones are withheld: how many are in a sum tells how many"
                " are missing; set missing to told, or sums to told"
            )
        return self


class Query(Strict):
    """What a statistics task reads and counts; it stands where a training task says what it trains on."""

    kind: Literal["statistics"] = "statistics"
    columns: tuple[AskedColumn, ...] = Field(min_length=1, max_length=256, description="what is counted, in this order")
    quantiles: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        default=(0.25, 0.5, 0.75), max_length=100, description="shares of rows at which values are told"
    )
    cells: Cells = Cells()
    min_rows: int = Field(default=20, ge=1, description="fewest rows of a silo; at least cells.fewest")
    freshness: Freshness | None = Field(default=None, description="how old a row may be; any age if empty")

    @model_validator(mode="after")
    def _agrees(self) -> "Query":
        require_distinct("columns and date", self.read)
        if taken := [name for name in self.read if name.startswith("_")]:
            raise ValueError(f"column {', '.join(taken)} begins with _, as the checks' own flags do; rename it")
        if self.min_rows < self.cells.fewest:
            raise ValueError(
                f"min_rows is {self.min_rows}, cells.fewest {self.cells.fewest}: a silo's number of rows is told, and"
                " is a cell itself; raise min_rows, or lower cells.fewest"
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are counted."""
        return tuple(column.name for column in self.columns)

    @property
    def features(self) -> tuple[str, ...]:
        """All of them: a query has no label."""
        return self.names

    @property
    def target(self) -> str:
        """No column is a label."""
        return ""

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that a grant must cover: those counted, and the date where rows must be fresh."""
        return self.names if self.freshness is None else (*self.names, self.freshness.column)
