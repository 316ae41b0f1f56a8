"""Noise that hides rows of a statistics round, as people choose it: options, what they cost, what error to expect.

--noise-multiplier --> StatisticsPrivacy --CellNoise, row_cost--> epsilon, deviation of a count, error of a mean
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli.tables import show_pairs, show_table
from prefect_federated.core.errors import ConfigurationError, SpecError
from prefect_federated.core.masked_numbers import FEWEST_MASKED
from prefect_federated.core.privacy import DELTA

if TYPE_CHECKING:
    from prefect_federated.core.statistics.privacy import StatisticsPrivacy
    from prefect_federated.core.statistics.query import Query

PANEL = "Noise"
MAX_ROWS = 100_000  # as the spec has it
ROWS = (100, 1000, 10_000)  # of which an expected error is told


@dataclass(frozen=True, slots=True)
class NoiseOptions:
    """The options under which each row is hidden; without a multiplier there is no noise."""

    noise_multiplier: Annotated[
        float | None,
        typer.Option(
            rich_help_panel=PANEL,
            help="Hide each row: deviation of the noise over the most that one row moves all counts together, above 0;"
            " 2 costs epsilon 2.2 a round.",
        ),
    ] = None
    delta: Annotated[
        float, typer.Option(rich_help_panel=PANEL, help="Chance that epsilon does not hold; below one over the rows.")
    ] = DELTA
    split: Annotated[
        int,
        typer.Option(
            min=1,
            rich_help_panel=PANEL,
            help="Silos among whom a masked sum's noise is split, privacy.fewest: so many keep theirs to themselves.",
        ),
    ] = 1
    max_rows: Annotated[
        int, typer.Option(min=1, rich_help_panel=PANEL, help="Most rows of a silo; fewer leave more digits to sums.")
    ] = MAX_ROWS

    def privacy(self) -> "StatisticsPrivacy | None":
        """What a task says of the noise; None where it has none.

        Raises:
            ConfigurationError: something is said of noise that there is not.
            SpecError: there is no such noise.
        """
        from pydantic import ValidationError

        from prefect_federated.core.statistics.privacy import StatisticsPrivacy

        if self.noise_multiplier is None:
            if (self.delta, self.split, self.max_rows) != (DELTA, 1, MAX_ROWS):
                raise ConfigurationError(
                    f"--delta {self.delta:g}, --split {self.split}, --max-rows {self.max_rows} without"
                    " --noise-multiplier: they are of noise; give it, or none of them"
                )
            return None
        try:
            return StatisticsPrivacy(
                noise_multiplier=self.noise_multiplier, delta=self.delta, fewest=self.split, max_rows=self.max_rows
            )
        except ValidationError as error:
            first = error.errors()[0]
            raise SpecError(f"privacy.{first['loc'][0]} is {first['input']!r}: {first['msg']}; give another") from error


def under(privacy: "StatisticsPrivacy | None", query: "Query") -> "Query":
    """A query as it is asked under noise: cells are left out of pooled counts, unless it says where.

    Raises:
        SpecError: it has silos withhold cells, or categories that are one.
    """
    from prefect_federated.core.statistics.agreed import require_noise_fits

    if privacy is None:
        return query
    if "at" not in query.cells.model_fields_set:
        query = query.model_copy(update={"cells": query.cells.model_copy(update={"at": "pool"})})
    require_noise_fits(query)
    return query


def cost_of(privacy: "StatisticsPrivacy") -> str:
    """What a round costs each row."""
    from prefect_federated.core.epsilon import epsilon_text
    from prefect_federated.core.privacy import epsilon_of
    from prefect_federated.core.silo_noise import row_cost

    epsilon = epsilon_of(row_cost(privacy.noise_multiplier), privacy.delta)
    return f"each row, epsilon {epsilon_text(epsilon, 4)} at delta {privacy.delta:g} in each round"


def deviations(query: "Query", privacy: "StatisticsPrivacy", counts: Sequence[int], most: int, masked: bool) -> str:
    """The noise of a count, where so many silos answer."""
    from prefect_federated.core.statistics.cell_noise import CellNoise

    noise = CellNoise.of(query, privacy, most, masked)
    told = [f"{noise.deviation(silos):.4g} rows where {silos} silos answer" for silos in dict.fromkeys(counts)]
    return f"standard deviation {', '.join(told)}"


def show_noise(query: "Query", privacy: "StatisticsPrivacy", participants: int, masked: bool) -> None:
    """What a round of the query costs, and what error to expect of it; nothing is run for it.

    Of a mean the error where every value is at a bound; about the middle it is 0.58 of that.

    Raises:
        SpecError: the noise is split among more silos than there are.
    """
    from prefect_federated.core.statistics.cell_noise import CellNoise, sensitivity_sq
    from prefect_federated.core.statistics.query import NumberColumn

    if privacy.fewest > participants:
        raise SpecError(
            f"--split {privacy.fewest} where {participants} silos answer at most: their sum would never have all of the"
            " noise; lower --split, or have more silos"
        )
    noise, square = CellNoise.of(query, privacy, participants, masked), sensitivity_sq(query)
    least = min(participants, max(privacy.fewest, FEWEST_MASKED if masked else 1))
    show_pairs(
        "Noise",
        [
            ("hides", cost_of(privacy)),
            ("a row moves", f"{square} numbers by a row at most, {math.sqrt(square):.4g} together (L2)"),
            ("noise of a count", deviations(query, privacy, (least, participants), participants, masked)),
            (
                "each silo adds",
                f"a part, such that {privacy.fewest} have it all" if privacy.fewest > 1 else "as much as hides a row",
            ),
        ],
    )
    numbers = [column for column in query.columns if isinstance(column, NumberColumn)]
    if numbers:
        deviation = noise.deviation(participants)
        show_table(
            f"Standard error of a mean at most, where {participants} silos answer",
            ("column", *(f"of {rows:,} rows" for rows in ROWS), "rounded by at most"),
            [
                (
                    column.name,
                    *(_error(column.span / 2, deviation, rows) for rows in ROWS),
                    f"{column.span / 4 / noise.grain:.2g}",
                )
                for column in numbers
            ],
        )


def _error(half: float, deviation: float, rows: int) -> str:
    if rows <= 2 * math.sqrt(2) * deviation:
        return "no mean is told"
    return f"{half * deviation * math.sqrt(3) / rows:.2g}"
