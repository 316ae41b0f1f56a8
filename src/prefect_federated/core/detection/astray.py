"""Astray: an update that has nothing to do with where all others go together."""

from statistics import median

from prefect_federated.core.detection.geometry import Geometry
from prefect_federated.core.detection.named import Named

TOGETHER = 0.3  # least median cosine at which a cosine near 0 is odd


def astray(geometry: Geometry, least: float) -> list[Named]:
    """Name every update whose cosine to the sum of the others is below least * (median of these cosines).

    Finds noise (Blanchard et al. 2017, https://arxiv.org/abs/1703.02757), and many a flipped label. In d dimensions
    noise has a cosine of some 1 / sqrt(d). The test speaks only where the median cosine is at least 0.3: with strongly
    skewed data honest silos are as far from each other.

    >>> [one.place for one in astray(Geometry((), (), (0.8, 0.02, 0.9), None, None), least=0.15)]
    [1]
    """
    middle = median(geometry.agreement)
    if middle < TOGETHER:
        return []
    return [
        Named(
            place,
            "astray",
            cosine / middle,
            least,
            f"its cosine to the others' sum is {cosine / middle:.3g} times the median, below {least:g}",
        )
        for place, cosine in enumerate(geometry.agreement)
        if cosine < least * middle
    ]
