"""Refuse gas that has grown: figures just measured against the committed ones.

contracts/cache/snapshots (a test run) + contracts/snapshots (committed) --> grown, missing or new figures, or none

    python contracts/checks/gas_gate.py                  # exits 1 and names each figure that fails
    python contracts/checks/gas_gate.py --tolerance 2    # per cent; the default is 5

A run writes where FOUNDRY_SNAPSHOTS says. What is smaller than committed passes, and is named, so that somebody
commits it. Delays (governance) are promises, not costs: they must be equal.
"""

import argparse
import json
import sys
from pathlib import Path

CONTRACTS = Path(__file__).resolve().parents[1]
COMMITTED = CONTRACTS / "snapshots"
MEASURED = CONTRACTS / "cache" / "snapshots"
TOLERANCE_PERCENT = 5


def main() -> int:
    """Compare the two folders and print what fails."""
    parser = argparse.ArgumentParser(description="Compare measured gas with the committed figures.")
    parser.add_argument("--committed", type=Path, default=COMMITTED)
    parser.add_argument("--measured", type=Path, default=MEASURED)
    parser.add_argument("--tolerance", type=float, default=TOLERANCE_PERCENT, help="per cent")
    arguments = parser.parse_args()
    committed, measured = figures(arguments.committed), figures(arguments.measured)
    failures = compare(committed, measured, arguments.tolerance)
    for line in [*failures, *_saved(committed, measured, arguments.tolerance)]:
        print(f"gas: {line}")
    if not failures:
        print(f"gas: {len(committed)} figures, none more than {arguments.tolerance:g} % above the committed one")
    return 1 if failures else 0


def figures(folder: Path) -> dict[str, int]:
    """Read a folder of snapshots: "group: name" -> gas (or seconds, for a delay)."""
    read = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    return {f"{group}: {name}": int(value) for group, names in read.items() for name, value in names.items()}


def compare(committed: dict[str, int], measured: dict[str, int], tolerance_percent: float) -> list[str]:
    """Return a line for each figure that fails.

    >>> compare({"a": 100}, {"a": 105}, 5)
    []
    >>> compare({"a": 100}, {"a": 106}, 5)
    ['a: 106, committed 100 (+6.0 %)']
    """
    failures = [f"{name}: not measured any more" for name in committed.keys() - measured.keys()]
    failures += [f"{name}: new, not committed" for name in measured.keys() - committed.keys()]
    for name in sorted(committed.keys() & measured.keys()):
        old, new = committed[name], measured[name]
        promised = name.endswith("delay")
        if new * 100 > old * (100 + tolerance_percent) or (promised and new != old):
            failures.append(f"{name}: {new}, committed {old}{_growth(old, new)}")
    return sorted(failures)


def _saved(committed: dict[str, int], measured: dict[str, int], tolerance_percent: float) -> list[str]:
    both = sorted(committed.keys() & measured.keys())
    smaller = [name for name in both if measured[name] * 100 < committed[name] * (100 - tolerance_percent)]
    return [f"{name}: only {measured[name]} now: commit it (make gas)" for name in smaller]


def _growth(old: int, new: int) -> str:
    return f" ({100 * (new - old) / old:+.1f} %)" if old else ""


if __name__ == "__main__":
    sys.exit(main())
