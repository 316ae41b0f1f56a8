"""One text for a category, however a table's other rows had it read.

1, 1.0, "01", "1e0", True, "TRUE" --canonical--> "1"      "f" --> "f"

A CSV reader makes numbers, or truth values, of a column only if it can of every row: one row more with a word in it,
and all others are text. Where noise hides a row, the cell of one row must not follow from another's.
"""

import math
from typing import Any

from prefect_federated.core.errors import SpecError
from prefect_federated.core.statistics.query import CategoryColumn, Query

TRUTH = {"True": "1", "TRUE": "1", "true": "1", "False": "0", "FALSE": "0", "false": "0"}  # as pandas reads them


def canonical_category(value: Any) -> str:
    """The text that a value counts under.

    >>> [canonical_category(one) for one in (1, 1.0, "01", True, "TRUE", "1.50", " f", "nan")]
    ['1', '1', '1', '1', '1', '1.5', ' f', 'nan']
    """
    text = str(value)
    if text in TRUTH:
        return TRUTH[text]
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return str(number)
    return str(int(number)) if number.is_integer() else str(number)


def require_told_apart(query: Query) -> None:
    """Refuse categories of which two are one to a reader of tables.

    Raises:
        SpecError: naming the column and both.
    """
    for column in query.columns:
        if not isinstance(column, CategoryColumn):
            continue
        seen = dict[str, str]()
        for category in column.categories:
            other = seen.setdefault(canonical_category(category), category)
            if other != category:
                raise SpecError(
                    f"categories {other!r} and {category!r} of column {column.name} are one where noise hides rows:"
                    " numbers and truth values count however they are written; leave one out"
                )
