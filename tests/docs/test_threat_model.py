"""Every line of the threat model names a test, and every test that it names is there."""

import re
from pathlib import Path

from tests.docs.test_docs import ROOT

PAGE = (ROOT / "docs/threat-model.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py|contracts/test/\w+\.t\.sol)::(test_\w+)`")
DEFINED = {".py": "def", ".sol": "function"}


def test_every_test_that_is_named_is_there() -> None:
    named = NAMED.findall(PAGE)
    missing = [
        f"{file}::{test}"
        for file, test in named
        if f"{DEFINED[Path(file).suffix]} {test}(" not in (ROOT / file).read_text()
    ]
    assert len(named) > 25 and not missing


def test_every_line_names_one_or_says_that_it_is_arithmetic() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and "---" not in line]
    heads = [line for line in rows if line.rstrip(" |").endswith("shown by")]
    assert [row for row in rows if row not in heads and not NAMED.search(row) and "arithmetic;" not in row] == []
