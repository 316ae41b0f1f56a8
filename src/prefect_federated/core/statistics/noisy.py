"""Mean, variance and quantiles from pooled counts with noise, each with how far the noise moves it.

Noisy --summarise_noisy--> for each column: count, missing, mean, variance, quantiles, cells, and their standard errors

Whatever is done with noisy numbers tells no more of a row than they do. So nothing is held at 0 or at a bound: a count
may be negative, and sums of many answers are right on average. Standard errors are of the noise alone, to the first
order in it; how rows would differ from one sample of patients to the next is not in them.
"""

import math
from collections.abc import Sequence
from itertools import accumulate

from prefect_federated.core.privacy import epsilon_of
from prefect_federated.core.silo_noise import row_cost
from prefect_federated.core.statistics.cell_noise import CellNoise
from prefect_federated.core.statistics.pooled import NoiseTold, Numbers, Quantile, StandardErrors, Summary, Told
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import CategoryColumn, NumberColumn, Query
from prefect_federated.core.statistics.tally import Noisy, NoisyColumn

CLEAR = 2  # deviations from which on a number counts as more than noise, and within which a quantile is looked for


def summarise_noisy(query: Query, privacy: StatisticsPrivacy, noise: CellNoise, noisy: Noisy, silos: int) -> Summary:
    """The answer to a query, from the sums of all silos' counts with their noise.

    Cells of fewer than k rows, with the noise that they have, are left out of it, and none beside them: that spares
    readers what is mostly noise, and hides no row any better.
    """
    pairs = zip(query.columns, noisy.columns, strict=True)
    columns = tuple(_told(query, asked, column, noisy, noise) for asked, column in pairs)
    epsilon = epsilon_of(row_cost(privacy.noise_multiplier), privacy.delta)
    told = NoiseTold(privacy.unit, privacy.noise_multiplier, epsilon, privacy.delta, noisy.deviation)
    return Summary(silos, noisy.rows, columns, told)


def _told(
    query: Query, asked: NumberColumn | CategoryColumn, column: NoisyColumn, noisy: Noisy, noise: CellNoise
) -> Told:
    fewest = query.cells.fewest
    cells = tuple(None if fewest > 1 and count < fewest else count for count in column.cells)
    withheld = sum(count for count, told in zip(column.cells, cells, strict=True) if told is None)
    numbers = _numbers(query, asked, column, noisy, noise) if isinstance(asked, NumberColumn) else None
    return Told(asked.name, asked.labels, cells, withheld, numbers)


def _numbers(query: Query, asked: NumberColumn, column: NoisyColumn, noisy: Noisy, noise: CellNoise) -> Numbers:
    deviation, half = noisy.deviation, asked.span / 2
    counted, rounded = noisy.rows - column.cells[-1], half / noise.grain / 2
    quantiles = tuple(_quantile(asked, column.cells[:-1], share, deviation) for share in query.quantiles)
    if counted <= CLEAR * math.sqrt(2) * deviation:  # as many rows as the noise could make of none
        errors = StandardErrors(math.sqrt(2) * deviation, None, None)
        return Numbers(counted, None, None, None, rounded, (), errors)
    x, square = column.total / counted, column.squares / counted
    spread = square - x * x
    variance = half**2 * spread
    sample = variance * counted / (counted - 1) if counted > 1 else None
    errors = StandardErrors(
        math.sqrt(2) * deviation,
        half * deviation / counted * math.sqrt(1 + 2 * x * x),
        half**2 * deviation / counted * math.sqrt(1 + 4 * x * x + 2 * (2 * x * x - square) ** 2),
    )
    middle = asked.minimum + half
    return Numbers(counted, middle + half * x, variance, sample, rounded, quantiles, errors)


def _quantile(asked: NumberColumn, cells: Sequence[float], share: float, deviation: float) -> Quantile:
    """Where the rows up to an edge, less the share of all, go from below 0 to above: by a line within that cell.

    `low` and `high` are the edges between which every such difference lies within two deviations of 0: of it, j cells
    of m below an edge, the variance is deviation^2 ((1 - share)^2 j + share^2 (m - j)). Each edge by itself holds so in
    about 19 of 20 answers.
    """
    edges, most, due = (-math.inf, *asked.edges, math.inf), len(cells), share * sum(cells)
    over = [below - due for below in (0.0, *accumulate(cells))]  # at each edge
    far = [CLEAR * deviation * math.sqrt((1 - share) ** 2 * j + share**2 * (most - j)) for j in range(most + 1)]
    place = next((place for place in range(most) if over[place + 1] > 0), most - 1)
    low = max((at for at in range(most) if over[at] + far[at] < 0), default=0)
    high = min((at for at in range(1, most + 1) if over[at] - far[at] > 0), default=most)
    left, right = edges[place], edges[place + 1]
    inside = math.isfinite(left) and math.isfinite(right)
    before, after = min(over[place], 0.0), over[place + 1]
    value = left + (right - left) * (-before / (after - before) if after > before else 1.0) if inside else None
    return Quantile(share, value, edges[min(low, place)], edges[max(high, place + 1)])
