"""Sums that could wrap, and sums of more ciphertexts than the noise allows, are refused.

largest |sum| = participants * largest weight * largest |word| < 2^31;  participants <= 128
"""

from prefect_federated.core.errors import SpecError
from prefect_federated.core.homomorphic.ring import MOST_SUMMED
from prefect_federated.core.masking.headroom import require_maskable


def require_summable(limit: int, max_weight: int, participants: int) -> None:
    """Refuse sums that could wrap or drown in noise; to be called before a session is agreed on, which knows no limit.

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
    require_maskable(limit, max_weight, participants)
