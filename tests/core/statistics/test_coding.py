"""Exact sums come back from the floored mean of a round, for every number of silos that stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.overflow import check_weighted_sum
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.errors import ContentMismatch, SpecError
from prefect_federated.core.masking.headroom import require_maskable
from prefect_federated.core.statistics.coding import Coding

WIDTHS = [31, 47, 63]


@st.composite
def silos(draw: st.DrawFn) -> tuple[Coding, list[list[int]]]:
    """A coding, and numbers of at most so many silos as it is for."""
    coding = Coding(draw(st.integers(1, 128)), draw(st.booleans()))
    count = draw(st.integers(1, min(coding.participants, 12)))
    row = st.tuples(*(st.integers(0, 2**width - 1) for width in WIDTHS)).map(list)
    return coding, draw(st.lists(row, min_size=count, max_size=count))


@given(silos())
def test_the_mean_that_a_round_makes_gives_the_exact_sums_back(case: tuple[Coding, list[list[int]]]) -> None:
    coding, rows = case
    words = [coding.encode(row, WIDTHS) for row in rows]
    assert max(int(one.max()) for one in words) <= coding.limit
    mean = weighted_mean([(1, one) for one in words], d=words[0].size)
    assert coding.decode(mean, len(rows), WIDTHS) == [sum(column) for column in zip(*rows, strict=True)]


@given(st.integers(1, 10_000), st.data())
def test_ceil_undoes_floor_for_every_sum_and_number_of_silos(participants: int, data: st.DataObject) -> None:
    m = Coding(participants, masked=False).factor
    assert participants <= m < 2 * participants
    n = data.draw(st.integers(1, participants))
    s = data.draw(st.integers(0, 2**40))
    assert -(-n * (m * s // n) // m) == s


def test_all_silos_at_their_largest_come_back_where_everybody_stays() -> None:
    for participants in (1, 2, 3, 4, 5, 64, 127, 128):
        coding = Coding(participants, masked=True)
        words = coding.encode([2**width - 1 for width in WIDTHS], WIDTHS)
        mean = weighted_mean([(1, words)] * participants, d=words.size)
        assert coding.decode(mean, participants, WIDTHS) == [participants * (2**width - 1) for width in WIDTHS]


def test_no_task_that_is_allowed_can_wrap() -> None:
    for participants in range(1, 129):
        require_maskable(Coding(participants, masked=True).limit, 1, participants)
    for participants in (1, 129, 10_000):
        coding = Coding(participants, masked=False)
        check_weighted_sum(participants, 1, coding.limit)
        assert coding.limit < 2**31


def test_what_is_no_mean_of_counts_is_refused() -> None:
    coding = Coding(4, masked=True)
    good = coding.encode([7], [31])
    for wrong in (-1, 3, 2**31 - 1):  # floor(4 s / 3) is never 3
        words = good.copy()
        words[0] = wrong
        with pytest.raises(ContentMismatch, match=r"no mean of 3 silos' counts"):
            coding.decode(words, 3, [31])
    with pytest.raises(ContentMismatch, match="3 words"):
        coding.decode(np.zeros(3, np.int32), 3, [31])


def test_a_number_that_is_too_wide_or_negative_is_refused() -> None:
    for number in (-1, 2**31):
        with pytest.raises(SpecError, match="does not fit 31 bits"):
            Coding(4, masked=True).encode([number], [31])
