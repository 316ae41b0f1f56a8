"""Write docs/gas.md from the committed figures.

contracts/snapshots/{rounds,rolled,calls}.json --> tables of gas and dollars --> docs/gas.md

    python contracts/checks/gas_page.py                                    # writes
    python contracts/checks/gas_page.py --check                            # compares, exits 1 if the page differs
    python contracts/checks/gas_page.py --eth-usd 2000 --gwei 0.1 5 50     # prints the tables at other prices
    python contracts/checks/gas_page.py --mode masked                      # prints the whole rounds of one mode

`make gas` measures first. A mode of committing is whatever the figures name: a test contract adds one.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOTS = ROOT / "contracts" / "snapshots"
PAGE = ROOT / "docs" / "gas.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
USD_PER_ETHER, GWEI = 3000.0, (0.05, 1.0, 20.0)
STEPS = ("open", "share", "commit", "reveal", "unmask", "propose", "settle", "claim")
WHOLE, COORDINATION = ("whole round",), ("open", "propose", "settle")
# As their authors state them, beside a mode of ours that is nearest; they do other things than we do.
PUBLISHED = (
    ("Delta, secure aggregation on chain, 10 participants", 24_800_000, "masked", 10, WHOLE),
    ("Delta, secure aggregation on chain, 40 participants", 344_600_000, "masked", 40, WHOLE),
    ("SettleFL's naive baseline, 1,000 participants", 117_900_000, "direct", 1000, WHOLE),
    ("SettleFL, coordination alone, any number of participants", 62_941, "direct", 1000, COORDINATION),
)
# What we set out for: figure, group and name of the snapshot, what it is divided by, the aim.
AIMS = (
    ("direct commit", "round", "commit", 1, 75_000),
    ("direct reveal, uri of 79 bytes", "round", "reveal, uri of 79 bytes", 1, 45_000),
    ("relayed commit, batch of 100", "relay", "commit, batch of 100, each", 1, 16_000),
    ("relayed reveal, batch of 100, no uri", "relay", "reveal, batch of 100, no uri, each", 1, 5_000),
    ("rolled round, 1,000 participants", "rolled", "whole round in three transactions, 1000", 1, 90_000),
    ("claim among 1,000, every 30 rounds: a participant-round", "rounds", "direct, 1000, steady, claim", 30_000, 2_500),
    ("refuting a word of 100 updates, an update", "challenge", "sum, 100 updates, 1 KiB chunks, an update", 1, 62_000),
)
EACH = {"share", "commit", "reveal", "unmask", "claim"}  # paid once by every participant

Costs = dict[tuple[str, int, str], dict[str, int]]  # mode, participants, which round -> step -> gas


def main() -> int:
    """Write the page, compare it, or print the tables at other prices."""
    parser = argparse.ArgumentParser(description="Write docs/gas.md from contracts/snapshots.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--eth-usd", type=float, help="dollars an ether, assumed")
    parser.add_argument("--gwei", type=float, nargs="+", help="gas prices")
    parser.add_argument(
        "--mode", choices=sorted({mode for mode, _, _ in _costs(_read("rounds"))}), help="print one alone"
    )
    arguments = parser.parse_args()
    if arguments.mode:
        costs = {key: steps for key, steps in _costs(_read("rounds")).items() if key[0] == arguments.mode}
        print(_rounds(costs, arguments.eth_usd or USD_PER_ETHER, tuple(arguments.gwei or GWEI)))
        print(_steps(costs))
        return 0
    if arguments.eth_usd or arguments.gwei:
        print(tables(arguments.eth_usd or USD_PER_ETHER, tuple(arguments.gwei or GWEI)))
        return 0
    old = PAGE.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = head + BEGIN + tables(USD_PER_ETHER, GWEI) + END + rest.split(END)[1]
    if arguments.check and new != old:
        print(f"gas: docs/{PAGE.name} differs from contracts/snapshots: run python contracts/checks/gas_page.py")
        return 1
    if not arguments.check:
        PAGE.write_text(new, encoding="utf-8")
        print(f"gas: wrote docs/{PAGE.name}")
    return 0


def tables(usd_per_ether: float, gwei: tuple[float, ...]) -> str:
    """Return all tables as Markdown."""
    costs = _costs(_read("rounds"))
    parts = [_rounds(costs, usd_per_ether, gwei), _published(costs), _aims(), _steps(costs)]
    parts.append(_calls("A direct round of four", _read("round"), usd_per_ether, gwei))
    parts.append(_calls("Relayed, in batches, a participant", _read("relay"), usd_per_ether, gwei))
    parts.append(_calls("One rolled round, of 4 and of 1,000 participants", _read("rolled"), usd_per_ether, gwei))
    parts.append(_calls("Calls outside of the steps of a round", _read("calls"), usd_per_ether, gwei))
    parts.append(_calls("Proving a proposal wrong", _read("challenge"), usd_per_ether, gwei))
    return "\n".join(parts)


def _read(group: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((SNAPSHOTS / f"{group}.json").read_text(encoding="utf-8"))
    return read


def _costs(figures: dict[str, str]) -> Costs:
    costs: Costs = {}
    for name, gas in figures.items():
        mode, n, which, step = name.split(", ")
        costs.setdefault((mode, int(n), which), {})[step] = int(gas)
    return dict(sorted(costs.items()))


def _rounds(costs: Costs, usd_per_ether: float, gwei: tuple[float, ...]) -> str:
    prices = " | ".join(f"at {price:g} gwei" for price in gwei)
    rows = [f"| mode, participants | round | gas | a participant | {prices} |", "|---|---|" + "---:|" * (2 + len(gwei))]
    for (mode, n, which), steps in costs.items():
        gas = steps["whole round"]
        dollars = " | ".join(_usd(gas, price, usd_per_ether) for price in gwei)
        rows.append(f"| {mode}, {n:,} | {which} | {gas:,} | {gas // n:,} | {dollars} |")
    return f"Whole rounds, an ether at {usd_per_ether:,.0f} dollars (assumed):\n\n" + "\n".join(rows) + "\n"


def _published(costs: Costs) -> str:
    rows = ["| published | gas of a round | beside it, steady | ours | ours / theirs |", "|---|---:|---|---:|---:|"]
    for name, theirs, mode, n, steps in PUBLISHED:
        ours = sum(costs[mode, n, "steady"][step] for step in steps)
        rows.append(f"| {name} | {theirs:,} | {mode} | {ours:,} | {ours / theirs:.2f} |")
    return (
        "Published figures, which we have not measured; coordination is open, propose and settle:\n\n"
        + "\n".join(rows)
        + "\n"
    )


def _aims() -> str:
    rows = ["| aim | gas | aimed at | |", "|---|---:|---:|---|"]
    for told, group, name, parts, aim in AIMS:
        gas = int(_read(group)[name]) // parts
        verdict = "met" if gas <= aim else f"**missed by {gas - aim:,}**"
        rows.append(f"| {told} | {gas:,} | {aim:,} | {verdict} |")
    return "Beside what we set out for, second round and later:\n\n" + "\n".join(rows) + "\n"


def _steps(costs: Costs) -> str:
    rows = ["| mode, participants | round | " + " | ".join(STEPS) + " |", "|---|---|" + "---:|" * len(STEPS)]
    for (mode, n, which), steps in costs.items():
        cells = [f"{steps[step] // (n if step in EACH else 1):,}" if step in steps else "" for step in STEPS]
        rows.append(f"| {mode}, {n:,} | {which} | " + " | ".join(cells) + " |")
    return (
        "By step; share, commit, reveal, unmask and claim are the mean over all participants:\n\n"
        + "\n".join(rows)
        + "\n"
    )


def _calls(title: str, figures: dict[str, str], usd_per_ether: float, gwei: tuple[float, ...]) -> str:
    prices = " | ".join(f"at {price:g} gwei" for price in gwei)
    rows = [f"| call | gas | {prices} |", "|---|" + "---:|" * (1 + len(gwei))]
    for name, gas in figures.items():
        dollars = " | ".join(_usd(int(gas), price, usd_per_ether) for price in gwei)
        rows.append(f"| {name} | {int(gas):,} | {dollars} |")
    return f"{title}:\n\n" + "\n".join(rows) + "\n"


def _usd(gas: int, gwei: float, usd_per_ether: float) -> str:
    """Return dollars with two digits that say something.

    >>> _usd(1_000_000, 1.0, 3000.0)
    '$3.00'
    >>> _usd(40_000, 0.05, 3000.0)
    '$0.0060'
    """
    dollars = gas * gwei * 1e-9 * usd_per_ether
    if dollars >= 1000:
        return f"${dollars:,.0f}"
    return f"${dollars:.2f}" if dollars >= 0.1 else f"${dollars:.4f}"


if __name__ == "__main__":
    sys.exit(main())
