"""Alike: updates closer to each other than two trainings come; all but the first that was committed are named."""

from collections.abc import Sequence

from prefect_federated.core.detection.geometry import Geometry
from prefect_federated.core.detection.named import Named


def alike(geometry: Geometry, least: float, order: Sequence[int]) -> list[Named]:
    """Name every update that lies within least * (lower quartile of all distances) of one committed before it.

    Finds copies and near copies (Fung et al. 2018, https://arxiv.org/abs/1808.04866). Assumes that more than half of
    the updates are honest, and that these differ: with the same data and seed in two silos they do not. Whoever copies
    commits after its victim, unless both belong together.

    Args:
        order: when each update was committed; of equal ones the lower place counts as the earlier.

    >>> near = ((0.0, 0.5, 9.0, 9.0), (0.5, 0.0, 9.0, 9.0), (9.0, 9.0, 0.0, 9.0), (9.0, 9.0, 9.0, 0.0))
    >>> [one.place for one in alike(Geometry((), near, (), None, None), least=0.1, order=(1, 0, 2, 3))]
    [0]
    """
    usual, found = geometry.usual_distance, []
    for place, row in enumerate(geometry.distances):
        earlier = [row[other] for other in range(len(row)) if (order[other], other) < (order[place], place)]
        if earlier and min(earlier) <= least * usual:
            share = min(earlier) / usual if usual else 0.0
            detail = f"it lies {share:.3g} of the usual distance from an update committed before it, within {least:g}"
            found.append(Named(place, "alike", share, least, detail))
    return found
