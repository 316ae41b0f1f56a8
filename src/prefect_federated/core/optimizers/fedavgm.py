"""FedAvgM: a momentum over the aggregates of all rounds, kept by the server."""

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


def fedavgm(delta: Reals, m: Reals, *, momentum: float, learning_rate: float) -> tuple[Reals, Reals]:
    """One step: `m' = momentum m + delta`, `move = learning_rate m'`; what is added to the base model, and `m'`.

    With momentum 0 and learning_rate 1 it is FedAvg. The sign is ours: delta is trained minus base, where the paper
    subtracts base minus trained. Assumes aggregates that point about the same way over rounds; after a change of
    cohort or data the momentum of the old ones lasts about 1 / (1 - momentum) rounds.

    Args:
        delta: the round's aggregate in real numbers, float64 `[d]`.
        m: momentum after the last round, float64 `[d]`; 0 before the first.
        momentum: beta, 0 to below 1.
        learning_rate: 1 in the paper.

    Source: section 4.3 (FedAvgM) of Hsu et al. 2019, https://arxiv.org/abs/1909.06335

    >>> fedavgm(np.array([1.0, -2.0]), np.array([4.0, 0.0]), momentum=0.5, learning_rate=2.0)
    (array([ 6., -4.]), array([ 3., -2.]))
    """
    m = momentum * m + delta
    return learning_rate * m, m
