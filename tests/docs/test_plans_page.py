"""The page on plans names tests, and each of them is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE_ROW = re.compile(r"^\|.*$", flags=re.MULTILINE)


def test_every_test_that_the_page_names_exists() -> None:
    rows = "\n".join(TABLE_ROW.findall((ROOT / "docs/plans.md").read_text()))
    named = set(re.findall(r"`(test_\w+?)(?:_?\.\.\.)?`", rows))
    places = (path for folder in ("learning", "flows") for path in (ROOT / "tests" / folder).glob("test_*.py"))
    code = "\n".join(path.read_text() for path in places)
    assert len(named) > 15
    assert not [name for name in named if f"def {name}" not in code]
