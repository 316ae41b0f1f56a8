"""FedNova: the mean update per local step, times the mean number of local steps.

aggregate = [mean d | mean steps] --> move = [mean steps * mean d | 0]

The silos' side, with the formula in full, is `learning.algorithms.fednova`. Both means have the weights of the round,
so that this is the paper's `x - tau_eff sum p_i d_i` with `tau_eff = sum p_i a_i`; the sign is ours, trained minus
base. The last number stays 0 in every version. Who claims many steps moves the others' updates too: assumes silos that
count honestly; the task's `limit` alone bounds what one may claim.

Source: equation 5 and section 4.1 of Wang et al. 2020, https://arxiv.org/abs/2007.07481
"""

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


def move(delta: Reals) -> Reals:
    """What is added to the base model and to the last number.

    Args:
        delta: float64 `[d + 1]`: the mean update per unit of steps, then the mean number of units.

    >>> move(np.array([0.5, -1.0, 3.0]))
    array([ 1.5, -3. ,  0. ])
    """
    return np.concatenate((delta[:-1] * delta[-1], np.zeros(1)))
