"""Sums that could wrap are refused, masked or encrypted: modulo 2^32 nobody would see it.

largest |sum| = participants * largest weight * largest |word| < 2^31
"""

from prefect_federated.core.errors import WeightOverflow

BEYOND = 2**31


def require_maskable(limit: int, max_weight: int, participants: int) -> None:
    """Refuse sums of which a word could reach 2^31 in magnitude; called when a masked or encrypted task is created.

    Args:
        limit: largest absolute word of an update.
        max_weight: largest weight of one participant.
        participants: most that a sum may run over.

    Raises:
        WeightOverflow: naming the values and what to lower.

    >>> require_maskable(limit=2**14, max_weight=1000, participants=100)
    """
    largest = limit * max_weight * participants
    if largest >= BEYOND:
        fitting = (BEYOND - 1) // max(1, max_weight * participants)
        raise WeightOverflow(
            f"{participants} participants * weight {max_weight} * limit {limit} = {largest} reaches {BEYOND}, where a"
            f" masked or encrypted sum wraps; lower the limit to {fitting}, with fewer binary digits after the point,"
            " or lower max_weight or max_participants"
        )
