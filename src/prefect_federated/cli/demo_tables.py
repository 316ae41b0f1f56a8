"""The demo's report as tables: what each round did, how good the model became, where the money went, what to open."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from prefect_federated.core.epsilon import epsilon_text
from prefect_federated.core.report import BalanceRow, Balances, PrivacyLoss, Report, RoundRow, VoteRow

COLOURS = {"SUCCESS": "green", "DEGRADED": "yellow", "REJECTED": "red", "VOIDED": "red"}
STEPS = ("expected", "validated", "committed", "revealed", "aggregated")
WORDS = ("status", "model", "came as far as", "left out because")


def show_report(console: Console, report: Report, out: Path) -> None:
    """Print a report as `federated demo` ends with it; it fits into 80 columns."""
    for row in report.rounds:
        console.print(round_lines(row))
        console.print(round_table(row))
        for line in (*exact_lines(row), *detected_lines(row), *overturned_lines(row)):
            console.print(line, highlight=False)
        console.print(gas_line(row), highlight=False)
    votes = [votes_table(report)] if any(row.votes for row in report.rounds) else []
    appeals = [appeals_table(report)] if report.appeals else []
    spent = [privacy_table(report.privacy)] if report.privacy else []
    tables = (rounds_table(report), *votes, *appeals, accuracy_table(report), *spent, balances_table(report.balances))
    for table in tables:
        console.print(table)
    console.print(sum_line(report.balances), highlight=False)
    _show_links(console, report, out)


def round_lines(row: RoundRow) -> str:
    """How a round ended, how long it took, and how many came how far."""
    counts = ", ".join(f"{step} {len(getattr(row, step))}" for step in STEPS)
    return f"\n[bold]Round {row.round_id}[/] {_coloured(row.status)} [dim]{row.wall_s:.1f} s[/]\n  {counts}"


def round_table(row: RoundRow) -> Table:
    """Everybody who was expected: how far it came, and why not further."""
    table = _table("", "participant", "came as far as", "left out because")
    reasons = {one.participant: f"{one.stage}: {one.reason}" for one in row.excluded}
    for name in row.expected:
        reached = [step for step in STEPS if name in getattr(row, step)][-1]
        colour = "green" if reached == STEPS[-1] else "yellow"
        table.add_row(name, f"[{colour}]{reached}[/]", escape(reasons.get(name, "")))
    return table


def exact_lines(row: RoundRow) -> list[str]:
    """Whether a masked round settled the sum of the updates in it, as they were before; nothing where none compared."""
    if row.exact is None:
        return []
    verdict = "[green]is exact[/]" if row.exact else "[red]is not exact[/]"
    return [f"  the sum of {len(row.aggregated)} of {len(row.expected)} updates {verdict}"]


def overturned_lines(row: RoundRow) -> list[str]:
    """Proposals that were proven wrong, and what that cost whom."""
    return [
        f"  [red]{one.proposer} proposed a false result[/], {one.accuser} proved it: {_eth(one.taken_wei)} eth of bond"
        f" taken, {_eth(one.bounty_wei)} of it for {one.accuser}"
        for one in row.overturned
    ]


def detected_lines(row: RoundRow) -> list[str]:
    """Whom detection names, and why."""
    return [f"  [yellow]detection names {one.participant}[/], {one.test}: {one.detail}" for one in row.detected]


def gas_line(row: RoundRow) -> str:
    """Gas by call, summed over all senders of the round."""
    calls = ", ".join(f"{call} {used:,}" for call, used in row.gas.items())
    return f"  [dim]gas:[/] {calls}; together {sum(row.gas.values()):,}"


def rounds_table(report: Report) -> Table:
    """One line a round: how many took part, how the model scores, which version it is."""
    table = _table("Rounds", "round", "status", "took part", "accuracy", "loss", "model", "MLflow")
    for row in report.rounds:
        table.add_row(
            str(row.round_id),
            _coloured(row.status),
            f"{len(row.aggregated)} of {len(row.expected)}",
            _figure(row.metrics.get("accuracy")),
            _figure(row.metrics.get("loss")),
            f"v{row.model_version} {row.model_hash[:8]}",
            f"v{row.mlflow_version}" if row.mlflow_version is not None else "-",
        )
    return table


def votes_table(report: Report) -> Table:
    """How each member of the committee voted in each round, and what it says it measured."""
    members = sorted({vote.member for row in report.rounds for vote in row.votes})
    table = _table("Committee", "round", "accept", "median", *members)
    for row in report.rounds:
        if row.votes:
            votes = {vote.member: _vote(vote) for vote in row.votes}
            accepts = f"{sum(bool(vote.accept) for vote in row.votes)} of {len(row.votes)}"
            table.add_row(
                str(row.round_id), accepts, _figure(row.median_metric), *(votes.get(name, "") for name in members)
            )
    return table


def _vote(vote: VoteRow) -> str:
    if vote.accept is None:
        return "no vote"
    return f"{'[green]yes[/]' if vote.accept else '[red]no[/]'} {_figure(vote.metric)}"


def appeals_table(report: Report) -> Table:
    """Who appealed against which loss, what that cost, and how it ended."""
    table = _table("Appeals", "participant", "slashed eth", "deposit eth", "answer")
    for one in report.appeals:
        table.add_row(one.appellant, _eth(one.taken_wei), _eth(one.deposit_wei), one.ruling)
    return table


def accuracy_table(report: Report) -> Table:
    """The federated model beside each silo alone and all data in one place, on the same held-out data."""
    table = _table("Federated against the alternatives", "model", "accuracy", "loss")
    last = _last(report.rounds)
    if last is not None:
        table.add_row(f"[bold]federated, round {last.round_id}[/]", *_scores(last.metrics))
    table.add_row("pooled (all data in one place)", *_scores(report.baselines.pooled))
    for name, metrics in report.baselines.local.items():
        table.add_row(f"{name} alone", *_scores(metrics))
    return table


def privacy_table(loss: PrivacyLoss) -> Table:
    """What each silo and each grant spent of privacy, and the most that it may."""
    title = f"Epsilon spent at delta {loss.delta:g}, each {loss.hidden} hidden"
    table = _table(title, "silo, grant", "in this task", "in all tasks", "limit")
    for silo in loss.silos:
        table.add_row(silo.silo, epsilon_text(silo.epsilon_in_task), *_of(silo.epsilon_spent, silo.epsilon_limit))
    table.add_section()
    for grant in loss.grants:
        table.add_row(f"{grant.grant[:10]} of {grant.silo}", "", *_of(grant.epsilon_spent, grant.epsilon_limit))
    return table


def _of(spent: float, limit: float | None) -> tuple[str, str]:
    return epsilon_text(spent), "none" if limit is None else epsilon_text(limit)


def balances_table(balances: Balances) -> Table:
    """What everybody held before and after; who neither earned, lost nor paid shares one line."""
    table = _table("Balances in eth", "account", "before", "after", "stake", "earned", "slashed", "fees")
    moved = {name: row for name, row in balances.accounts.items() if _moved(row)}
    for name, row in moved.items():
        stake = " > ".join(dict.fromkeys((_eth(row.stake_before_wei), _eth(row.stake_after_wei))))
        money = map(_eth, (row.earned_wei, row.slashed_wei, row.fees_wei))
        table.add_row(name, _eth(row.before_wei), _eth(row.after_wei), stake, *money)
    rest = [row for name, row in balances.accounts.items() if name not in moved]
    if rest:
        held = sum(int(row.before_wei) for row in rest)
        table.add_row(f"{len(rest)} others", _eth(held), _eth(held), "", "0", "0", "0")
    table.add_section()
    table.add_row("contracts", _eth(balances.contracts_before_wei), _eth(balances.contracts_after_wei))
    before, after = totals(balances)
    table.add_row("[bold]sum[/]", _eth(before), _eth(after), "", "", "", _eth(balances.fees_wei))
    return table


def totals(balances: Balances) -> tuple[int, int]:
    """All money before and after, wei: purses and contracts; stakes lie in the contracts."""
    rows = balances.accounts.values()
    return (
        sum(int(row.before_wei) for row in rows) + int(balances.contracts_before_wei),
        sum(int(row.after_wei) for row in rows) + int(balances.contracts_after_wei),
    )


def sum_line(balances: Balances) -> str:
    """The sum, exact to the wei, with the difference said plainly."""
    before, after = totals(balances)
    difference = int(balances.difference_wei)
    verdict = "[green]adds up[/]" if difference == 0 else "[red]does not add up[/]"
    return (
        f"before {before} wei = after {after} wei + gas fees {balances.fees_wei} wei;"
        f" difference {difference} wei: {verdict}"
    )


def _show_links(console: Console, report: Report, out: Path) -> None:
    console.print(f"\n[bold]Open what it left in {escape(str(out))}[/]")
    names = {"prefect": "Prefect UI", "mlflow": "MLflow UI", "report": "Report", "deployment": "Contracts"}
    for key, link in report.links.items():
        name = names.get(key) or f"Data Docs of {key.removeprefix('data_docs_')}"
        console.print(f"  [dim]{name}:[/] {escape(link)}", soft_wrap=True, highlight=False)


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="left" if name in WORDS else "right", overflow="fold")
    return table


def _moved(row: BalanceRow) -> bool:
    amounts = (row.earned_wei, row.slashed_wei, row.fees_wei)
    return any(map(int, amounts)) or row.before_wei != row.after_wei or row.stake_before_wei != row.stake_after_wei


def _coloured(status: str) -> str:
    return f"[{COLOURS.get(status, 'white')}]{status}[/]"


def _last(rounds: list[RoundRow]) -> RoundRow | None:
    return next((row for row in reversed(rounds) if row.metrics), None)


def _scores(metrics: dict[str, float]) -> tuple[str, str]:
    return _figure(metrics.get("accuracy")), _figure(metrics.get("loss"))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _eth(wei: str | int) -> str:
    """To five places; the exact sum stands below the table."""
    return f"{int(wei) / 10**18:.5f}".rstrip("0").rstrip(".")
