"""Look at the report that the demo wrote: exit with a sentence if it does not say what it must."""

import sys
from pathlib import Path

from prefect_federated.core.report import Report


def main(path: str) -> None:
    """Check the report at a path."""
    report = Report.model_validate_json(Path(path).read_text())
    checks = {
        "five rounds": len(report.rounds) == 5,
        "every round settled": all(row.status in ("SUCCESS", "DEGRADED") for row in report.rounds),
        "versions linked": all(
            b.parent_hash == a.model_hash for a, b in zip(report.rounds, report.rounds[1:], strict=False)
        ),
        "everybody missing is excluded with a reason": all(
            {e.participant for e in row.excluded if e.reason} == set(row.expected) - set(row.aggregated)
            for row in report.rounds
        ),
        "copycat lost its bond": int(report.balances.accounts["copycat"].slashed_wei) > 0,
        "its appeal was rejected": [one.ruling for one in report.appeals] == ["reject"],
        "one bad vote in the third round": [sum(not vote.accept for vote in row.votes) for row in report.rounds]
        == [0, 0, 1, 0, 0],
        "flipper unpaid": report.balances.accounts["flipper"].earned_wei == "0",
        "balances add up": report.balances.difference_wei == "0",
        "better than every hospital alone": all(
            report.rounds[-1].metrics["accuracy"] > alone["accuracy"] for alone in report.baselines.local.values()
        ),
    }
    failed = [name for name, holds in checks.items() if not holds]
    print(f"report: {len(checks) - len(failed)} passed, {len(failed)} failed")
    sys.exit(f"{path} fails: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1])
