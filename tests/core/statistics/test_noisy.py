"""Figures from noisy counts: their standard errors are those of many answers, and quantiles lie within their edges."""

import numpy as np
import pytest

from prefect_federated.core.statistics.cell_noise import CellNoise
from prefect_federated.core.statistics.noisy import summarise_noisy
from prefect_federated.core.statistics.pooled import Numbers, Summary
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import Query
from prefect_federated.core.statistics.tally import Noisy, NoisyColumn

SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)
PRIVACY, ROWS, DEVIATION = StatisticsPrivacy(noise_multiplier=3.0), 3000, 6.0


def query_of(bins: int) -> Query:
    age = {"name": "age", "minimum": 20, "maximum": 80, "bins": bins}
    return Query.model_validate({"columns": [age], "quantiles": SHARES, "cells": {"fewest": 1, "at": "pool"}})


def ages(centre: float = 58) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.clip(np.random.default_rng(4).normal(centre, 9, ROWS), 20, 80)


def answer(noise: np.random.Generator | None, bins: int = 12, centre: float = 58) -> Summary:
    """What a round tells of the ages and of 50 rows without one."""
    x = (ages(centre) - 50) / 30
    cells = [0, *np.histogram(ages(centre), bins=np.linspace(20, 80, bins + 1))[0].tolist(), 0, 50]
    exact = np.array([ROWS + 50, *cells, x.sum(), (x * x).sum()], np.float64)
    told = (exact if noise is None else exact + noise.normal(0, DEVIATION, exact.size)).tolist()
    return summary_of(bins, told[0], NoisyColumn(tuple(told[1:-2]), told[-2], told[-1]))


def summary_of(bins: int, rows: float, column: NoisyColumn) -> Summary:
    query = query_of(bins)
    noise = CellNoise.of(query, PRIVACY, 4, masked=False)
    return summarise_noisy(query, PRIVACY, noise, Noisy(rows, (column,), DEVIATION), 4)


def numbers_of(summary: Summary) -> Numbers:
    found = summary.columns[0].numbers
    assert found is not None
    return found


def test_without_noise_the_figures_are_numpys() -> None:
    found = numbers_of(answer(None))
    assert found.counted == ROWS
    assert found.mean == pytest.approx(ages().mean(), rel=1e-12)
    assert found.variance == pytest.approx(ages().var(), rel=1e-9)
    assert found.sample_variance == pytest.approx(ages().var(ddof=1), rel=1e-9)
    for one in found.quantiles[1:-1]:
        true = float(np.quantile(ages(), one.share, method="inverted_cdf"))
        assert one.low <= true <= one.high and abs((one.value or 0) - true) <= 5, "a bin's width"


def test_standard_errors_are_the_deviations_of_many_answers() -> None:
    """Of 4,000 answers the deviation is known to 1.1 %; the ages are near a bound, where every term counts."""
    rng = np.random.default_rng(11)
    found = [numbers_of(answer(rng, centre=76)) for _ in range(4000)]
    exact = numbers_of(answer(None, centre=76))
    told = exact.errors
    assert told is not None
    for name in ("counted", "mean", "variance"):
        many = np.array([getattr(one, name) for one in found], np.float64)
        assert many.std() == pytest.approx(getattr(told, name), rel=0.04), name
        assert abs(many.mean() - getattr(exact, name)) < 4 * many.std() / np.sqrt(4000), name


def test_quantiles_lie_within_their_edges_in_nineteen_of_twenty_answers() -> None:
    """Bins of half a year hold fewer rows than the noise of a cumulative count comes to."""
    rng = np.random.default_rng(12)
    found = [numbers_of(answer(rng, bins=120)) for _ in range(1000)]
    for place, share in enumerate(SHARES[1:-1], 1):
        true = float(np.quantile(ages(), share, method="inverted_cdf"))
        held = [one.quantiles[place].low <= true <= one.quantiles[place].high for one in found]
        assert np.mean(held) > 0.94, share
        for one in found:
            quantile = one.quantiles[place]
            assert quantile.value is None or quantile.low <= quantile.value <= quantile.high


def test_nothing_is_held_at_zero_and_of_hardly_any_rows_no_mean_is_told() -> None:
    column = NoisyColumn((-3.0,) * 15, 1.0, -2.0)
    summary = summary_of(12, -4.0, column)
    found = numbers_of(summary)
    assert summary.rows == -4.0 and summary.columns[0].cells == (-3.0,) * 15
    assert (found.mean, found.variance, found.sample_variance, found.quantiles) == (None, None, None, ())
    edge = 2 * np.sqrt(2) * DEVIATION
    barely = numbers_of(summary_of(12, edge - 2.9, column))
    assert barely.mean is not None and barely.counted > edge
