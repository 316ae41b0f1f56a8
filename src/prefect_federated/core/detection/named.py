"""What a test says of a participant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """One update that a test names, by its place among the updates, with the figure and the bound it passed."""

    place: int
    test: str
    measured: float
    bound: float
    detail: str  # a sentence with both
