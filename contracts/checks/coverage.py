"""Coverage of the contracts by their Solidity tests, and the least that it may be.

forge coverage, a part of the tests at a time -> cache/lcov-K.info -> what none of them runs, by line; per cent

Compiled without the optimiser, or the figures would be about other code; so tests of gas are left out. With all tests
at once the compiler could not write its answer. The branches of inline assembly that only a chain without SHA-256 could
take are not counted.

    python contracts/checks/coverage.py            # exits 1 below 98 % of lines or 95 % of branches
"""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prefect_federated.contracts.build import HERE, run_forge

LEAST_LINES, LEAST_BRANCHES = 98.0, 95.0
PARTS = 3
# Solc answers in one text, and Node holds half a gigabyte in one: only what is needed may be in it.
# What it measures of gas is of other code, and stays in cache/. A line is reached early or never: fewer numbers do.
SETTINGS = {
    "FOUNDRY_BUILD_INFO": "false",
    "FOUNDRY_DYNAMIC_TEST_LINKING": "true",
    "FOUNDRY_EXTRA_OUTPUT": "[]",
    "FOUNDRY_SNAPSHOTS": "cache/coverage/snapshots",
    "FOUNDRY_FUZZ_RUNS": "256",
    "FOUNDRY_INVARIANT_RUNS": "16",
}
LEFT_OUT = ("test/gas/**", "test/Gas*", "test/bad_upgrades/**", "test/halmos/**", "test/naive/**")
UNREACHABLE = "if iszero(staticcall("  # the precompiles are part of every EVM


def main() -> int:
    """Measure, list what is missing, and compare."""
    os.environ.update(SETTINGS)
    covered = merged(record for part in range(PARTS) for record in _records(_measured(part)))
    lines, branches = Tally(), Tally()
    for place, hit in covered.items():
        (lines if place.kind == "line" else branches).count(hit)
        if not hit:
            print(f"coverage: no test reaches the {place.kind} {place.source}:{place.line}: {place.code}")
    print(f"coverage: {lines} of lines (least {LEAST_LINES} %), {branches} of branches (least {LEAST_BRANCHES} %)")
    return 0 if lines.percent >= LEAST_LINES and branches.percent >= LEAST_BRANCHES else 1


@dataclass(frozen=True, slots=True)
class Place:
    """A line of src/, or one of its branches."""

    source: str
    line: int
    kind: str
    branch: str
    code: str


def merged(records: Iterable[tuple[Place, bool]]) -> dict[Place, bool]:
    """Return each place once: run if any part of the tests ran it.

    >>> place = Place("src/A.sol", 3, "line", "", "x = 1;")
    >>> merged([(place, True), (place, False)])[place]
    True
    """
    covered: dict[Place, bool] = {}
    for place, hit in records:
        covered[place] = covered.get(place, False) or hit
    return covered


def _measured(part: int) -> str:
    """Run every PARTS-th test file, beginning at `part`, and return forge's report."""
    files = sorted(path.relative_to(HERE).as_posix() for path in (HERE / "test").glob("*.t.sol"))
    elsewhere = [file for k, file in enumerate(files) if k % PARTS != part]
    report = HERE / "cache" / f"lcov-{part}.info"
    report.parent.mkdir(parents=True, exist_ok=True)
    folder = Path("cache") / "coverage"
    arguments = ["--report", "lcov", "--report-file", str(report), "--no-match-test", "fit_one_transaction"]
    arguments += ["--out", f"{folder}/out", "--cache-path", f"{folder}/cache"]
    for pattern in (*LEFT_OUT, *elsewhere):
        arguments += ["--skip", pattern]
    run_forge("coverage", *arguments)
    return report.read_text(encoding="utf-8")


class Tally:
    """How many there are, and how many of them were run."""

    def __init__(self) -> None:
        self.hit = self.all = 0

    def count(self, hit: bool) -> None:
        """Add one."""
        self.hit, self.all = self.hit + hit, self.all + 1

    @property
    def percent(self) -> float:
        """Of all; of none nothing."""
        return 100 * self.hit / self.all if self.all else 0.0

    def __str__(self) -> str:
        return f"{self.percent:.2f} % ({self.hit} of {self.all})"


def _records(report: str) -> Iterator[tuple[Place, bool]]:
    """Yield everything in src/ of a report, and whether it was run."""
    source = ""
    text: list[str] = []
    for record in report.splitlines():
        key, _, value = record.partition(":")
        if key == "SF":
            source = value
            text = (HERE / source).read_text(encoding="utf-8").splitlines() if source.startswith("src/") else []
        elif key in ("DA", "BRDA") and text:
            line, *branch, taken = value.split(",")[: 2 if key == "DA" else 4]
            code = text[int(line) - 1].strip()
            if key == "DA" or UNREACHABLE not in code:
                kind = "line" if key == "DA" else "branch"
                yield Place(source, int(line), kind, ",".join(branch), code), taken not in ("0", "-")


if __name__ == "__main__":
    sys.exit(main())
