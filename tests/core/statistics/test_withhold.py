"""What is withheld cannot be worked out from what is told: every small table of counts is tried."""

from collections import defaultdict
from itertools import product

import pytest

from prefect_federated.core.statistics.query import CategoryColumn, NumberColumn
from prefect_federated.core.statistics.withhold import withhold

Table = tuple[int, ...]


def seen(counts: Table, fewest: int, order: Table) -> tuple[Table, int]:
    """What of a column leaves a silo: told counts, 0 where withheld, and the withheld total."""
    hidden = withhold(counts, fewest, order)
    return tuple(0 if at in hidden else one for at, one in enumerate(counts)), sum(counts[at] for at in hidden)


@pytest.mark.parametrize(
    ("fewest", "most", "order"),
    [(2, 12, (0, 1, 2)), (3, 14, (0, 2, 1)), (3, 9, (0, 3, 1, 2)), (4, 16, (2, 0, 1)), (5, 20, (1, 0))],
)
def test_a_small_cell_may_hold_any_number_below_k_whatever_is_seen(fewest: int, most: int, order: Table) -> None:
    alike: dict[tuple[Table, int], list[Table]] = defaultdict(list)
    for counts in product(range(most + 1), repeat=len(order)):
        if sum(counts) >= fewest:  # a silo with fewer rows answers nothing
            alike[seen(counts, fewest, order)].append(counts)
    tried = 0
    for (_, withheld), tables in alike.items():
        if withheld > most:
            continue  # tables that look the same lie beyond those that were tried
        for cell in range(len(order)):
            possible = {table[cell] for table in tables}
            if any(0 < count < fewest for count in possible):
                tried += 1
                assert possible >= set(range(1, fewest)), (tables[0], cell, possible)
    assert tried > 10


def test_choosing_the_smallest_other_cell_would_tell_three_cells_at_once() -> None:
    order = (0, 1, 2, 3, 4)

    def smallest_first(counts: Table) -> tuple[Table, int]:
        return seen(counts, 5, tuple(sorted(order, key=lambda at: (counts[at], at))))

    told = smallest_first((4, 4, 4, 5, 5))
    alike = [one for one in product(range(7), repeat=5) if smallest_first(one) == told]
    assert all(sorted(table) == [4, 4, 4, 5, 5] for table in alike)
    assert {table[0] for table in product(range(13), repeat=4) if seen(table, 5, order[:4]) == ((0, 0, 0, 0), 17)} > {
        1,
        2,
        3,
        4,
    }


def test_no_told_cell_is_small_and_no_total_is() -> None:
    for counts in product(range(8), repeat=4):
        told, withheld = seen(counts, 4, (3, 0, 1, 2))
        assert not any(0 < one < 4 for one in told)
        assert sum(told) + withheld == sum(counts)
        if sum(counts) >= 4:
            assert withheld == 0 or withheld >= min(7, sum(counts))


def test_nothing_is_withheld_where_every_cell_is_large_or_k_is_one() -> None:
    assert withhold((5, 0, 9), 5, (0, 1, 2)) == frozenset()
    assert withhold((1, 2, 3), 1, (0, 1, 2)) == frozenset()


def test_the_order_names_every_cell_once_and_missing_values_last() -> None:
    for bins in range(1, 9):
        column = NumberColumn(name="age", minimum=0, maximum=90, bins=bins)
        assert sorted(column.inwards) == list(range(len(column.labels)))
        assert column.labels[column.inwards[-1]] == "missing"
    kinds = CategoryColumn(name="sex", categories=("f", "m"))
    assert [kinds.labels[at] for at in kinds.inwards] == ["other", "m", "f", "missing"]
