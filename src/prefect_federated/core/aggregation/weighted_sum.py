"""The exact weighted sum of integer updates, some columns at a time, near the speed of the memory.

updates --a block of columns of each--> partial sums, the narrowest that hold--> sum of the block --floor--> words

Integer addition has no rounding, hence the sum has the same bits in any order. Where the weights times the largest
word fit, a block is summed in int32; else in runs of updates whose sums int32 holds, or float64 below 2**53, where
float64 holds every integer exactly whatever the order of additions; else in int64.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.overflow import ANY_WORD, INT32_MAX, accumulator_dtype
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.errors import PayloadError, ShapeMismatch

Accumulator = NDArray[np.signedinteger[Any]]
Weighted = tuple[int, Vector]

_COLUMNS = 65_536
_PRODUCT_COLUMNS = 16_384
_PRODUCT_ROWS = 4  # with so many columns, half a megabyte as float64: it stays in the cache
_WORTHWHILE_RUN = 4  # updates a run, so that widening its sum costs little
_EXACT_FLOAT = 2**53


def weighted_floor(
    updates: Sequence[Weighted], d: int, divisor: int, *, limit: int = ANY_WORD, threads: int = 1
) -> NDArray[np.int32]:
    """Coordinate-wise `floor(sum_i w_i u_i / divisor)`, in the memory of the result and one block of columns.

    Args:
        updates: pairs of a weight >= 0 and int32 `[d]`.
        d: coordinates of every update.
        divisor: so large that the quotient is an int32; 1 or more.
        limit: largest absolute word, as checked when the payload was read: words beyond it may wrap. The
            default holds for any int32; a smaller one keeps int32 accumulators for longer.
        threads: share the columns; the bits are the same.

    Raises:
        ShapeMismatch: an update is not int32 `[d]`.
        PayloadError: a weight is negative.
        WeightOverflow: the weights times `limit` exceed int64.

    >>> weighted_floor([(1, np.array([1, 2], np.int32)), (3, np.array([5, -2], np.int32))], 2, divisor=3)
    array([ 5, -2], dtype=int32)
    """
    result = np.empty(d, np.int32)

    def fill(columns: range) -> None:
        for block, total in weighted_sums(updates, columns, limit=limit):
            wide = total if divisor <= INT32_MAX else total.astype(np.int64, copy=False)
            result[block] = np.floor_divide(wide, divisor, out=wide)

    check_weighted(updates, d)
    if threads == 1 or d < threads:
        fill(range(d))
        return result
    width = -(-d // threads)
    with ThreadPoolExecutor(threads) as pool:
        deque(pool.map(fill, (range(at, min(at + width, d)) for at in range(0, d, width))), maxlen=0)
    return result


def weighted_sums(
    updates: Sequence[Weighted], columns: range, *, limit: int = ANY_WORD
) -> Iterator[tuple[slice, Accumulator]]:
    """The exact sum of `weight * words`, block after block of the columns.

    Args:
        updates: pairs of a weight >= 0 and int32 `[d]`, checked.
        limit: as in `weighted_floor`.

    Raises:
        WeightOverflow: the weights times `limit` exceed int64.

    >>> two = [(1, np.array([1, 2], np.int32)), (3, np.array([5, -2], np.int32))]
    >>> [(block.start, total.tolist()) for block, total in weighted_sums(two, range(2))]
    [(0, [16, -4])]
    """
    some = [(int(weight), words) for weight, words in updates if weight]
    dtype = accumulator_dtype(sum(weight for weight, _ in some), limit)
    runs, products = _runs(some, INT32_MAX // limit), _runs(some, _EXACT_FLOAT // limit)
    if dtype == np.int32 or len(runs) * _WORTHWHILE_RUN <= len(some):
        return _by_columns(runs, columns, np.dtype(np.int32), dtype)
    if len(products) < len(some) and max(weight for weight, _ in some) * limit <= _EXACT_FLOAT:
        return _by_product(products, columns)
    return _by_columns([some], columns, dtype, dtype)


def check_weighted(updates: Sequence[Weighted], d: int) -> None:
    """Refuse updates that cannot be summed.

    Raises:
        ShapeMismatch: an update is not int32 `[d]`.
        PayloadError: a weight is negative.

    >>> check_weighted([(1, np.array([1, 2], np.int32))], d=2)
    """
    for index, (weight, words) in enumerate(updates):
        if words.shape != (d,) or words.dtype != np.int32:
            raise ShapeMismatch(
                f"update {index} is {words.dtype} {list(words.shape)}, not int32 [{d}]; exclude its sender"
            )
        if weight < 0:
            raise PayloadError(f"update {index} has weight {weight}, below 0; exclude its sender")


def _by_columns(
    runs: Sequence[Sequence[Weighted]],
    columns: range,
    dtype: np.dtype[np.signedinteger[Any]],
    wide: np.dtype[np.signedinteger[Any]],
) -> Iterator[tuple[slice, Accumulator]]:
    """Multiply and add in `dtype`, which holds the sum of any one run; the runs together in `wide`."""
    factors = [[(np.array(weight, dtype), words) for weight, words in run] for run in runs]
    product, partial = np.empty((2, min(_COLUMNS, len(columns))), dtype)
    for block in _blocks(columns, _COLUMNS):
        total = np.zeros(block.stop - block.start, wide)
        term = product[: total.size]
        for run in factors:
            subtotal = total if wide == dtype else partial[: total.size]
            if subtotal is not total:
                subtotal.fill(0)
            for weight, words in run:
                np.multiply(words[block], weight, out=term)
                np.add(subtotal, term, out=subtotal)
            if subtotal is not total:
                np.add(total, subtotal, out=total)
        yield block, total


def _by_product(runs: Sequence[Sequence[Weighted]], columns: range) -> Iterator[tuple[slice, Accumulator]]:
    """Add `weights [k] @ words [k, columns]` in float64, which rounds nothing within a run."""
    groups = [[run[at : at + _PRODUCT_ROWS] for at in range(0, len(run), _PRODUCT_ROWS)] for run in runs]
    weights = [[np.array([weight for weight, _ in group], np.float64) for group in run] for run in groups]
    stacked = np.empty(min(_PRODUCT_COLUMNS, len(columns)) * _PRODUCT_ROWS, np.float64)
    partial = np.empty(min(_PRODUCT_COLUMNS, len(columns)), np.float64)
    for block in _blocks(columns, _PRODUCT_COLUMNS):
        total = np.zeros(block.stop - block.start, np.int64)
        for run, factors in zip(groups, weights, strict=True):
            subtotal = partial[: total.size]
            subtotal.fill(0)
            for group, row in zip(run, factors, strict=True):
                rows = stacked[: len(group) * total.size]
                np.concatenate([words[block] for _, words in group], out=rows)
                np.add(subtotal, row @ rows.reshape(len(group), total.size), out=subtotal)
            np.add(total, subtotal.astype(np.int64), out=total)
        yield block, total


def _blocks(columns: range, width: int) -> Iterator[slice]:
    return (slice(at, min(at + width, columns.stop)) for at in range(columns.start, columns.stop, width))


def _runs(updates: Sequence[Weighted], most_weight: int) -> list[list[Weighted]]:
    """Cut updates into runs of total weight at most `most_weight`; a heavier update is a run of its own."""
    runs: list[list[Weighted]] = []
    room = 0
    for update in updates:
        if not runs or update[0] > room:
            runs.append([])
            room = most_weight
        runs[-1].append(update)
        room -= update[0]
    return runs
