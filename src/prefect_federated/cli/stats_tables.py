"""Tables of a query and of its answer, for people.

Query --show_query--> columns, cells, words        Summary --show_summary--> moments and quantiles, then every cell
"""

import math
from typing import TYPE_CHECKING

from prefect_federated.cli.tables import show_pairs, show_table

if TYPE_CHECKING:
    from prefect_federated.core.statistics.pooled import Numbers, Quantile, Summary
    from prefect_federated.core.statistics.query import Query

BAR = 30  # signs of the longest bar


def show_query(query: "Query", participants: int, masked: bool) -> None:
    """What a query asks of a silo, and how it is written down."""
    from prefect_federated.core.statistics.agreed import terms_of
    from prefect_federated.core.statistics.coding import Coding
    from prefect_federated.core.statistics.query import NumberColumn

    rows = [
        (
            column.name,
            "numbers" if isinstance(column, NumberColumn) else "categories",
            f"{column.minimum:g} to {column.maximum:g}" if isinstance(column, NumberColumn) else None,
            len(column.labels),
            f"{column.resolution:g}" if isinstance(column, NumberColumn) else None,
        )
        for column in query.columns
    ]
    show_table("Columns", ("column", "kind", "bounds", "cells", "step of sums"), rows)
    coding, terms = Coding(participants, masked), terms_of(query, participants, masked)
    fewest = query.cells.fewest
    show_pairs(
        "A silo's answer",
        [
            ("reads", ", ".join(query.read)),
            ("fewest rows", query.min_rows),
            ("cells withheld", f"1 to {fewest - 1} rows, at the {query.cells.at}" if fewest > 1 else "none"),
            ("missing values", "told, however few" if query.cells.missing == "told" else "a cell as any other"),
            ("sums", "of all rows with a value" if query.cells.sums == "all" else "of rows in cells that are told"),
            ("mode", "masked: nobody sees one silo's figures" if masked else "clear: readers see each silo's figures"),
            ("words", f"{terms.size} of {coding.bits} binary digits, for up to {participants} silos"),
        ],
    )


def show_summary(summary: "Summary", title: str) -> None:
    """An answer: columns of numbers, then the cells of every column."""
    numbers = [(told, told.numbers) for told in summary.columns if told.numbers is not None]
    print_title = f"{title}: {summary.rows} rows of {summary.silos} silos"
    if numbers:
        shares = [f"quantile {one.share:g}" for one in numbers[0][1].quantiles] if numbers[0][1].quantiles else []
        header = ("column", "counted", "missing", "withheld", "mean", "deviation", *shares)
        show_table(
            print_title,
            header,
            [
                (
                    told.name,
                    found.counted,
                    _count(told.cells[-1]),
                    told.withheld,
                    _about(found.mean, found.error),
                    _about(deviation(found), found.error),
                    *(_quantile(one) for one in found.quantiles),
                )
                for told, found in numbers
            ],
        )
    most = max((count or 0 for told in summary.columns for count in (*told.cells, told.withheld)), default=0)
    rows = list[tuple[str, ...]]()
    for told in summary.columns:
        cells = [*zip(told.labels, told.cells, strict=True), ("withheld", told.withheld)]
        rows += [(told.name, label, _count(count), "█" * _length(count, most)) for label, count in cells]
    show_table("" if numbers else print_title, ("column", "cell", "rows", ""), rows)


def deviation(found: "Numbers") -> float | None:
    """Root of the variance."""
    return None if found.variance is None else math.sqrt(found.variance)


def _length(count: int | None, most: int) -> int:
    return round(BAR * (count or 0) / most) if most else 0


def _count(count: int | None) -> str:
    return "withheld" if count is None else str(count)


def _about(value: float | None, error: float) -> str | None:
    """A number with as many digits as its fixed point bears."""
    if value is None:
        return None
    return f"{value:.{max(0, min(9, 1 - math.floor(math.log10(error))))}f}"


def _quantile(one: "Quantile") -> str:
    low = "below" if math.isinf(one.low) else f"{one.low:g}"
    high = "above" if math.isinf(one.high) else f"{one.high:g}"
    value = "" if one.value is None else f"{one.value:.4g} "
    return f"{value}({low} to {high})"
