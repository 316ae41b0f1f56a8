"""What no sum of honest updates exceeds: its words the task's limit and the noise, its mean the norm of one update.

sum of weight * word, sum of the weights --range, norm--> nothing | somebody sent something else
"""

import numpy as np

from prefect_federated.adapters.gathering import OutOfRange
from prefect_federated.core.aggregation.norm_bound import mean_within
from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.local_spec import FedNova
from prefect_federated.core.participant_privacy import ParticipantPrivacy, part_of_sum, surely_most_of_parts
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.statistics.cell_noise import CellNoise
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.learning.clip import norm_bound_words


def require_honest_sum(spec: RoundSpec, words: Sums, weight: int, parts: int) -> None:
    """Refuse a sum that no updates within the task's limit and its norm come to, be it of all or of a group.

    No honest sum is refused: a word of each is at most the limit, and `mean_within` holds for vectors that are within
    the norm one by one. That a sum passes does not prove its updates honest.

    Args:
        words: sum of weight * word, int64 `[d]`.
        weight: sum of the weights, 1 or more.
        parts: how many updates it is of.

    Raises:
        OutOfRange: somebody sent something else; nobody can tell who.
    """
    sent = "masked" if spec.spec.enforced.masked else "encrypted"
    limit, largest = spec.spec.update.limit, max(int(words.max()), -int(words.min()))
    if largest > (most := limit * weight + most_noise(spec, parts)):
        raise OutOfRange(
            f"the sum has a word of {largest}, updates of weight {weight} within limit {limit} come to {most} at most;"
            f" somebody {sent} something else, and nobody can tell who"
        )
    norm = most_norm(spec)
    if norm is not None and not mean_within(words, weight, norm):
        found = float(np.linalg.norm(words.astype(np.float64))) / weight
        raise OutOfRange(
            f"the mean of {parts} updates has a norm of {found:.0f} words, updates clipped to"
            f" {spec.spec.update.clip_norm:g} come to {norm} at most; somebody {sent} something else, and nobody can"
            " tell who"
        )


def most_norm(spec: RoundSpec) -> int | None:
    """The largest norm in words of a clipped update, and so of every mean of such; None where nothing bounds it.

    DP-SGD clips after its noise. Noise that hides silos comes after the clipping, and has no bound; FedNova's number of
    steps is no part of what is clipped; counts of statistics are not clipped at all.
    """
    agreed = spec.spec
    if agreed.statistics is not None or isinstance(agreed.privacy, ParticipantPrivacy):
        return None
    if isinstance(agreed.local, FedNova):
        return None
    return norm_bound_words(agreed.update.clip_norm, agreed.model.size, agreed.model.frac_bits)


def most_noise(spec: RoundSpec, parts: int) -> int:
    """What noise that hides silos, or rows of statistics, can add to a word of a masked sum, but for a chance of 2^-40.

    Elsewhere noise is in the words before they are held to the limit.
    """
    privacy, query, enforced = spec.spec.privacy, spec.spec.statistics, spec.spec.enforced
    if isinstance(privacy, StatisticsPrivacy) and query is not None:
        return CellNoise.of(query, privacy, enforced.max_participants, enforced.masked).most_noise(parts)
    if not enforced.masked or not isinstance(privacy, ParticipantPrivacy):
        return 0
    part = part_of_sum(privacy, spec.spec.model.frac_bits, enforced.max_weight)
    return surely_most_of_parts(part, parts, spec.spec.model.size)
