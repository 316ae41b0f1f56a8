"""Sums of regions: whichever way silos are grouped, the mean has the bits of the flat one, which the chain proves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.two_tiers import mean_of_sums, region_sum
from prefect_federated.core.aggregation.weighted_mean import weighted_mean

WORD = st.integers(-(2**31) + 1, 2**31 - 1)
D = 3


@st.composite
def grouped(draw: st.DrawFn) -> tuple[list[tuple[int, list[int]]], list[int]]:
    """Updates, and the region that each is in."""
    updates = draw(
        st.lists(st.tuples(st.integers(1, 2**20), st.lists(WORD, min_size=D, max_size=D)), min_size=1, max_size=9)
    )
    return updates, draw(st.lists(st.integers(0, 3), min_size=len(updates), max_size=len(updates)))


@given(grouped())
def test_any_grouping_has_the_bits_of_the_flat_mean_and_of_plain_integers(
    case: tuple[list[tuple[int, list[int]]], list[int]],
) -> None:
    raw, regions = case
    updates = [(weight, np.array(words, np.int32)) for weight, words in raw]
    total = sum(weight for weight, _ in updates)
    sums = [
        region_sum([one for one, its in zip(updates, regions, strict=True) if its == region], D)
        for region in sorted(set(regions))
    ]
    found = mean_of_sums(sums, total)
    assert (found == weighted_mean(updates, d=D)).all()
    assert found.tolist() == [sum(weight * words[k] for weight, words in raw) // total for k in range(D)]


def test_a_tree_of_any_depth_is_the_same_sum() -> None:
    rng = np.random.default_rng(5)
    updates = [(int(rng.integers(1, 1000)), rng.integers(-(2**24), 2**24, 70_000).astype(np.int32)) for _ in range(8)]
    sites = [region_sum([one], 70_000) for one in updates]
    countries = [sites[0] + sites[1], sites[2] + sites[3] + sites[4], sites[5], sites[6] + sites[7]]
    total = sum(weight for weight, _ in updates)
    assert (mean_of_sums(countries, total) == mean_of_sums(sites, total)).all()
    assert (mean_of_sums(countries, total) == weighted_mean(updates, d=70_000)).all()


def test_a_region_without_an_update_adds_nothing() -> None:
    one = (3, np.array([-4, 5], np.int32))
    assert (mean_of_sums([region_sum([one], 2), region_sum([], 2)], 3) == one[1]).all()


@pytest.mark.parametrize("weight", [0, -1])
def test_no_mean_of_no_weight(weight: int) -> None:
    with pytest.raises(ValueError, match=f"weight {weight}"):
        mean_of_sums([np.array([1])], weight)
