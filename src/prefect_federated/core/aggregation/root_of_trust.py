"""Root of trust: each update counts by how far it points where one trusted update points, and at that one's length."""

from collections.abc import Sequence
from math import isqrt

from prefect_federated.core.aggregation.inner_product import inner_product
from prefect_federated.core.aggregation.norm_bound import squared_norm
from prefect_federated.core.aggregation.shares import MOST_SCALE, WHOLE
from prefect_federated.core.aggregation.vector import Vector

_SCORE_BITS = 32


def root_of_trust(updates: Sequence[Vector], root: Vector) -> list[int]:
    """Coefficients `n 2**16 t_i / (sum of t) * |r| / |u_i|`, where `t_i = max(0, cos(u_i, r))`; integers throughout.

    `t_i` is cut to 32 bits after the point; `|r| / |u_i|` is at most 4, so that a tiny update is not blown up beyond
    what an int32 word holds. The aggregate `floor(sum_i w_i u_i / (n 2**16))` is the mean of the updates, brought to
    the root's length and weighted by t: its norm is at most the root's.

    The root r is the update of one participant that the task names: the party that trains on the consortium's
    held-out set. It commits and reveals like everybody, so it cannot wait for the others' updates, and every reader
    has it and recomputes these coefficients to the bit. Whether it is an honest update on that set can be told only
    by who holds the set: it trains the same plan with the same seed and compares. In the paper the server makes the
    reference and leaves it out of the mean; here it is in it, with score 1, as any participant's update.

    Assumes an honest root whose set is like the others' data, and nothing about how many others lie; a lying root is
    a lying aggregate. An attacker that points where the root points, but not where honest ones do, still counts.
    The chain proves the sum under the coefficients that a proposal binds, not the coefficients.

    Args:
        updates: each int32 `[d]`, the root's among them or not.
        root: int32 `[d]`.

    Returns:
        A coefficient each; all are 0 where the root is zero.

    Source: FLTrust, Algorithm 2 of Cao et al. 2021, https://arxiv.org/abs/2012.13995

    >>> import numpy as np
    >>> rows = [np.array(row, np.int32) for row in ([6, 8], [3, 4], [-6, -8])]
    >>> root_of_trust(rows, rows[0])
    [98304, 196608, 0]
    """
    norms = [squared_norm(words) for words in updates]
    along = [max(0, inner_product(words, root)) for words in updates]
    length = squared_norm(root)
    scores = [
        isqrt((inner << _SCORE_BITS) ** 2 // (norm * length)) if inner else 0
        for inner, norm in zip(along, norms, strict=True)
    ]
    whole, total = len(norms) * WHOLE, sum(scores)
    return [
        min(score * isqrt((whole**2 * length) // norm), MOST_SCALE * whole * score) // total if score else 0
        for score, norm in zip(scores, norms, strict=True)
    ]
