"""Opposed: an update that points away from where the others go together."""

from statistics import median

from prefect_federated.core.detection.geometry import Geometry
from prefect_federated.core.detection.named import Named


def opposed(geometry: Geometry, least: float) -> list[Named]:
    """Name every update whose cosine to the sum of the others (each made one long) is below -least.

    Finds flipped signs (Li et al. 2019, https://arxiv.org/abs/1811.03761). It speaks only where the others go somewhere
    together: where the median cosine is at least `least`. With strongly skewed data honest silos pull against each
    other, and the test stays silent or names some of them.

    >>> [one.place for one in opposed(Geometry((), (), (0.8, -0.7, 0.9), None, None), least=0.25)]
    [1]
    """
    if median(geometry.agreement) < least:
        return []
    return [
        Named(place, "opposed", cosine, -least, f"its cosine to the others' sum is {cosine:.3g}, below {-least:g}")
        for place, cosine in enumerate(geometry.agreement)
        if cosine < -least
    ]
