"""How much noise hides a row of a statistics round, and in which units: integers that every reader of the task finds.

query --sensitivity_sq--> what a row moves at most (L2) --noise_multiplier--> sigma --fewest--> part of each silo, words

A word of one number counts `grain` for a row: each cell that holds it, and the number of rows, by exactly that; the sum
of a column by at most that, since its values count as grains between -1 and 1 from the middle of the bounds; and so
does the sum of their squares. With c columns, n of them numbers, a row that comes or goes moves 1 + c + 2 n numbers by
a grain or less: L2 distance `grain * sqrt(1 + c + 2 n)`, whatever the rest of the data is.

Each number is one word. Digits, as exact counts have them, would not do: a masked sum of digits shows carries beside
the number, and they depend on what single silos sent.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from prefect_federated.core.errors import SpecError
from prefect_federated.core.participant_privacy import LEAST_PART
from prefect_federated.core.payload import INT32_MAX
from prefect_federated.core.silo_noise import part_of
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import NumberColumn, Query

MOST_GRAIN, LEAST_GRAIN = 2**16, 16
BEYOND = 10  # deviations; of the words of any query one goes beyond them with a chance below 2^-40


def sensitivity_sq(query: Query) -> int:
    """The squared L2 sensitivity, in grains: how many numbers one row moves, each by a grain at most.

    >>> age = NumberColumn(name="age", minimum=0, maximum=90)
    >>> sensitivity_sq(Query(columns=(age,)))
    4
    """
    numbers = sum(isinstance(column, NumberColumn) for column in query.columns)
    return 1 + len(query.columns) + 2 * numbers


@dataclass(frozen=True, slots=True)
class CellNoise:
    """Noise of one statistics task, in words.

    `sigma` is that of the discrete Gaussian which a sum shall have in each word, `part` that of what each silo adds:
    the whole in a clear task, where each silo's numbers are seen.
    """

    grain: int  # a row in a word
    sigma: int
    part: int
    limit: int  # largest word: of a silo's counts where they are masked, of counts with noise where they are not

    @classmethod
    def of(cls, query: Query, privacy: StatisticsPrivacy, participants: int, masked: bool) -> Self:
        """The finest grain, a power of two, with which the rows of all silos and their noise fit a word.

        Raises:
            SpecError: none does, or the noise is too little or too much to be drawn.

        >>> age = NumberColumn(name="age", minimum=0, maximum=90)
        >>> CellNoise.of(Query(columns=(age,)), StatisticsPrivacy(noise_multiplier=1, fewest=4), 16, masked=True)
        CellNoise(grain=1024, sigma=2048, part=1024, limit=102400000)
        """
        if not masked and privacy.fewest > 1:
            raise SpecError(
                f"privacy.fewest is {privacy.fewest} in a clear task: there each silo's numbers have the whole noise,"
                " for they are seen; leave it out, or mask them"
            )
        grain, least = MOST_GRAIN, max(LEAST_GRAIN, participants)  # so the floor of a mean costs less than a row
        while grain >= least:
            noise = cls._at(grain, query, privacy, masked)
            if noise._fits(participants, masked):
                return noise._checked()
            grain //= 2
        raise SpecError(
            f"{participants if masked else 1} times {privacy.max_rows} rows (privacy.max_rows), and noise of multiplier"
            f" {privacy.noise_multiplier:g}, do not fit a word where a row counts {least}; lower max_rows,"
            " max_participants or noise_multiplier"
        )

    @classmethod
    def _at(cls, grain: int, query: Query, privacy: StatisticsPrivacy, masked: bool) -> Self:
        square = (Fraction(privacy.noise_multiplier) * grain) ** 2 * sensitivity_sq(query)
        sigma = math.isqrt(math.ceil(square) - 1) + 1
        part = part_of(sigma, privacy.fewest)
        return cls(grain, sigma, part, grain * privacy.max_rows + (0 if masked else BEYOND * part))

    def _fits(self, participants: int, masked: bool) -> bool:
        most = participants * self.limit + self.most_noise(participants) if masked else self.limit
        return most <= INT32_MAX  # ten parts fit, so one can be drawn

    def _checked(self) -> Self:
        if self.part < LEAST_PART:
            raise SpecError(
                f"each silo would add noise of {self.part} words, and sums hide what is charged from {LEAST_PART} on;"
                " raise privacy.noise_multiplier, or lower privacy.fewest"
            )
        return self

    def most_noise(self, parts: int) -> int:
        """The largest magnitude of the noise in any word of a sum of so many parts, but for a chance of 2^-40.

        Ten deviations: with 2^19 words, more than a query can have, the chance is below 2^-56.
        """
        return BEYOND * self.part * (math.isqrt(parts - 1) + 1)

    def deviation(self, silos: int) -> float:
        """Standard deviation, in rows, of the noise of each count that so many silos answer together."""
        return self.part * math.sqrt(silos) / self.grain
