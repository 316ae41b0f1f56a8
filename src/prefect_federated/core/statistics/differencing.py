"""Two answers of one silo must not differ in a few rows: their difference would be a count of those.

earlier answer, new one --each row: its cell then, its cell now--> a group of 1 to k - 1 rows? --> refused

A row is known by a tag under the silo's own key. For every column that both answers count, rows are put into groups by
(cell then or not there, cell now or not there): at most this table is what the two answers show together. Every group
must be empty or have k rows. Only where both have the same cells and withheld the same ones, rows that stayed in their
cell are not looked at: they are told, or withheld, twice alike. So identical rows under the same cells are answered
again; one subject more or less is not, nor are bounds moved by a little.

Two answers at a time are held together, not more: four may show a group that no two of them do, such as those who came
between two times and lie between two edges, each edge asked for at each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import PolicyRefused

ABSENT = -1


@dataclass(frozen=True, slots=True)
class Placement:
    """The rows of an answer in the cells of one column.

    `asked` is a digest of the column as the query has it: under equal ones the cells are the same.
    """

    asked: str
    withheld: tuple[int, ...]
    cells: NDArray[np.int64] = field(repr=False)  # [n], the cell of each row


@dataclass(frozen=True, slots=True)
class Answered:
    """What one answer covered: rows by tag, uint64 `[n]` each once, and columns by name. It stays in the silo."""

    chain: str  # and coordinator
    task: int
    round: int
    fewest: int
    tags: NDArray[np.uint64] = field(repr=False)
    columns: dict[str, Placement]


def require_apart(earlier: Sequence[Answered], new: Answered) -> None:
    """Refuse an answer that shows too few rows beside that of an earlier round; a round has but one.

    Raises:
        PolicyRefused: naming column and earlier round, not how many rows it is about or in which cell they are.

    >>> def answer(round, tags, cells):
    ...     return Answered("", 1, round, 3, np.array(tags, np.uint64), {"age": Placement("", (), np.array(cells))})
    >>> require_apart([answer(1, [1, 2, 3, 4], [0, 0, 0, 1])], answer(2, [1, 2, 3, 4], [0, 0, 0, 1]))
    >>> require_apart([answer(1, [1, 2, 3, 4], [0, 0, 0, 1])], answer(2, [1, 2, 3], [0, 0, 0]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    prefect_federated.core.errors.PolicyRefused: statistics of column age were answered in round 1/1 over rows, ...
    """
    for old in earlier:
        if (old.chain, old.task, old.round) == (new.chain, new.task, new.round):
            continue
        fewest = max(old.fewest, new.fewest)
        for column in sorted(old.columns.keys() & new.columns.keys()):
            if _shows_few(old, new, column, fewest):
                raise PolicyRefused(
                    f"statistics of column {column} were answered in round {old.task}/{old.round} over rows, or in"
                    f" cells, that differ from those of round {new.task}/{new.round} by groups of fewer than {fewest}"
                    " rows: the two answers together would show them; ask for the same cells of the same rows again, or"
                    " wait until more rows have changed"
                )


def _shows_few(old: Answered, new: Answered, column: str, fewest: int) -> bool:
    tags = np.union1d(old.tags, new.tags)
    then, now = (_placed(one, column, tags) for one in (old, new))
    before, after = old.columns[column], new.columns[column]
    if before.asked == after.asked and before.withheld == after.withheld:
        moved = then != now
        then, now = then[moved], now[moved]
    _, counts = np.unique(np.stack([then, now]), axis=1, return_counts=True)
    return bool((counts < fewest).any())


def _placed(answer: Answered, column: str, tags: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The cell of each tagged row in an answer, `[m]`; -1 where the row is not in it."""
    placed = np.full(len(tags), ABSENT, np.int64)
    placed[np.searchsorted(tags, answer.tags)] = answer.columns[column].cells
    return placed
