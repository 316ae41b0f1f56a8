"""Centred clipping: an update longer than a radius counts for less, so that none moves the mean by more than that."""

from collections.abc import Iterable
from math import isqrt

from prefect_federated.core.aggregation.norm_bound import squared_norm
from prefect_federated.core.aggregation.shares import WHOLE
from prefect_federated.core.aggregation.vector import Vector


def centred_clip(updates: Iterable[Vector], radius: int) -> list[int]:
    """Coefficients `floor(2**16 min(1, radius / |u_i|))`, in integers throughout.

    The aggregate is `floor(sum_i w_i u_i / (n 2**16))`: a mean over all n, in which who is clipped leaves the rest
    of its share to nobody. The centre is zero, the base model itself. The paper's centre is the last aggregate: its
    sum would hold `(n - sum of coefficients) v` of a vector v that is no update, and a proof of the sum would have to
    show that as well. So of the paper's momentum and its theorem over many rounds nothing is claimed here.

    Whatever any number of participants send, each moves the aggregate by at most radius / n, in L2 norm. Against f
    attackers the paper assumes f <= n / 10, and an honest scatter of the order of the radius: a radius below the
    honest updates' norms turns the mean into one of their directions. Each update counts the same, whatever its
    examples, since a participant could raise those. The chain proves the sum under the coefficients that a proposal
    binds, not the coefficients.

    Args:
        updates: each int32 `[d]`.
        radius: largest L2 norm in words that counts in full, at least 1.

    Source: section 4 of Karimireddy et al. 2021, https://arxiv.org/abs/2012.10333

    >>> import numpy as np
    >>> centred_clip([np.array([3, 4], np.int32), np.array([30, 40], np.int32)], radius=10)
    [65536, 13107]
    """
    square = (radius * WHOLE) ** 2
    norms = (squared_norm(words) for words in updates)
    return [min(WHOLE, isqrt(square // norm)) if norm else WHOLE for norm in norms]
