"""A simulation's report as tables: rounds, who was left out and why, votes and scores, the model, the money."""

from collections import Counter
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from prefect_federated.cli.demo_tables import accuracy_table, exact_lines, privacy_table, rounds_table, sum_line
from prefect_federated.core.report import BalanceRow, Report

ETHER = 10**18
KINDS = {"participant-": "honest", "attacker-": "attackers"}


def show_simulation(console: Console, report: Report, out: Path) -> None:
    """Print a report as `federated simulate` ends with it."""
    tables = [rounds_table(report), time_table(report)]
    if any(row.excluded for row in report.rounds):
        tables.append(exclusions_table(report))
    if any(row.detected for row in report.rounds):
        tables.append(detection_table(report))
    if any(row.votes for row in report.rounds):
        tables.append(committee_table(report))
    spent = [privacy_table(report.privacy)] if report.privacy else []
    for table in (*tables, accuracy_table(report), *spent, balances_table(report)):
        console.print(table)
    for row in report.rounds:
        for line in exact_lines(row):
            console.print(f"round {row.round_id}: {line.strip()}", highlight=False)
    console.print(sum_line(report.balances), highlight=False)
    console.print(f"\n[bold]Open what it left in {escape(str(out))}[/]")
    for name, link in report.links.items():
        console.print(f"  [dim]{name}:[/] {escape(link)}", soft_wrap=True, highlight=False)


def time_table(report: Report) -> Table:
    """Seconds and gas of each round."""
    stages = list(dict.fromkeys(stage for row in report.rounds for stage in row.stages_s))
    table = _table("Seconds by stage, and gas", "round", *stages, "together", "gas")
    for row in report.rounds:
        spent = [f"{row.stages_s.get(stage, 0.0):.2f}" for stage in stages]
        together = f"{sum(row.stages_s.values()):.2f}"
        table.add_row(str(row.round_id), *spent, together, f"{sum(row.gas.values()):,}")
    return table


def exclusions_table(report: Report) -> Table:
    """How many were left out at each stage of each round, with the first reason."""
    table = Table(title="Left out", title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for name in ("round", "stage", "honest", "attackers", "for example"):
        table.add_column(name, justify="left" if name in ("stage", "for example") else "right", overflow="fold")
    for row in report.rounds:
        stages = dict.fromkeys(one.stage for one in row.excluded)
        for stage in stages:
            here = [one for one in row.excluded if one.stage == stage]
            bad = sum(one.participant.startswith("attacker-") for one in here)
            reason = f"{here[0].participant}: {here[0].reason}"
            table.add_row(str(row.round_id), stage, str(len(here) - bad), str(bad), escape(reason))
    return table


def detection_table(report: Report) -> Table:
    """How many detection named in each round, by which tests; their updates may be in the aggregate all the same."""
    table = _table("Named by detection", "round", "honest", "attackers", "by which tests")
    for row in report.rounds:
        names = {one.participant for one in row.detected}
        bad = sum(name.startswith("attacker-") for name in names)
        tests = ", ".join(f"{test} {count}" for test, count in Counter(one.test for one in row.detected).items())
        table.add_row(str(row.round_id), str(len(names) - bad), str(bad), tests)
    return table


def committee_table(report: Report) -> Table:
    """How many members accepted each round, their median metric, and how the scores fall on honest and attackers."""
    table = _table("Votes and scores", "round", "accept", "median metric", *KINDS.values(), "attackers' share")
    for row in report.rounds:
        accepts = f"{sum(bool(vote.accept) for vote in row.votes)} of {len(row.votes)}"
        sums = {kind: sum(s for n, s in row.scores.items() if n.startswith(start)) for start, kind in KINDS.items()}
        whole = sum(sums.values())
        share = f"{sums['attackers'] / whole:.1%}" if whole else "-"
        metric = "-" if row.median_metric is None else f"{row.median_metric:.4f}"
        table.add_row(str(row.round_id), accepts, metric, *(f"{one:,}" for one in sums.values()), share)
    return table


def balances_table(report: Report) -> Table:
    """What everybody held before and after, participants and attackers together."""
    table = _table("Balances in eth", "accounts", "of", "before", "after", "earned", "slashed", "fees")
    groups: dict[str, list[BalanceRow]] = {}
    for name, row in report.balances.accounts.items():
        kind = next((kind for prefix, kind in KINDS.items() if name.startswith(prefix)), name)
        groups.setdefault(kind, []).append(row)
    for name, rows in groups.items():
        sums: Counter[str] = Counter()
        for row in rows:
            for field in ("before_wei", "after_wei", "earned_wei", "slashed_wei", "fees_wei"):
                sums[field] += int(getattr(row, field))
        figures = (
            f"{sums[field] / ETHER:.4f}".rstrip("0").rstrip(".")
            for field in ("before_wei", "after_wei", "earned_wei", "slashed_wei", "fees_wei")
        )
        table.add_row(name, str(len(rows)), *figures)
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return table
