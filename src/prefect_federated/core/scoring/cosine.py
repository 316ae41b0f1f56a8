"""Cosine: how far an update points where the aggregate goes, in integers alone."""

from collections.abc import Mapping
from math import isqrt

from prefect_federated.core.aggregation.distances import gram
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.combine import Words
from prefect_federated.core.scoring.score_vector import Scores

BITS = 16


def cosine(aggregate: Words, updates: Mapping[int, Vector], length: int) -> Scores:
    """score[i] = floor(2^16 * max(0, <u_i, a> / (|u_i| |a|))); 0 for whoever is not in `updates`.

    Exact: the same for whoever can read the updates, without any held-out data. It tells what an update contributes to
    where everybody goes, not whether that is good, and pays a copy as much as its original.

    Source: Xu and Lyu 2021, https://arxiv.org/abs/2011.10464

    Args:
        aggregate: int32 `[d]`.
        updates: int32 `[d]` each, by participant index.
        length: how many scores the vector holds; above every index.

    >>> import numpy as np
    >>> cosine(np.array([4, 0], np.int32), {0: np.array([1, 0], np.int32), 2: np.array([-1, 5], np.int32)}, 3)
    (65536, 0, 0)
    """
    return tuple(_score(aggregate, updates[index]) if index in updates else 0 for index in range(length))


def _score(aggregate: Words, update: Vector) -> int:
    (own, both), (_, whole) = gram([update, aggregate]).tolist()
    if both <= 0:
        return 0
    return isqrt((int(both) << BITS) ** 2 // (int(own) * int(whole)))
