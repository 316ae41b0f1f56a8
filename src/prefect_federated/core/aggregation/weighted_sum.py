"""The exact weighted sum of integer updates, as they arrive, near the speed of the memory.

updates --a batch at a time--> columns that fit the cache --partial sums, the narrowest that hold--> sum

Integer addition has no rounding, hence the sum has the same bits in any order of arrival. Partial sums of a
batch are int32 where its weights allow, else float64 below 2**53, where float64 holds every integer exactly
whatever the order of additions, else int64. The sum itself starts as int32 and widens to int64 when the
weights seen so far times the largest word no longer fit.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.overflow import ANY_WORD, INT32_MAX, accumulator_dtype
from prefect_federated.core.errors import PayloadError, ShapeMismatch

Words = NDArray[np.int32]
Accumulator = NDArray[np.signedinteger[Any]]
Weighted = tuple[int, Words]

_HELD_WORDS = 2**27  # 512 MiB of updates held at once, or a single larger one
_COLUMNS = 65_536
_PRODUCT_COLUMNS = 8_192
_PRODUCT_ROWS = 8
_WORTHWHILE_RUN = 4  # updates a run, so that widening its sum costs little
_EXACT_FLOAT = 2**53


def weighted_sum(
    updates: Iterable[Weighted], d: int, *, limit: int = ANY_WORD, held: int = 128, threads: int = 1
) -> tuple[Accumulator, int]:
    """Sum of `weight * words` over all updates, exactly, and the sum of the weights.

    Each update is visited once and kept until the few that arrive with it are summed: share no buffer.

    Args:
        updates: pairs of a weight >= 0 and int32 `[d]`.
        d: coordinates of every update.
        limit: largest absolute word, as checked when the payload was read: words beyond it may wrap. The
            default holds for any int32; a smaller one keeps int32 accumulators for longer.
        held: updates kept at once (also at most 512 MiB of them); 1 takes least memory, more are faster.
        threads: share the columns; the bits are the same.

    Raises:
        ShapeMismatch: an update is not int32 `[d]`.
        PayloadError: a weight is negative.
        WeightOverflow: the weights times `limit` exceed int64.

    >>> total, weight = weighted_sum([(1, np.array([1, 2], np.int32)), (3, np.array([5, -2], np.int32))], 2)
    >>> total.tolist(), weight
    ([16, -4], 4)
    """
    total: Accumulator = np.zeros(d, np.int32)
    total_weight = 0
    for batch in _batches(_checked(updates, d), d, held):
        total_weight += sum(weight for weight, _ in batch)
        total = total.astype(accumulator_dtype(total_weight, limit), copy=False)
        _share(total, batch, limit, threads)
        del batch  # nothing is held while the next ones arrive
    return total, total_weight


def _share(total: Accumulator, batch: Sequence[Weighted], limit: int, threads: int) -> None:
    """Each thread adds columns of its own."""
    if threads == 1:
        return _add(total, batch, limit)
    width = -(-total.size // threads)
    parts = [slice(at, at + width) for at in range(0, total.size, width)]
    with ThreadPoolExecutor(threads) as pool:
        added = [pool.submit(_add, total[part], [(w, u[part]) for w, u in batch], limit) for part in parts]
        for future in added:
            future.result()
    return None


def _add(total: Accumulator, batch: Sequence[Weighted], limit: int) -> None:
    runs = _runs(batch, INT32_MAX // limit)
    if total.dtype == np.int32 or len(runs) * _WORTHWHILE_RUN <= len(batch):
        _add_by_columns(total, runs, np.dtype(np.int32))
    elif len(batch) > 1 and sum(weight for weight, _ in batch) * limit <= _EXACT_FLOAT:
        _add_by_product(total, batch)
    else:
        _add_by_columns(total, [batch], np.dtype(np.int64))


def _add_by_columns(
    total: Accumulator, runs: Sequence[Sequence[Weighted]], dtype: np.dtype[np.signedinteger[Any]]
) -> None:
    """Multiply and add in `dtype`, which holds the sum of any one run, a block of columns at a time."""
    factors = [[(np.array(weight, dtype), words) for weight, words in run] for run in runs]
    product, partial = np.empty((2, min(_COLUMNS, total.size)), dtype)
    for at in range(0, total.size, _COLUMNS):
        block = total[at : at + _COLUMNS]
        term = product[: block.size]
        for run in factors:
            subtotal = block if total.dtype == dtype else partial[: block.size]
            if subtotal is not block:
                subtotal.fill(0)
            for weight, words in run:
                np.multiply(words[at : at + _COLUMNS], weight, out=term)
                np.add(subtotal, term, out=subtotal)
            if subtotal is not block:
                np.add(block, subtotal, out=block)


def _add_by_product(total: Accumulator, batch: Sequence[Weighted]) -> None:
    """Add `weights [k] @ words [k, columns]` in float64; the caller has shown that nothing is rounded."""
    groups = [batch[at : at + _PRODUCT_ROWS] for at in range(0, len(batch), _PRODUCT_ROWS)]
    weights = [np.array([weight for weight, _ in group], np.float64) for group in groups]
    stacked = np.empty(min(_PRODUCT_COLUMNS, total.size) * min(_PRODUCT_ROWS, len(batch)), np.float64)
    partial = np.empty(min(_PRODUCT_COLUMNS, total.size), np.float64)
    for at in range(0, total.size, _PRODUCT_COLUMNS):
        block = total[at : at + _PRODUCT_COLUMNS]
        subtotal = partial[: block.size]
        subtotal.fill(0)
        for group, row in zip(groups, weights, strict=True):
            rows = stacked[: len(group) * block.size]
            np.concatenate([words[at : at + _PRODUCT_COLUMNS] for _, words in group], out=rows)
            np.add(subtotal, row @ rows.reshape(len(group), block.size), out=subtotal)
        np.add(block, subtotal.astype(np.int64), out=block)


def _runs(batch: Sequence[Weighted], most_weight: int) -> list[list[Weighted]]:
    """Cut a batch into runs of total weight at most `most_weight`; a heavier update is a run of its own."""
    runs: list[list[Weighted]] = []
    room = 0
    for update in batch:
        if not runs or update[0] > room:
            runs.append([])
            room = most_weight
        runs[-1].append(update)
        room -= update[0]
    return runs


def _batches(updates: Iterator[Weighted], d: int, held: int) -> Iterator[list[Weighted]]:
    size = max(1, min(held, _HELD_WORDS // max(d, 1)))
    while batch := list(islice(updates, size)):
        yield batch
        del batch


def _checked(updates: Iterable[Weighted], d: int) -> Iterator[Weighted]:
    index = -1
    for weight, words in updates:  # without enumerate, which holds on to an update while the next one arrives
        index += 1
        if words.shape != (d,) or words.dtype != np.int32:
            raise ShapeMismatch(
                f"update {index} is {words.dtype} {list(words.shape)}, not int32 [{d}]; exclude its sender"
            )
        if weight < 0:
            raise PayloadError(f"update {index} has weight {weight}, below 0; exclude its sender")
        if weight:
            yield int(weight), words
        del words
