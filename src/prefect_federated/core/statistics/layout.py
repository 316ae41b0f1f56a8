"""Which numbers a statistics round adds up, in which order, and how wide each is; as tensors for the task's model.

query --Layout--> rows | of each column: its cells, the withheld total, of numbers also their count, sum and squares
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect_federated.core.errors import ContentMismatch
from prefect_federated.core.spec_parts import Tensor
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.query import NumberColumn, Query

COUNT_BITS, SUM_BITS, SQUARES_BITS = 31, 47, 63  # of up to 2^31 - 1 rows, each at most 2^16 steps


@dataclass(frozen=True, slots=True)
class ColumnCounts:
    """What is counted of one column, by one silo or of all together.

    `total` and `squares` are of `counted` rows: sums of steps from the minimum, and of their squares. All three are 0
    for categories.
    """

    cells: tuple[int, ...]  # in the order of the column's labels; 0 where withheld
    withheld: int = 0
    counted: int = 0
    total: int = 0
    squares: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """All that a statistics round counts."""

    rows: int
    columns: tuple[ColumnCounts, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The numbers of a query in their order, and back."""

    query: Query

    @property
    def widths(self) -> list[int]:
        """Bits of each number."""
        widths = [COUNT_BITS]
        for column in self.query.columns:
            widths += [COUNT_BITS] * (len(column.labels) + 1)
            widths += [COUNT_BITS, SUM_BITS, SQUARES_BITS] if isinstance(column, NumberColumn) else []
        return widths

    def tensors(self, coding: Coding) -> tuple[Tensor, ...]:
        """The words as named tensors, as a task's model lists them."""
        count = coding.digits(COUNT_BITS)
        tensors = [Tensor(name="rows", shape=(count,))]
        for column in self.query.columns:
            tensors.append(Tensor(name=f"{column.name}.cells", shape=(len(column.labels) + 1, count)))
            if isinstance(column, NumberColumn):
                tensors.append(Tensor(name=f"{column.name}.counted", shape=(count,)))
                tensors.append(Tensor(name=f"{column.name}.sum", shape=(coding.digits(SUM_BITS),)))
                tensors.append(Tensor(name=f"{column.name}.squares", shape=(coding.digits(SQUARES_BITS),)))
        return tuple(tensors)

    def numbers(self, counts: Counts) -> list[int]:
        """Counts as the list that is encoded."""
        numbers = [counts.rows]
        for asked, column in zip(self.query.columns, counts.columns, strict=True):
            numbers += [*column.cells, column.withheld]
            numbers += [column.counted, column.total, column.squares] if isinstance(asked, NumberColumn) else []
        return numbers

    def counts(self, numbers: Sequence[int]) -> Counts:
        """The counts that a list of numbers stands for.

        Raises:
            ContentMismatch: they contradict each other: the cells of a column hold more rows, or fewer, than there are.
        """
        rest, columns = iter(numbers), list[ColumnCounts]()
        rows = next(rest)
        for asked in self.query.columns:
            cells = tuple(next(rest) for _ in asked.labels)
            withheld = next(rest)
            sums = tuple(next(rest) for _ in range(3)) if isinstance(asked, NumberColumn) else ()
            columns.append(ColumnCounts(cells, withheld, *sums))
            if (found := sum(cells) + withheld) != rows:
                raise ContentMismatch(
                    f"column {asked.name} has {found} rows in its cells, the silos have {rows} together; one of"
                    " them sent something else than counts, ask again without it"
                )
        return Counts(rows, tuple(columns))
