"""Loss: by how much one update lowers the loss on the held-out set."""

from collections.abc import Mapping

from prefect_federated.core.scoring.score_vector import Scores

UNITS = 10**6
MOST = 2**32 - 1


def loss(base_loss: float, losses: Mapping[int, float], length: int) -> Scores:
    """score[i] = floor(10^6 * max(0, loss(base) - loss(base + update i))); 0 for whoever is not in `losses`.

    A finer measure than counted examples, and less exact: the loss is the plan's floating point, whose last digits
    may differ between machines, and a score with them by one.

    Args:
        base_loss: of the base model on the held-out set.
        losses: the same with the update of a participant added, by its index.
        length: how many scores the vector holds; above every index.

    >>> loss(0.5, {0: 0.25, 1: 0.75}, 3)
    (250000, 0, 0)
    """
    return tuple(_score(base_loss, losses[index]) if index in losses else 0 for index in range(length))


def _score(before: float, after: float) -> int:
    gain = (before - after) * UNITS
    return min(int(gain), MOST) if gain > 0 else 0
