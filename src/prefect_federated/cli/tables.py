"""Tables for people: a title, a header, rows of anything; hashes and addresses keep to one line."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from prefect_federated.cli.console import out

NONE = "-"
PIPED = 1000


def show_table(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table on stdout."""
    table = Table()
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    _print(title, table)


def show_pairs(title: str, pairs: Iterable[tuple[str, Any]]) -> None:
    """Print names and values one below the other on stdout; a None is left out."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in ((name, value) for name, value in pairs if value is not None):
        table.add_row(name, _text(value))
    _print(title, table)


def show_time(seconds: int) -> str:
    """Chain time for people: UTC, to the second; empty for 0."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if seconds else ""


def show_span(seconds: int) -> str:
    """How far away a moment is.

    >>> show_span(3725), show_span(-86400), show_span(0)
    ('in 1 h 2 min', '1 d ago', 'now')
    """
    if seconds == 0:
        return "now"
    days, rest = divmod(abs(seconds), 86_400)
    parts = ((days, "d"), (rest // 3600, "h"), (rest % 3600 // 60, "min"), (rest % 60, "s"))
    words = " ".join([f"{count} {unit}" for count, unit in parts if count][:2])
    return f"in {words}" if seconds > 0 else f"{words} ago"


def _print(title: str, table: Table) -> None:
    """A piped table is as wide as its content, so that no hash in it is broken."""
    console = out if out.is_terminal else Console(width=PIPED)
    if title:
        console.print(title, style="bold", markup=False, highlight=False)
    console.print(table)


def _text(cell: Any) -> str:
    from rich.markup import escape

    if cell is None or cell == "":
        return NONE
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, list | tuple):
        return "\n".join(_text(one) for one in cell) or NONE
    return escape(str(cell))
