"""Coverage of the contracts by their Solidity tests, and the least that it may be.

forge coverage -> cache/lcov.info -> what nothing ever runs, by line; lines and branches in per cent

Compiled without the optimiser, or the figures would be about other code; so tests of gas are left out. The branches of
inline assembly that only a chain without SHA-256 could take are not counted.

    python contracts/checks/coverage.py            # exits 1 below 98 % of lines or 95 % of branches
"""

import os
import sys
from collections.abc import Iterator

from prefect_federated.contracts.build import HERE, run_forge

REPORT = HERE / "cache" / "lcov.info"
LEAST_LINES, LEAST_BRANCHES = 98.0, 95.0
# Solc answers in one text, and Node holds half a gigabyte in one: only what is needed may be in it.
# What it measures of gas is of other code, and stays in cache/.
SETTINGS = {
    "FOUNDRY_BUILD_INFO": "false",
    "FOUNDRY_DYNAMIC_TEST_LINKING": "true",
    "FOUNDRY_EXTRA_OUTPUT": "[]",
    "FOUNDRY_SNAPSHOTS": "cache/coverage/snapshots",
}
UNREACHABLE = "if iszero(staticcall("  # the precompiles are part of every EVM


def main() -> int:
    """Measure, list what is missing, and compare."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    os.environ.update(SETTINGS)
    folders = ["--out", "cache/coverage/out", "--cache-path", "cache/coverage/cache"]
    left_out = ["--no-match-test", "fit_one_transaction"]
    for pattern in ("test/gas/**", "test/Gas*", "test/bad_upgrades/**", "test/halmos/**", "test/naive/**"):
        left_out += ["--skip", pattern]
    run_forge("coverage", "--report", "lcov", "--report-file", str(REPORT), *left_out, *folders)
    lines, branches = Tally(), Tally()
    for place, kind, hit in _records(REPORT.read_text(encoding="utf-8")):
        (lines if kind == "line" else branches).count(hit)
        if not hit:
            print(f"coverage: no test reaches the {kind} {place}")
    print(f"coverage: {lines} of lines (least {LEAST_LINES} %), {branches} of branches (least {LEAST_BRANCHES} %)")
    return 0 if lines.percent >= LEAST_LINES and branches.percent >= LEAST_BRANCHES else 1


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


def _records(report: str) -> Iterator[tuple[str, str, bool]]:
    """Place, "line" or "branch", and whether it was run, for everything in src/."""
    source = ""
    text: list[str] = []
    for record in report.splitlines():
        key, _, value = record.partition(":")
        if key == "SF":
            source = value
            text = (HERE / source).read_text(encoding="utf-8").splitlines() if source.startswith("src/") else []
        elif key in ("DA", "BRDA") and text:
            fields = value.split(",")
            code = text[int(fields[0]) - 1].strip()
            if key == "DA" or UNREACHABLE not in code:
                kind = "line" if key == "DA" else "branch"
                yield f"{source}:{fields[0]}: {code}", kind, fields[1 if key == "DA" else 3] not in ("0", "-")


if __name__ == "__main__":
    sys.exit(main())
