"""What a decision costs and how long it takes under each governance profile, as the contracts' tests measured it.

contracts/snapshots/governance.json --> table in docs/governance.md

    cd contracts && node_modules/.bin/forge test --match-contract Governance    # measures
    python benchmarks/governance.py                                             # writes the table
    python benchmarks/governance.py --check                                     # compares, exits 1 if it differs
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ROOT / "contracts" / "snapshots" / "governance.json"
PAGE = ROOT / "docs" / "governance.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
GWEI_PRICES, USD_PER_ETHER = (0.05, 5.0, 30.0), 3000
WHAT = {"appoint": "another aggregator", "upgrade": "an upgrade", "pause": "a pause"}
STOPS = {
    ("dev", "appoint"): "nobody",
    ("dev", "upgrade"): "the key",
    ("dev", "pause"): "nobody; it ends by itself",
    ("timelock", "appoint"): "the other votes, until it is queued",
    ("timelock", "upgrade"): "the other votes; the guardian or another vote, for 28 days",
    ("timelock", "pause"): "nobody; it ends by itself",
    ("safe", "appoint"): "the council, until the cooldown is over",
    ("safe", "upgrade"): "the council, until the cooldown is over and for 28 days more",
    ("safe", "pause"): "nobody; it ends by itself",
}


def main() -> int:
    """Write the table into the page, or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check: bool = parser.parse_args().check
    old = PAGE.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = head + BEGIN + table(json.loads(MEASURED.read_text(encoding="utf-8"))) + END + rest.split(END)[1]
    if check and new != old:
        print(f"{PAGE.name} differs from {MEASURED.name}: run python benchmarks/governance.py")
        return 1
    if not check:
        PAGE.write_text(new, encoding="utf-8")
    print(table(json.loads(MEASURED.read_text(encoding="utf-8"))))
    return 0


def table(measured: dict[str, str]) -> str:
    """Markdown rows, one per profile and decision."""
    gas: dict[tuple[str, str], list[int]] = defaultdict(list)
    delay_s: dict[tuple[str, str], int] = {}
    for name, value in measured.items():
        profile, what, figure = name.split(", ", 2)
        if figure == "delay":
            delay_s[profile, what] = int(value)
        else:
            gas[profile, what].append(int(value))
    prices = " | ".join(f"at {price:g} gwei" for price in GWEI_PRICES)
    rows = [f"| profile | decision | delay | transactions | gas | {prices} | who can stop it |", "|---" * 9 + "|"]
    rows += [_row(*key, delay_s[key], gas[key]) for key in STOPS]
    return "\n".join(rows) + "\n"


def _row(profile: str, what: str, delay_s: int, gas: list[int]) -> str:
    total = sum(gas)
    dollars = " | ".join(f"${total * price * 1e-9 * USD_PER_ETHER:,.2f}" for price in GWEI_PRICES)
    delay = "none" if delay_s == 0 else f"{delay_s / 86_400:.0f} days"
    stops = STOPS[profile, what]
    return f"| {profile} | {WHAT[what]} | {delay} | {len(gas)} | {total:,} | {dollars} | {stops} |"


if __name__ == "__main__":
    sys.exit(main())
