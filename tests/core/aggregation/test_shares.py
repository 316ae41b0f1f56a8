"""Coefficients as whole shares: the contract's division, exact sums, nobody who counts for nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.inner_product import inner_product
from prefect_federated.core.aggregation.shares import MOST_SCALE, WHOLE, shared_mean, without_zeros
from prefect_federated.core.aggregation.trimmed_mean import trimmed_mean
from prefect_federated.core.errors import SpecError, WeightOverflow

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "contracts" / "test" / "vectors.json").read_text(encoding="utf-8")
)
COORDINATES = [group for name, group in VECTORS.items() if name.startswith("coordinate_")]
word = st.integers(-(2**31), 2**31 - 1)


@pytest.mark.parametrize("group", COORDINATES, ids=lambda group: f"n={len(group['words'])}")
def test_coordinate_is_the_one_that_the_contract_works_out(group: dict[str, Any]) -> None:
    rows = np.array(group["words"], np.int32)[:, None]
    pairs = list(zip(group["weights"], rows, strict=True))
    assert shared_mean(pairs, 1, most_scale=MOST_SCALE).tolist() == [group["reweighted"]]
    assert trimmed_mean(rows, group["trim"]).tolist() == [group["trimmed_mean"]]


@given(st.lists(st.tuples(st.integers(0, 4 * WHOLE), word), min_size=1, max_size=9))
def test_mean_is_the_floor_over_all_whole_shares(pairs: list[tuple[int, int]]) -> None:
    rows = [(w, np.array([u], np.int32)) for w, u in pairs]
    expected = sum(w * u for w, u in pairs) // (len(pairs) * WHOLE)
    if abs(expected) < 2**31:
        assert shared_mean(rows, 1, most_scale=MOST_SCALE).tolist() == [expected]


def test_coefficients_that_no_rule_gives_are_refused() -> None:
    pairs = [(WHOLE, np.array([4], np.int32)), (WHOLE + 1, np.array([4], np.int32))]
    with pytest.raises(WeightOverflow, match="of 2 updates sum to 131073, the rule gives at most 131072"):
        shared_mean(pairs, 1)
    with pytest.raises(SpecError, match="no update"):
        shared_mean([], 1)


def test_whoever_gets_nothing_is_left_out_and_the_rest_shared_anew() -> None:
    given_to: list[list[int]] = []

    def rule(some: list[int]) -> list[int]:
        given_to.append(some)
        return [0 if index == len(some) - 1 and len(some) > 2 else 5 for index in range(len(some))]

    assert without_zeros(range(4), rule) == {0: 5, 1: 5}
    assert given_to == [[0, 1, 2, 3], [0, 1, 2], [0, 1]]
    assert without_zeros(range(3), lambda some: [0] * len(some)) == {}


@given(st.lists(st.tuples(word, word), min_size=1, max_size=6), st.integers(1, 3000))
def test_inner_product_is_that_of_plain_integers(pairs: list[tuple[int, int]], times: int) -> None:
    one, other = (np.tile(np.array(column, np.int32), times) for column in zip(*pairs, strict=True))
    assert inner_product(one, other) == times * sum(a * b for a, b in pairs)


def test_the_worst_inner_product_does_not_round() -> None:
    one, other = np.full(30_001, -(2**31), np.int32), np.full(30_001, 2**31 - 1, np.int32)
    one[7] = 1
    assert inner_product(one, other) == -30_000 * 2**31 * (2**31 - 1) + 2**31 - 1
