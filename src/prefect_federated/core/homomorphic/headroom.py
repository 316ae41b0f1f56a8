"""Sums that could wrap, and sums of more ciphertexts than the noise allows, are refused.

largest |sum| = participants * largest weight * largest |word| < 2^31;  participants <= 128
"""

from prefect_federated.core.errors import SpecError, WeightOverflow
from prefect_federated.core.homomorphic.ring import MOST_SUMMED, PLAIN

BEYOND = PLAIN // 2


def require_summable(limit: int, max_weight: int, participants: int) -> None:
    """Refuse a task whose encrypted sum could wrap or drown in noise; called when the task is created.

    Args:
        limit: largest absolute word of an update.
        max_weight: largest weight of one participant.
        participants: most that a sum may run over.

    Raises:
        WeightOverflow: the weighted sum could reach 2^31 in magnitude.
        SpecError: more payloads could be summed than the noise leaves room for.

    >>> require_summable(limit=2**14, max_weight=1000, participants=100)
    """
    if participants > MOST_SUMMED:
        raise SpecError(
            f"{participants} participants, the noise of encrypted payloads leaves room for {MOST_SUMMED}; lower"
            " max_participants, or mask the round"
        )
    largest = limit * max_weight * participants
    if largest >= BEYOND:
        fitting = (BEYOND - 1) // max(1, max_weight * participants)
        raise WeightOverflow(
            f"{participants} participants * weight {max_weight} * limit {limit} = {largest} reaches {BEYOND}, where an"
            f" encrypted sum wraps; lower the limit to {fitting}, with fewer binary digits after the point, or lower"
            " max_weight or max_participants"
        )
