"""Mean, variance and quantiles from pooled counts: what a statistics round is asked for.

Counts of all silos --summarise--> for each column: count, missing, mean, variance, quantiles, cells
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from prefect_federated.core.statistics.layout import ColumnCounts, Counts
from prefect_federated.core.statistics.query import CategoryColumn, NumberColumn, Query
from prefect_federated.core.statistics.withhold import withhold


@dataclass(frozen=True, slots=True)
class Quantile:
    """The value at a share of the rows: within `low` and `high`, `value` by interpolation between them.

    `low` and `high` are edges of bins; infinite where the row lies beyond the bounds or where that cannot be excluded.
    """

    share: float
    value: float | None  # None beyond the bounds
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StandardErrors:
    """Standard deviations of the noise in figures of a column, where a task hides rows; None as the figure is."""

    counted: float
    mean: float | None
    variance: float | None


@dataclass(frozen=True, slots=True)
class NoiseTold:
    """Which noise a round had: what it hides, and the standard deviation of each count, in rows."""

    unit: str
    noise_multiplier: float
    epsilon: float  # of one answer, at delta
    delta: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of a column of numbers: moments of the values held within the bounds, and quantiles.

    `counted` rows are in the moments: those with a value, in cells that are told or, where the query says so, in any.
    """

    counted: float  # whole, but with noise
    mean: float | None  # None where nobody is counted
    variance: float | None  # of the population: divided by `counted`
    sample_variance: float | None  # divided by `counted` - 1
    error: float  # half a step: how far the mean, and the root of the variance, is from that of unrounded values
    quantiles: tuple[Quantile, ...]
    errors: StandardErrors | None = None  # of noise, where there is some


@dataclass(frozen=True, slots=True)
class Told:
    """One column of the answer. A cell is None where it is withheld, and maybe 0 where silos withheld theirs.

    Counts are whole, but with noise.
    """

    name: str
    labels: tuple[str, ...]
    cells: tuple[float | None, ...]
    withheld: float
    numbers: Numbers | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a statistics round found out: of how many silos and rows, column by column."""

    silos: int
    rows: float
    columns: tuple[Told, ...]
    noise: NoiseTold | None = None


def summarise(query: Query, counts: Counts, silos: int) -> Summary:
    """The answer to a query, from the sums of all silos' counts.

    With "at": "pool", cells of fewer than k rows are left out here, with others beside them by the silos' own rule.
    """
    pairs = zip(query.columns, counts.columns, strict=True)
    return Summary(silos, counts.rows, tuple(_told(query, asked, column) for asked, column in pairs))


def _told(query: Query, asked: NumberColumn | CategoryColumn, column: ColumnCounts) -> Told:
    fewest = query.cells.fewest if query.cells.at == "pool" else 1
    hidden = withhold(column.cells, fewest, asked.inwards)
    cells = tuple(None if place in hidden else count for place, count in enumerate(column.cells))
    withheld = column.withheld + sum(column.cells[place] for place in hidden)
    shown = ColumnCounts(tuple(count or 0 for count in cells), withheld)
    numbers = _numbers(asked, column, shown, query.quantiles) if isinstance(asked, NumberColumn) else None
    return Told(asked.name, asked.labels, cells, withheld, numbers)


def _numbers(asked: NumberColumn, summed: ColumnCounts, shown: ColumnCounts, shares: Sequence[float]) -> Numbers:
    counted = summed.counted
    mean = variance = sample = None
    if counted:
        step = Fraction(asked.resolution)
        mean = float(Fraction(asked.minimum) + step * Fraction(summed.total, counted))
        spread = step**2 * Fraction(counted * summed.squares - summed.total**2, counted)
        variance = float(spread / counted)
        sample = float(spread / (counted - 1)) if counted > 1 else None
    quantiles = tuple(_quantile(asked, shown, share) for share in shares) if sum(shown.cells[:-1]) else ()
    return Numbers(counted, mean, variance, sample, asked.resolution / 2, quantiles)


def _quantile(asked: NumberColumn, shown: ColumnCounts, share: float) -> Quantile:
    """The row of rank `max(1, ceil(share * n))` by value: its bin, and a point in it by its place among the bin's rows.

    That is the sample quantile which numpy calls `inverted_cdf`. Of w withheld rows each may have any value, or
    none: with u of them counted the rank is that of n + u rows, and up to u of them lie below. At u = w bounds are
    widest.
    """
    cells, edges = shown.cells[:-1], (-math.inf, *asked.edges, math.inf)
    counted, ends = sum(cells), list(accumulate(cells))
    rank, highest = _rank(share, counted), _rank(share, counted + shown.withheld)
    place, lowest = _cell(ends, rank), highest - shown.withheld
    low = edges[_cell(ends, lowest)] if lowest >= 1 else -math.inf
    high = edges[_cell(ends, highest) + 1] if highest <= counted else math.inf
    left, right = edges[place], edges[place + 1]
    among = rank - (ends[place] - cells[place])  # from 1
    inside = math.isfinite(left) and math.isfinite(right)
    value = left + (right - left) * (among - 0.5) / cells[place] if inside else None
    return Quantile(share, value, low, high)


def _rank(share: float, rows: int) -> int:
    """Rank of the row at a share of so many, from 1: of 0.1 in decimal digits, not of the float nearest to it."""
    return max(1, math.ceil(Fraction(str(share)) * rows))


def _cell(ends: Sequence[int], rank: int) -> int:
    """The first cell with so many rows in it and those before it."""
    return next(place for place, end in enumerate(ends) if end >= rank)
