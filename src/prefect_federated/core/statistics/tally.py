"""What a silo counts where noise hides each row, as words, and what the noisy mean of a round says of the sums.

Tally --words_of--> one word a number, no row moves one by more than a grain --noise, masks, floored mean--> Noisy

The floor of a mean of n silos takes n - 1 words off a sum at most; half of that is added again. A grain has n words or
more, so it is off by less than half a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ContentMismatch, SpecError
from prefect_federated.core.spec_parts import Tensor
from prefect_federated.core.statistics.cell_noise import BEYOND, CellNoise
from prefect_federated.core.statistics.query import NumberColumn, Query


@dataclass(frozen=True, slots=True)
class ColumnTally:
    """What is counted of one column: rows in each cell, in the order of its labels; of numbers also two sums.

    Of every row with a value, `total` adds up whole grains from -grain to grain, where it lies between the bounds, and
    `squares` those from 0 to grain of its square. Both are 0 for categories.
    """

    cells: tuple[int, ...]
    total: int = 0
    squares: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """All that a silo counts, before noise: it leaves only with it."""

    rows: int
    columns: tuple[ColumnTally, ...]


@dataclass(frozen=True, slots=True)
class NoisyColumn:
    """Pooled figures of one column with noise, in rows: sums are of values between -1 and 1, and of their squares."""

    cells: tuple[float, ...]
    total: float = 0.0
    squares: float = 0.0


@dataclass(frozen=True, slots=True)
class Noisy:
    """All that a round tells: each number has independent noise of one deviation, in rows."""

    rows: float
    columns: tuple[NoisyColumn, ...]
    deviation: float


def tensors_of(query: Query) -> tuple[Tensor, ...]:
    """The words as named tensors, as a task's model lists them."""
    tensors = [Tensor(name="rows", shape=(1,))]
    for column in query.columns:
        tensors.append(Tensor(name=f"{column.name}.cells", shape=(len(column.labels),)))
        if isinstance(column, NumberColumn):
            tensors += [Tensor(name=f"{column.name}.{sums}", shape=(1,)) for sums in ("sum", "squares")]
    return tuple(tensors)


def words_of(query: Query, tally: Tally, noise: CellNoise, max_rows: int) -> NDArray[np.int32]:
    """A silo's counts as words without noise, int32 `[d]`.

    Raises:
        SpecError: there are more rows than the task has room for. How many is not said: the text may leave the silo.

    >>> age = NumberColumn(name="age", minimum=0, maximum=90, bins=1)
    >>> noise = CellNoise(grain=16, sigma=32, part=32, limit=160)
    >>> words_of(Query(columns=(age,)), Tally(2, (ColumnTally((0, 2, 0, 0), -5, 9),)), noise, 10).tolist()
    [32, 0, 32, 0, 0, -5, 9]
    """
    if tally.rows > max_rows:
        raise SpecError(f"more rows than {max_rows}, privacy.max_rows of the task; stay out, or ask for a larger one")
    words = [tally.rows * noise.grain]
    for asked, column in zip(query.columns, tally.columns, strict=True):
        words += [count * noise.grain for count in column.cells]
        words += [column.total, column.squares] if isinstance(asked, NumberColumn) else []
    return np.array(words, np.int32)


def noisy_of(query: Query, aggregate: NDArray[np.int32], silos: int, noise: CellNoise) -> Noisy:
    """What the floored mean of a round says of the sums.

    Args:
        aggregate: int32 `[d]`, of the silos' words with their noise.
        silos: n, how many are in it.

    Raises:
        ContentMismatch: it has another size, or cells that hold another number of rows than there are, further than
            ten deviations: somebody sent something else than counts.
    """
    if aggregate.size != (size := sum(one.size for one in tensors_of(query))):
        raise ContentMismatch(f"an aggregate of {aggregate.size} words, the query's numbers take {size}")
    sums = iter(((silos * aggregate.astype(np.float64) + (silos - 1) / 2) / noise.grain).tolist())
    deviation, rows, columns = noise.deviation(silos), next(sums), list[NoisyColumn]()
    for asked in query.columns:
        cells = tuple(next(sums) for _ in asked.labels)
        columns.append(NoisyColumn(cells, *([next(sums), next(sums)] if isinstance(asked, NumberColumn) else [])))
        _require_rows(asked.name, rows, cells, deviation)
    return Noisy(rows, tuple(columns), deviation)


def _require_rows(name: str, rows: float, cells: Sequence[float], deviation: float) -> None:
    allowed = BEYOND * deviation * np.sqrt(len(cells) + 1) + len(cells) + 1  # and what floors take off
    if abs((found := sum(cells)) - rows) > allowed:
        raise ContentMismatch(
            f"column {name} has {found:.1f} rows in its cells, the silos have {rows:.1f} together, which is further"
            f" apart than the noise explains ({allowed:.1f}); one of them sent something else than counts, ask again"
            " without it"
        )
