"""Numbers of a query in their order, and back: what contradicts itself is no counts."""

import pytest

from prefect_federated.core.errors import ContentMismatch
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.layout import ColumnCounts, Counts, Layout
from prefect_federated.core.statistics.query import Query

AGE = {"name": "age", "minimum": 20, "maximum": 80, "bins": 2}
SEX = {"name": "sex", "categories": ["f", "m"]}
LAYOUT = Layout(Query.model_validate({"columns": [AGE, SEX]}))
COUNTS = Counts(19, (ColumnCounts((0, 5, 8, 0, 6), 0, 13, 99, 1234), ColumnCounts((7, 0, 0, 0), 12)))


def test_counts_come_back_and_every_number_has_a_width_and_words() -> None:
    numbers = LAYOUT.numbers(COUNTS)
    assert LAYOUT.counts(numbers) == COUNTS
    assert len(numbers) == len(LAYOUT.widths) == 1 + (6 + 3) + 5
    coding = Coding(5, masked=True)
    assert sum(one.size for one in LAYOUT.tensors(coding)) == coding.encode(numbers, LAYOUT.widths).size


@pytest.mark.parametrize(
    ("at", "said"), [(0, "age has 19 rows in its cells, the silos have 20"), (10, "sex has 20 rows in its cells")]
)
def test_cells_that_hold_more_or_fewer_rows_than_there_are_come_from_no_silos(at: int, said: str) -> None:
    numbers = LAYOUT.numbers(COUNTS)
    numbers[at] += 1
    with pytest.raises(ContentMismatch, match=f"column {said}.*ask again without it"):
        LAYOUT.counts(numbers)
