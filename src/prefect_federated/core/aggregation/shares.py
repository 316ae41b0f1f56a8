"""Coefficients as integers: a whole share is 2^16, and what an update is scaled down by goes to nobody.

aggregate = floor(sum_i w_i u_i / (n 2^16)), over the n updates that have a coefficient above 0

The denominator is n whole shares and not the sum of the coefficients: a rule that scales an update down would
otherwise scale all others up. The contract divides by the same (Tallies.sol), so the sum is provable under the
coefficients that a proposal binds; the coefficients themselves are recomputed by whoever reads the updates.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.overflow import ANY_WORD
from prefect_federated.core.aggregation.weighted_sum import Weighted, weighted_floor
from prefect_federated.core.errors import SpecError, WeightOverflow

WHOLE = 2**16
MOST_SCALE = 4  # whole shares that one update may count on average: 10,000 of them times int32 stay below 2**63


def shared_mean(
    updates: Sequence[Weighted], d: int, *, limit: int = ANY_WORD, most_scale: int = 1, threads: int = 1
) -> NDArray[np.int32]:
    """Coordinate-wise `floor(sum_i w_i u_i / (n 2**16))`, the same bits in any order.

    Args:
        updates: n pairs of a coefficient >= 0 and int32 `[d]`.
        d: coordinates of every update.
        limit: largest absolute word that the caller has checked.
        threads: share the columns; the bits are the same.
        most_scale: the coefficients may sum to `n * most_scale * 2**16`.

    Raises:
        SpecError: there is no update.
        WeightOverflow: the coefficients sum to more.

    >>> shared_mean([(2**16, np.array([8, -8], np.int32)), (2**15, np.array([4, 1], np.int32))], d=2)
    array([ 5, -4], dtype=int32)
    """
    n, weight = len(updates), sum(coefficient for coefficient, _ in updates)
    if not n:
        raise SpecError("there is no update, so there is no mean; void the round")
    if weight > n * most_scale * WHOLE:
        raise WeightOverflow(
            f"coefficients of {n} updates sum to {weight}, the rule gives at most {n * most_scale * WHOLE};"
            " refuse the proposal"
        )
    return weighted_floor(updates, d, n * WHOLE, limit=limit, threads=threads)


def without_zeros(indices: Sequence[int], rule: Callable[[list[int]], list[int]]) -> dict[int, int]:
    """Coefficients of those who have one: whoever is given 0 is left out, and the rule applied to the rest.

    Args:
        indices: who there is.
        rule: coefficients of those it is given, in their order.

    >>> without_zeros(range(3), lambda some: [0, 5, 6] if len(some) == 3 else [7] * len(some))
    {1: 7, 2: 7}
    """
    some = list(indices)
    while some:
        found = rule(some)
        if all(found):
            return dict(zip(some, found, strict=True))
        some = [index for index, coefficient in zip(some, found, strict=True) if coefficient]
    return {}
