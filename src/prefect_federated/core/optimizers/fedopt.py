"""FedAdagrad, FedAdam, FedYogi: the server steps along the mean by a rate of its own for each coordinate.

m' = beta1 m + (1 - beta1) delta;   v' = as below;   move = learning_rate m' / (sqrt(v') + tau)

v starts at tau^2, the least that the paper allows, and m at 0; neither is corrected for its start, as in the paper.
delta is the round's aggregate, trained minus base, in real numbers. All vectors are float64 `[d]`.

Assumes participants whose updates are comparable in scale: a coordinate that moves rarely is moved far when it does,
by up to learning_rate |m| / tau, so that a robust rule should stand before it where participants may lie.

Source: Algorithm 2 of Reddi et al. 2021, https://arxiv.org/abs/2003.00295
"""

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


def first_moment(delta: Reals, m: Reals, beta1: float) -> Reals:
    """Line 10 of the algorithm: `beta1 m + (1 - beta1) delta`.

    >>> first_moment(np.array([4.0]), np.array([2.0]), 0.5)
    array([3.])
    """
    return beta1 * m + (1.0 - beta1) * delta


def adagrad_moment(delta: Reals, v: Reals) -> Reals:
    """FedAdagrad: `v + delta^2`, which only grows.

    >>> adagrad_moment(np.array([3.0]), np.array([1.0]))
    array([10.])
    """
    return v + delta * delta


def adam_moment(delta: Reals, v: Reals, beta2: float) -> Reals:
    """FedAdam: `beta2 v + (1 - beta2) delta^2`.

    >>> adam_moment(np.array([4.0]), np.array([2.0]), 0.5)
    array([9.])
    """
    return beta2 * v + (1.0 - beta2) * (delta * delta)


def yogi_moment(delta: Reals, v: Reals, beta2: float) -> Reals:
    """FedYogi: `v - (1 - beta2) delta^2 sign(v - delta^2)`; what it changes by does not depend on how large v is.

    >>> yogi_moment(np.array([4.0, 1.0]), np.array([2.0, 2.0]), 0.5)
    array([10. ,  1.5])
    """
    square = delta * delta
    return v - (1.0 - beta2) * square * np.sign(v - square)


def move(m: Reals, v: Reals, *, learning_rate: float, tau: float) -> Reals:
    """What is added to the base model: `learning_rate m / (sqrt(v) + tau)`.

    >>> move(np.array([3.0]), np.array([4.0]), learning_rate=2.0, tau=1.0)
    array([2.])
    """
    return learning_rate * m / (np.sqrt(v) + tau)
