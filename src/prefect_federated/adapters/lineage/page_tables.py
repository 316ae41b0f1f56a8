"""Cells and tables of the report; what a cell is given is HTML already, escaped where it was text."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that scrolls by itself; a column whose name begins with # holds numbers, one without content goes."""
    kept = [place for place, name in enumerate(header) if any(row[place] for row in rows)]
    header, rows = [header[place] for place in kept], [[row[place] for place in kept] for row in rows]
    kinds = [' class="n"' if name.startswith("#") else "" for name in header]
    names = zip(header, kinds, strict=True)
    head = "".join(f'<th scope="col"{kind}>{escape(name.removeprefix("#"))}</th>' for name, kind in names)
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def code(value: str | None) -> str:
    """A hash or address: shortened to look at, whole when it is copied or pointed at."""
    return f'<span class="hash" title="{escape(value)}">{escape(value)}</span>' if value else ""


def chip(text: str, kind: str) -> str:
    """A word in a frame; `kind` is good, warn or bad."""
    return f'<span class="chip {kind}">{escape(text)}</span>'


def moment(seconds: int) -> str:
    """Chain time for people: UTC, to the minute; as a number where no calendar reaches."""
    try:
        told = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        told = str(seconds)
    return f'<span class="when">{told}</span>'
