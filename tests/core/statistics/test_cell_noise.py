"""How much noise hides a row: what is charged, what a sum holds whoever stays, and that nothing wraps."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opacus.accountants.analysis.rdp import compute_rdp

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.discrete_noise import MOST_SIGMA, discrete_gaussian
from prefect_federated.core.errors import ContentMismatch, SpecError
from prefect_federated.core.masking.headroom import require_maskable
from prefect_federated.core.payload import INT32_MAX
from prefect_federated.core.privacy import ORDERS, UNIT, add, epsilon_of, unpack
from prefect_federated.core.silo_noise import parts_cost, row_cost
from prefect_federated.core.statistics.cell_noise import CellNoise, sensitivity_sq
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import Query
from prefect_federated.core.statistics.tally import ColumnTally, Tally, noisy_of, tensors_of, words_of
from prefect_federated.learning.secret_noise import SecretNoise

MANY: dict[str, Any] = {"name": "code", "categories": list(range(1, 901))}
AGE: dict[str, Any] = {"name": "age", "minimum": 0, "maximum": 90, "bins": 9}


def query_of(*columns: dict[str, Any]) -> Query:
    return Query.model_validate({"columns": columns, "cells": {"at": "pool"}})


def drawn(noise: CellNoise, silo: int, words: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return discrete_gaussian(noise.part, words, SecretNoise(bytes([silo]) * 32, "test").words)


# dp-accounting 0.6: RdpAccountant of these eight orders, GaussianDpEvent(noise_multiplier) composed so many times
DP_ACCOUNTING = [(10.0, 10, 1e-5, 1.396980031476462), (2.0, 1, 1e-3, 1.5562277127043775)]


@pytest.mark.parametrize(("multiplier", "rounds", "delta", "expected"), DP_ACCOUNTING)
def test_rounds_cost_what_dp_accounting_says(multiplier: float, rounds: int, delta: float, expected: float) -> None:
    spent = 0
    for _ in range(rounds):
        spent = add(spent, row_cost(multiplier))
    assert epsilon_of(spent, delta) == pytest.approx(expected, abs=1e-6)
    assert epsilon_of(spent, delta) >= expected - 1e-12


@given(st.floats(1.1, 1e4))
def test_a_round_costs_what_opacus_says_of_the_gaussian_mechanism_without_sampling(multiplier: float) -> None:
    theirs = compute_rdp(q=1.0, noise_multiplier=multiplier, steps=1, orders=list(ORDERS))
    for ours, nats in zip(unpack(row_cost(multiplier)), theirs, strict=True):
        assert nats - 1e-12 <= ours <= nats + 2 * UNIT or (nats > 31.9 and ours == math.inf)


@settings(deadline=None)
@given(st.floats(0.3, 40), st.integers(1, 16), st.integers(1, 6), st.integers(16, 40))
def test_what_is_charged_covers_a_sum_of_the_fewest_parts(
    multiplier: float, fewest: int, columns: int, participants: int
) -> None:
    query = query_of(*({**AGE, "name": f"age {number}"} for number in range(columns)))
    privacy = StatisticsPrivacy(noise_multiplier=multiplier, fewest=fewest, max_rows=1000)
    noise = CellNoise.of(query, privacy, participants, masked=True)
    distance = noise.grain * math.sqrt(sensitivity_sq(query))
    words = sum(one.size for one in tensors_of(query))
    for order, given_away, charged in zip(
        ORDERS,
        unpack(parts_cost(noise.part, fewest, distance, words)),
        unpack(row_cost(multiplier)),
        strict=True,
    ):
        assert given_away <= charged + 2 * UNIT, order
    assert (
        fewest * noise.part**2 >= noise.sigma**2 >= Fraction(multiplier) ** 2 * noise.grain**2 * sensitivity_sq(query)
    )


def test_pooled_counts_have_the_stated_noise_and_never_less_than_a_row_needs_whoever_stays() -> None:
    """Nine hundred cells and more of each of 20 queries: the deviation of 18,000 numbers is known to a half percent."""
    query = query_of(*({**MANY, "name": f"code {number}"} for number in range(20)))
    privacy = StatisticsPrivacy(noise_multiplier=1.0, fewest=3)
    noise = CellNoise.of(query, privacy, 5, masked=True)
    size, whole = sum(one.size for one in tensors_of(query)), math.sqrt(sensitivity_sq(query))
    assert size > 18_000
    parts = [drawn(noise, silo, size) for silo in range(5)]
    for stay in (3, 4, 5):
        mean = weighted_mean([(1, part.astype(np.int32)) for part in parts[:stay]], d=size)
        found = np.array([cell for column in noisy_of(query, mean, stay, noise).columns for cell in column.cells])
        assert np.std(found) == pytest.approx(noise.deviation(stay), rel=0.02)
        assert noise.deviation(stay) >= whole * math.sqrt(stay / 3) * (1 - 1e-12)
        assert abs(np.mean(found)) < 4 * noise.deviation(stay) / math.sqrt(size)


@settings(deadline=None)
@given(st.integers(3, 128), st.integers(1, 10**6), st.floats(0.5, 50), st.integers(1, 3), st.booleans())
def test_no_task_that_is_allowed_can_wrap_and_a_grain_more_would(
    participants: int, rows: int, multiplier: float, fewest: int, masked: bool
) -> None:
    query = query_of(AGE)
    privacy = StatisticsPrivacy(noise_multiplier=multiplier, fewest=fewest if masked else 1, max_rows=rows)
    try:
        noise = CellNoise.of(query, privacy, participants, masked)
    except SpecError:
        assert participants * rows * max(16, participants) + 10 * multiplier * participants > 2**26
        return
    summed = participants if masked else 1
    require_maskable(noise.limit, 1, summed)
    assert summed * noise.grain * rows + noise.most_noise(summed) <= INT32_MAX and noise.part <= MOST_SIGMA
    assert noise.grain >= participants, "a floor takes less than a row"
    finer = 2 * (summed * noise.grain * rows + noise.most_noise(summed))
    assert noise.grain == 2**16 or finer > INT32_MAX - 4 * 10 * (math.isqrt(summed) + 1)


@pytest.mark.parametrize(
    ("changes", "participants", "masked", "said"),
    [
        ({"fewest": 2}, 4, False, "privacy.fewest is 2 in a clear task: there each silo's numbers have the whole"),
        ({"max_rows": 10**8}, 16, True, "16 times 100000000 rows .* do not fit a word where a row counts 16; lower"),
        ({"noise_multiplier": 1e7}, 16, True, "noise of multiplier 1e.07, do not fit a word"),
        ({"noise_multiplier": 1e-6}, 16, True, "noise of 1 words, and sums hide what is charged from 3 on"),
    ],
)
def test_noise_that_could_not_be_is_refused(
    changes: dict[str, Any], participants: int, masked: bool, said: str
) -> None:
    privacy = StatisticsPrivacy.model_validate({"noise_multiplier": 1.0} | changes)
    with pytest.raises(SpecError, match=said):
        CellNoise.of(query_of(AGE), privacy, participants, masked)


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3), st.integers(3, 20), st.data())
def test_the_floored_mean_of_a_round_is_off_by_less_than_half_a_row(
    cells: list[int], silos: int, data: st.DataObject
) -> None:
    query = query_of({"name": "sex", "categories": ["f"]})
    noise = CellNoise(grain=32, sigma=64, part=64, limit=2**20)
    words = words_of(query, Tally(sum(cells), (ColumnTally(tuple(cells)),)), noise, 3000)
    more = data.draw(st.integers(0, silos - 1))  # silos with a word more, as noise would: the mean is floored
    mean = weighted_mean([(1, words + np.int32(place < more)) for place in range(silos)], d=words.size)
    for found, count in zip(noisy_of(query, mean, silos, noise).columns[0].cells, cells, strict=True):
        assert abs(found - silos * count - more / noise.grain) <= (silos - 1) / 2 / noise.grain < 0.5


def test_an_aggregate_that_no_counts_with_noise_can_have_is_refused() -> None:
    query = query_of({"name": "sex", "categories": ["f"]})
    noise = CellNoise(grain=32, sigma=64, part=64, limit=2**20)
    with pytest.raises(ContentMismatch, match="an aggregate of 3 words, the query's numbers take 4"):
        noisy_of(query, np.zeros(3, np.int32), 3, noise)
    good = np.array([320, 160, 100, 60], np.int32)
    assert noisy_of(query, good, 3, noise).rows == pytest.approx(30, abs=0.1)
    with pytest.raises(ContentMismatch, match=r"has 630\.\d rows in its cells, the silos have 30\.\d together"):
        noisy_of(query, good + np.array([0, 6400, 0, 0], np.int32), 3, noise)


def test_more_rows_than_there_is_room_for_are_refused_without_saying_how_many() -> None:
    query, noise = query_of({"name": "sex", "categories": ["f"]}), CellNoise(32, 64, 64, 320)
    with pytest.raises(SpecError, match=r"^more rows than 10, privacy\.max_rows of the task"):
        words_of(query, Tally(11, (ColumnTally((11, 0, 0)),)), noise, 10)
