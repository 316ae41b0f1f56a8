"""docs/contracts-checks.md counts what the sources hold: invariants, symbolic properties, accepted findings."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "contracts" / "test"
PAGE = (ROOT / "docs" / "contracts-checks.md").read_text()


def _named(pattern: str) -> int:
    """Return the number that the page gives before some words."""
    found = re.findall(rf"(\d+) {pattern}", PAGE)
    assert len(found) == 1, f"the page says once how many {pattern}"
    return int(found[0])


def test_every_invariant_is_checked_in_the_campaign_and_counted_on_the_page() -> None:
    defined = re.findall(r"function (_\w+)\(\)", (TESTS / "Invariants.sol").read_text())
    campaign = (TESTS / "Invariants.t.sol").read_text().partition("function invariant_")[2].partition("\n    }\n")[0]
    assert sorted(re.findall(r"(_\w+)\(\);", campaign)) == sorted(defined)
    assert _named("of them, checked after every call") == len(defined)


def test_every_symbolic_property_is_counted_on_the_page() -> None:
    properties = re.findall(r"function check_\w+\(", (TESTS / "halmos" / "Properties.sol").read_text())
    assert f"{len(properties)} of {len(properties)} properties hold" in PAGE


def test_every_accepted_finding_is_counted_on_the_page() -> None:
    accepted = json.loads((ROOT / "contracts" / "checks" / "triage.json").read_text())
    assert _named("findings of high or medium impact") == len(accepted)
