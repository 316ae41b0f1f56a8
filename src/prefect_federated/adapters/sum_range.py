"""Whether a masked sum that was opened is one that updates within the task's bounds could make.

sum, weight, parts --limit, noise, norm of a group--> sound | OutOfRange
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


def require_sound(spec: RoundSpec, words: Sums, weight: int, parts: int) -> None:
    """A sum is one that updates within the task's limit could make, and of a group also within its norm.

    Raises:
        OutOfRange: somebody masked something else.
    """
    limit, largest = spec.spec.update.limit, max(int(words.max()), -int(words.min()))
    if largest > (most := limit * weight + _most_noise(spec, parts)):
        raise OutOfRange(
            f"the sum has a word of {largest}, updates of weight {weight} within limit {limit} come to {most} at most;"
            " somebody masked something else, and nobody can tell who"
        )
    norm = most_norm(spec)
    if spec.spec.enforced.group and norm is not None and not mean_within(words.astype(np.int32), weight, norm):
        found = float(np.linalg.norm(words.astype(np.float64))) / weight
        raise OutOfRange(
            f"the mean of {parts} updates has a norm of {found:.0f} words, updates clipped to"
            f" {spec.spec.update.clip_norm:g} come to {norm} at most; somebody masked something else, and nobody can"
            " tell who"
        )


def most_norm(spec: RoundSpec) -> int | None:
    """The largest norm in words of a clipped update, and so of every mean of such; None where nothing bounds it."""
    agreed = spec.spec
    if isinstance(agreed.privacy, ParticipantPrivacy | StatisticsPrivacy) or isinstance(agreed.local, FedNova):
        return None  # noise has no bound; FedNova's number of steps is no part of what is clipped
    return norm_bound_words(agreed.update.clip_norm, agreed.model.size, agreed.model.frac_bits)


def _most_noise(spec: RoundSpec, parts: int) -> int:
    """What noise that hides silos, or rows of statistics, can add to a word of the sum, but for a chance of 2^-40."""
    privacy, query, enforced = spec.spec.privacy, spec.spec.statistics, spec.spec.enforced
    if isinstance(privacy, StatisticsPrivacy) and query is not None:
        return CellNoise.of(query, privacy, enforced.max_participants, enforced.masked).most_noise(parts)
    if not isinstance(privacy, ParticipantPrivacy):
        return 0
    part = part_of_sum(privacy, spec.spec.model.frac_bits, enforced.max_weight)
    return surely_most_of_parts(part, parts, spec.spec.model.size)
