"""Idle: an update that no training made: of no length, or the last step of the model over again."""

from statistics import median

from prefect_federated.core.detection.geometry import Geometry
from prefect_federated.core.detection.named import Named

SHORT = 0.05  # of the median norm


def idle(geometry: Geometry, least: float) -> list[Named]:
    """Name every update with |u| < 0.05 median |u|, or with the direction of the last step.

    The direction is compared in chords, c = |u/|u| - s/|s||: c_i < least * median c. Finds free riders (Fraboni et al.
    2021, https://arxiv.org/abs/2006.11901). Assumes that more than half of the updates are honest. Near convergence
    honest updates are short as well: the first part compares them with each other only.

    >>> figures = Geometry((1.0, 1.0, 1.0, 0.01), (), (), (0.7, 0.8, 0.1, 1.4), (1.0, 1.0, 1.0, 0.0))
    >>> [one.place for one in idle(figures, least=0.35)]
    [2, 3]
    """
    middle = median(geometry.norms)
    found = []
    for place, norm in enumerate(geometry.norms):
        if norm < SHORT * middle:
            detail = f"its norm is {norm / middle:.3g} medians, below {SHORT:g}"
            found.append(Named(place, "idle", norm / middle, SHORT, detail))
        elif geometry.chords is not None:
            ratio = geometry.chords[place] / (median(geometry.chords) or 1.0)
            if ratio < least:
                detail = f"it lies {ratio:.3g} times as far from the model's last step as the median, below {least:g}"
                found.append(Named(place, "idle", ratio, least, detail))
    return found
