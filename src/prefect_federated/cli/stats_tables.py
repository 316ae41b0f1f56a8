"""Tables of a query and of its answer, for people.

Query --show_query--> columns, cells, words        Summary --show_summary--> moments and quantiles, then every cell
"""

import math
from typing import TYPE_CHECKING

from prefect_federated.cli.tables import show_pairs, show_table
from prefect_federated.core.epsilon import epsilon_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prefect_federated.core.statistics.pooled import NoiseTold, Numbers, Quantile, Summary
    from prefect_federated.core.statistics.privacy import StatisticsPrivacy
    from prefect_federated.core.statistics.query import Query

BAR = 30  # signs of the longest bar


def show_query(query: "Query", participants: int, masked: bool, privacy: "StatisticsPrivacy | None" = None) -> None:
    """What a query asks of a silo, and how it is written down."""
    from prefect_federated.core.statistics.agreed import terms_of
    from prefect_federated.core.statistics.cell_noise import CellNoise
    from prefect_federated.core.statistics.coding import Coding
    from prefect_federated.core.statistics.query import NumberColumn

    noise = None if privacy is None else CellNoise.of(query, privacy, participants, masked)
    rows = [
        (
            column.name,
            "numbers" if isinstance(column, NumberColumn) else "categories",
            f"{column.minimum:g} to {column.maximum:g}" if isinstance(column, NumberColumn) else None,
            len(column.labels),
            f"{column.span / 2 / noise.grain if noise else column.resolution:g}"
            if isinstance(column, NumberColumn)
            else None,
        )
        for column in query.columns
    ]
    show_table("Columns", ("column", "kind", "bounds", "cells", "step of sums"), rows)
    terms, fewest = terms_of(query, participants, masked, privacy), query.cells.fewest
    withheld = f"1 to {fewest - 1} rows, at the {query.cells.at}" if fewest > 1 else "none"
    words = f"{terms.size} of {Coding(participants, masked).bits} binary digits, for up to {participants} silos"
    missing = "told, however few" if query.cells.missing == "told" else "a cell as any other"
    every = query.cells.sums == "all"
    if privacy is not None and noise is not None:
        withheld = f"below {fewest} with their noise, of what is shown" if fewest > 1 else "none"
        words = f"{terms.size}, in which a row counts {noise.grain}, for up to {participants} silos of"
        words, missing, every = f"{words} {privacy.max_rows} rows", "told, with their noise", True
    show_pairs(
        "A silo's answer",
        [
            ("reads", ", ".join(query.read)),
            ("fewest rows", query.min_rows),
            ("cells withheld", withheld),
            ("missing values", missing),
            ("sums", "of all rows with a value" if every else "of rows in cells that are told"),
            ("mode", "masked: nobody sees one silo's figures" if masked else "clear: readers see each silo's figures"),
            ("words", words),
        ],
    )


def show_summary(summary: "Summary", title: str) -> None:
    """An answer: columns of numbers, then the cells of every column; under noise every figure with its deviation."""
    numbers = [(told, told.numbers) for told in summary.columns if told.numbers is not None]
    print_title, noise = f"{title}: {_count(summary.rows)} rows of {summary.silos} silos", summary.noise
    if noise is not None:
        _show_noise(noise)
    if numbers:
        shares = [f"quantile {share:g}" for share in _shares(found for _, found in numbers)]
        header = ("column", "counted", "missing", "withheld", "mean", "deviation", *shares)
        show_table(
            print_title,
            header,
            [
                (
                    told.name,
                    _count(found.counted),
                    _count(told.cells[-1]),
                    _count(told.withheld),
                    _about(found.mean, found.error, found.errors.mean if found.errors else None),
                    _about(deviation(found), found.error, _deviation_error(found)),
                    *(_quantile(one) for one in found.quantiles),
                    *("" for _ in shares[len(found.quantiles) :]),
                )
                for told, found in numbers
            ],
        )
    most = max((count or 0 for told in summary.columns for count in (*told.cells, told.withheld)), default=0)
    rows = list[tuple[str, ...]]()
    for told in summary.columns:
        cells = [*zip(told.labels, told.cells, strict=True), ("withheld", told.withheld)]
        rows += [(told.name, label, _count(count), "█" * _length(count, most) or " ") for label, count in cells]
    show_table("" if numbers else print_title, ("column", "cell", "rows", ""), rows)


def _show_noise(noise: "NoiseTold") -> None:
    show_pairs(
        "Noise",
        [
            ("hides", f"each {noise.unit}, epsilon {epsilon_text(noise.epsilon, 4)} at delta {noise.delta:g}"),
            ("of a count", f"standard deviation {noise.deviation:.4g} rows; counts are as they come, also below 0"),
            ("after ±", "the standard deviation of the noise in a figure; a quantile lies within two of them"),
        ],
    )


def _shares(found: "Iterable[Numbers]") -> list[float]:
    """Shares of rows at which quantiles are told; a column of which nothing is told has none."""
    return max(([one.share for one in numbers.quantiles] for numbers in found), key=len, default=[])


def deviation(found: "Numbers") -> float | None:
    """Root of the variance; none of one that noise made negative."""
    return None if found.variance is None or found.variance < 0 else math.sqrt(found.variance)


def _deviation_error(found: "Numbers") -> float | None:
    """Of the noise in the root of the variance, to the first order."""
    if found.errors is None or found.errors.variance is None or not found.variance or found.variance < 0:
        return None
    return found.errors.variance / 2 / math.sqrt(found.variance)


def _length(count: float | None, most: float) -> int:
    return max(0, round(BAR * (count or 0) / most)) if most > 0 else 0


def _count(count: float | None) -> str:
    """Whole counts as they are, noisy ones to a tenth."""
    return "withheld" if count is None else f"{count:.1f}" if isinstance(count, float) else str(count)


def _about(value: float | None, error: float, noise: float | None = None) -> str | None:
    """A number with as many digits as its fixed point bears, or the noise in it, which is told too."""
    if value is None:
        return None
    digits = max(0, min(9, 1 - math.floor(math.log10(max(error, noise or 0)))))
    return f"{value:.{digits}f}" if noise is None else f"{value:.{digits}f} ± {noise:.{digits}f}"


def _quantile(one: "Quantile") -> str:
    low = "below" if math.isinf(one.low) else f"{one.low:g}"
    high = "above" if math.isinf(one.high) else f"{one.high:g}"
    value = "" if one.value is None else f"{one.value:.4g} "
    return f"{value}({low} to {high})"
