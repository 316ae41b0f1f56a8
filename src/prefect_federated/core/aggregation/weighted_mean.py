"""FedAvg: the mean of the updates, weighted by examples, as integers."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.overflow import ANY_WORD
from prefect_federated.core.aggregation.weighted_sum import Weighted, check_weighted, weighted_floor
from prefect_federated.core.errors import SpecError


def weighted_mean(updates: Iterable[Weighted], d: int, *, limit: int = ANY_WORD, threads: int = 1) -> NDArray[np.int32]:
    """Coordinate-wise `floor(sum_i w_i u_i / sum_i w_i)`, the same bits in any order of arrival.

    Floor rounds towards minus infinity, as Python's `//` on the exact sum: -1 over 2 is -1. Assumes honest
    participants: one update of any size moves the mean anywhere; see the other rules for robustness.

    Args:
        updates: pairs of a weight >= 0 and int32 `[d]`, read a block of columns at a time; weight 0 leaves an
            update out.
        d: coordinates of every update.
        limit: largest absolute word that the caller has checked; a smaller one allows int32 accumulators
            (twice as fast). The default holds for any int32.
        threads: share the columns; the bits are the same.

    Raises:
        ShapeMismatch: an update is not int32 `[d]`.
        PayloadError: a weight is negative.
        WeightOverflow: the weights times `limit` exceed int64.
        SpecError: the weights sum to 0.

    Source: FedAvg, Algorithm 1 of McMahan et al. 2017, https://arxiv.org/abs/1602.05629

    >>> weighted_mean([(1, np.array([1, -2], np.int32)), (3, np.array([2, -1], np.int32))], d=2)
    array([ 1, -2], dtype=int32)
    """
    some = list(updates)
    check_weighted(some, d)
    total = sum(weight for weight, _ in some)
    if not total:
        raise SpecError("no update has a weight above 0, so there is no mean; void the round")
    return weighted_floor(some, d, total, limit=limit, threads=threads)
