"""Scaled: an update much longer than the others."""

from statistics import median

from prefect_federated.core.detection.geometry import Geometry
from prefect_federated.core.detection.named import Named


def scaled(geometry: Geometry, most: float) -> list[Named]:
    """Name every update with |u| > most * median |u|.

    Finds model replacement (Bagdasaryan et al. 2020, https://arxiv.org/abs/1807.00459). Assumes that more than half of
    the updates are honest, and that no honest silo trains `most` times as far as the middle one.

    >>> found = scaled(Geometry((1.0, 2.0, 30.0), (), (), None, None), most=5)
    >>> [(one.place, one.measured) for one in found]
    [(2, 15.0)]
    """
    middle = median(geometry.norms)
    if not middle:
        return []
    return [
        Named(place, "scaled", norm / middle, most, f"its norm is {norm / middle:.3g} medians, above {most:g}")
        for place, norm in enumerate(geometry.norms)
        if norm > most * middle
    ]
