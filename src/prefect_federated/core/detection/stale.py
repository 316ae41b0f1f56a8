"""Stale: an update that makes the last step of the model once more, as one from an older base does."""

from statistics import median

from prefect_federated.core.detection.geometry import Geometry
from prefect_federated.core.detection.named import Named

STALE = "stale"
CLOSER = 0.75  # of the median chord to the last step


def stale(geometry: Geometry, most: float) -> list[Named]:
    """Name every update that holds the last step s `most` times more than the median, and points along it.

    With a_i = <u_i, s> / <s, s> and c_i = |u_i/|u_i| - s/|s||: a_i > median a + most, and c_i < 0.75 median c. Training
    from the version before, to the same end, adds s to the update: a grows by 1 (staleness as in Xie et al. 2019,
    https://arxiv.org/abs/1903.03934). Assumes that more than half of the updates are honest. The second condition
    spares a silo that trains far because it has many rows.

    >>> figures = Geometry((), (), (), (0.7, 0.8, 0.4), (0.9, 1.0, 1.9))
    >>> [one.place for one in stale(figures, most=0.6)]
    [2]
    """
    if geometry.chords is None or geometry.shares is None:
        return []
    near, level = CLOSER * median(geometry.chords), median(geometry.shares)
    found = []
    for place, (chord, share) in enumerate(zip(geometry.chords, geometry.shares, strict=True)):
        if chord < near and share > level + most:
            more = share - level
            detail = f"it holds the model's last step {more:.3g} times more than the median update, above {most:g}"
            found.append(Named(place, STALE, more, most, detail))
    return found
