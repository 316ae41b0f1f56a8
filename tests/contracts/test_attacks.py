"""The table of attacks names tests that exist, in the files that it names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(r"`([\w.]+)` `(test_\w+)` \|$", (ROOT / "docs" / "attacks.md").read_text(), flags=re.MULTILINE)


def test_the_table_has_every_attack_that_was_asked_for() -> None:
    table = [line for line in (ROOT / "docs" / "attacks.md").read_text().splitlines() if line.startswith("| ")]
    attacks = [line for line in table if not line.startswith(("| attack |", "| **"))]
    assert len(attacks) == len(ROWS) >= 25, "every row ends with a file and a test"


@pytest.mark.parametrize(("file", "test"), ROWS)
def test_every_test_in_the_table_exists(file: str, test: str) -> None:
    folders = (ROOT / "contracts" / "test", ROOT / "tests")
    found = [path for folder in folders for path in folder.rglob(file)]
    assert len(found) == 1, f"{file} is there once"
    assert re.search(rf"\b(function|def) {test}\(", found[0].read_text())


def test_the_copied_commitment_is_fuzzed_ten_thousand_times() -> None:
    text = (ROOT / "contracts" / "test" / "Reveal.t.sol").read_text()
    before, _, _ = text.partition("function test_a_commitment_made_elsewhere_never_opens")
    assert before.rstrip().endswith("/// forge-config: default.fuzz.runs = 10000")
