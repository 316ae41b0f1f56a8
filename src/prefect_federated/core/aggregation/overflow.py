"""Overflow is refused before it can happen: every weighted sum a task allows must fit a signed integer.

largest |sum| = sum of weights * largest |word|
"""

from typing import Any

import numpy as np

from prefect_federated.core.errors import WeightOverflow

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
ANY_WORD = 2**31  # no int32 exceeds it in absolute value


def check_weighted_sum(max_participants: int, max_weight: int, limit: int) -> None:
    """Refuse a task whose largest weighted sum could leave int64; called when the task is created.

    Args:
        max_participants: most participants a round may have.
        max_weight: largest weight of one of them.
        limit: largest absolute word of any part.

    Raises:
        WeightOverflow: the product exceeds `2**63 - 1`.

    >>> check_weighted_sum(max_participants=1000, max_weight=10**6, limit=2**31 - 1)
    """
    largest = max_participants * max_weight * limit
    if largest > INT64_MAX:
        raise WeightOverflow(
            f"{max_participants} participants * weight {max_weight} * limit {limit} = {largest} exceeds "
            f"{INT64_MAX}; lower one of the three"
        )


def accumulator_dtype(total_weight: int, limit: int = ANY_WORD) -> np.dtype[np.signedinteger[Any]]:
    """Narrowest accumulator that holds every sum under this total weight.

    Args:
        total_weight: sum of the weights.
        limit: largest absolute word.

    Raises:
        WeightOverflow: the product exceeds `2**63 - 1`.

    >>> accumulator_dtype(100, 2**20).name, accumulator_dtype(100, 2**30).name
    ('int32', 'int64')
    """
    largest = total_weight * limit
    if largest > INT64_MAX:
        raise WeightOverflow(
            f"total weight {total_weight} * limit {limit} = {largest} exceeds {INT64_MAX}; lower the weights"
        )
    return np.dtype(np.int32) if largest <= INT32_MAX else np.dtype(np.int64)
