"""Have slither read the contracts; every finding of high or medium impact is accepted in words, or fails.

src/ --forge--> cache/slither --slither--> findings --triage.json--> accepted with a sentence | new: exit 1

    python contracts/checks/static.py
    python contracts/checks/static.py --read FILE    # judges a report of slither (--json) that is there

A finding is known by its detector and what it is about, not by its line: "detector: Contract.function(...)". A sentence
in triage.json that no finding needs any more fails too, so that the file says what is there.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from prefect_federated.contracts.build import run_forge

CONTRACTS = Path(__file__).resolve().parents[1]
SLITHER = CONTRACTS.parent / ".venv" / "analysis" / "bin" / "slither"
TRIAGE = Path(__file__).with_name("triage.json")
BUILT = CONTRACTS / "cache" / "slither"
OPTIONS = ("--filter-paths", "node_modules|test/", "--exclude-low", "--exclude-informational", "--exclude-optimization")


def main() -> int:
    """Run slither and compare its findings with the accepted ones."""
    parser = argparse.ArgumentParser(description="Static analysis of contracts/src, with a gate.")
    parser.add_argument("--read", type=Path, help="a report that is there already")
    read: Path | None = parser.parse_args().read
    accepted: dict[str, str] = json.loads(TRIAGE.read_text(encoding="utf-8"))
    found = {_key(finding): finding for finding in (_read(read) if read else _findings())}
    for key in sorted(found):
        print(f"slither: {key}: {accepted.get(key, 'NOT ACCEPTED: ' + ' '.join(found[key]['description'].split()))}")
    new, gone = found.keys() - accepted.keys(), accepted.keys() - found.keys()
    for key in sorted(gone):
        print(f"slither: {key}: accepted, but no longer found: take it out of {TRIAGE.name}")
    print(f"slither: {len(found)} findings of high or medium impact, {len(new)} not accepted")
    return 1 if new or gone else 0


def _findings() -> list[dict[str, Any]]:
    """Compile src/ alone, where it disturbs no other build, and have slither read that."""
    place = ["--out", f"{BUILT}/out", "--cache-path", f"{BUILT}/cache", "--build-info-path", f"{BUILT}/out/build-info"]
    shutil.rmtree(BUILT, ignore_errors=True)
    run_forge("build", "--skip", "test", "--force", "--build-info", *place)
    report = BUILT / "slither.json"
    path = f"{CONTRACTS / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    command = [str(SLITHER), ".", "--ignore-compile", "--foundry-out-directory", f"{BUILT}/out", *OPTIONS]
    done = subprocess.run(
        [*command, "--json", str(report)],
        cwd=CONTRACTS,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        sys.exit(f"slither: no report\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return _read(report)


def _read(report: Path) -> list[dict[str, Any]]:
    answer = json.loads(report.read_text(encoding="utf-8"))
    if not answer["success"]:
        sys.exit(f"slither: {answer['error']}")
    found: list[dict[str, Any]] = answer["results"].get("detectors", [])
    return found


def _key(finding: dict[str, Any]) -> str:
    element = finding["elements"][0]
    within = element.get("type_specific_fields", {}).get("parent", {}).get("name", "")
    return f"{finding['check']}: {within}{'.' if within else ''}{' '.join(element['name'].split())}"


if __name__ == "__main__":
    sys.exit(main())
