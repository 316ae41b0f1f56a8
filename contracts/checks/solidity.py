"""Where the statements of a Solidity file are: enough of its grammar to change one place at a time.

text -> without comments -> function bodies -> statements with their first and last character
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FUNCTION = re.compile(r"\bfunction\s+(\w+)\s*\(")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", flags=re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, or the head of a block (`if (...) {`), as text[start:end]."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function with a body: text[start:brace] is its head, text[brace:end] its body with the braces."""

    name: str
    start: int
    brace: int
    end: int


def without_comments(text: str) -> str:
    """Blank out comments, keeping every other character where it is.

    >>> without_comments("a; // b")
    'a;     '
    """
    return COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def closing(text: str, opening: int) -> int:
    """Return the index of the bracket that closes the one at `opening`.

    >>> closing("f(a(b))", 1)
    6
    """
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            return at
    raise ValueError(f"the bracket at {opening} is never closed")


def functions(text: str) -> Iterator[Function]:
    """Find the functions that have a body; those with assembly are left out."""
    for found in FUNCTION.finditer(text):
        brace = closing(text, found.end() - 1)
        while text[brace] not in "{;":
            brace += 1
        if text[brace] == ";":
            continue
        end = closing(text, brace) + 1
        if "assembly" not in text[brace:end]:
            yield Function(found.group(1), found.start(), brace, end)


def statements(text: str, function: Function) -> Iterator[Statement]:
    """Split a body at `;`, `{` and `}` outside of parentheses.

    >>> text = "function f() { if (a) { b; } c = d({x: 1}); }"
    >>> [s.text for s in statements(text, next(functions(text)))]
    ['if (a) {', 'b;', 'c = d({x: 1});']
    """
    start, at = function.brace + 1, function.brace + 1
    while at < function.end:
        if text[at] in "([":
            at = closing(text, at)
        elif text[at] in ";{}":
            while start < at and text[start].isspace():
                start += 1
            if start < at:
                yield Statement(start, at + 1, text[start : at + 1])
            start = at + 1
        at += 1
