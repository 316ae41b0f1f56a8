"""Bulyan: the choice is that of plain integers, and a change hidden in one coordinate does not get through."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.aggregation.bulyan import bulyan, check_bulyan
from prefect_federated.core.combine import Update, combine
from prefect_federated.core.errors import ShapeMismatch, SpecError
from prefect_federated.core.rule_spec import RuleSpec

words = st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(-3, 3))
Rows = list[list[int]]


def plain_bulyan(rows: Rows, f: int) -> list[bool]:
    """Krum again and again, every score summed anew."""
    left, chosen = list(range(len(rows))), set[int]()
    for _ in range(len(rows) - 2 * f):
        counted = max(len(left) - f - 2, 1)
        scores = {
            i: sum(
                sorted(sum((a - b) ** 2 for a, b in zip(rows[i], rows[j], strict=True)) for j in left if j != i)[
                    :counted
                ]
            )
            for i in left
        }
        best = min(left, key=lambda i: (scores[i], i))
        left.remove(best)
        chosen.add(best)
    return [i in chosen for i in range(len(rows))]


@given(st.data())
def test_choice_is_that_of_plain_integers(data: st.DataObject) -> None:
    f = data.draw(st.integers(0, 3))
    row = st.lists(words, min_size=2, max_size=2)
    rows = data.draw(st.lists(row, min_size=4 * f + 3, max_size=4 * f + 8))
    assert bulyan(np.array(rows, np.int32), f).tolist() == plain_bulyan(rows, f)


def test_of_equal_scores_the_lower_index_is_chosen() -> None:
    assert bulyan(np.zeros((7, 3), np.int32), 1).tolist() == [True] * 5 + [False] * 2


def test_aggregate_is_the_trimmed_mean_of_the_chosen() -> None:
    values = [5, 1, 2, 3, 4, 0, 90]
    updates = [Update(str(i), 1 + i, np.array([v, -v], np.int32)) for i, v in enumerate(values)]
    combined = combine(RuleSpec(name="bulyan", byzantine=1), updates)
    chosen = plain_bulyan([[v, -v] for v in values], 1)
    assert [u.participant for u in combined.kept] == [str(i) for i, yes in enumerate(chosen) if yes]
    kept = sorted(v for v, yes in zip(values, chosen, strict=True) if yes)[1:-1]
    assert combined.aggregate.tolist() == [sum(kept) // len(kept), -sum(kept) // len(kept)]
    assert [u.weight for u in combined.kept] == [1 + i for i, yes in enumerate(chosen) if yes]


def test_one_coordinate_that_krum_lets_through_is_trimmed_away() -> None:
    """The attack of El Mhamdi et al.: in many dimensions one word may be far off at an ordinary distance."""
    rng = np.random.default_rng(3)
    honest = rng.integers(-100, 101, (9, 10_000), dtype=np.int32)
    hidden = honest.mean(axis=0).astype(np.int32)
    hidden[0] = 3000
    updates = [Update(str(i), 1, row) for i, row in enumerate([hidden, hidden.copy(), *honest])]
    krum = combine(RuleSpec(name="multi_krum", byzantine=2, keep=1), updates)
    assert krum.aggregate[0] == 3000
    assert abs(int(combine(RuleSpec(name="bulyan", byzantine=2), updates).aggregate[0])) <= 100


@pytest.mark.parametrize(("n", "f"), [(6, 1), (2, 0), (10, 2), (5, -1)])
def test_too_few_for_the_rule_are_refused(n: int, f: int) -> None:
    with pytest.raises(SpecError, match=rf"n={n} and f={f}"):
        check_bulyan(n, f)
    with pytest.raises(SpecError, match=rf"n={n} and f={f}"):
        bulyan(np.zeros((n, 2), np.int32), f)


def test_other_arrays_than_a_matrix_of_int32_are_refused() -> None:
    with pytest.raises(ShapeMismatch, match="float64"):
        bulyan(np.zeros((7, 2)), 1)  # type: ignore[arg-type]
