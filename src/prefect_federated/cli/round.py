"""`federated round`: where the rounds of a task stand, told from the chain alone.

no task: all tasks --> TASK: its rounds --> TASK ROUND: phase, deadlines, who did what, who is awaited
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.round_record import STEPS, current_round, round_record
from prefect_federated.cli.tables import show_pairs, show_span, show_table, show_time
from prefect_federated.cli.where import Where

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation

round_app = typer.Typer(help="Where rounds stand.", no_args_is_help=True)


@round_app.callback()
def _group() -> None:
    """Where rounds stand."""


@round_app.command(
    epilog="Examples: federated round status --chain http://127.0.0.1:8545 | federated round status 1 3 --json"
)
@console.says_what_to_do
@takes(where=Where)
def status(
    where: Where,
    task: Annotated[int | None, typer.Argument(min=1, help="Task; without it all tasks are listed.")] = None,
    round: Annotated[int | None, typer.Argument(min=1, help="Round; without it the task's rounds are listed.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many rounds to list.")] = 20,
    store: Annotated[
        str | None,
        typer.Option(envvar="FEDERATED_STORE", help="Content store of the federation: shows who is in rolls, too."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show the true state of rounds: read from the chain, whatever became of the processes that drove them."""
    federation = where.open()
    if store is not None:
        from prefect_federated.adapters.stores.base import open_store

        federation.read_rolls_from(open_store(store))
    if task is None:
        _show_tasks(federation, as_json)
    elif round is None:
        _show_rounds(federation, task, last, as_json)
    else:
        _show_round(federation, task, round, as_json)


def _show_tasks(federation: "Federation", as_json: bool) -> None:
    rows = [current_round(federation, task) for task in range(1, federation.tasks() + 1)]
    if as_json:
        console.print_json(rows)
        return
    show_table(
        f"Tasks of {federation.coordinator}",
        ("task", "round", "phase", "deadline", *STEPS[:-1]),
        [
            (
                r["task"],
                r["round"] or None,
                r["phase"].lower(),
                _when(r["deadline"], r["chain_time"]),
                *(r[step] for step in STEPS[:-1]),
            )
            for r in rows
        ],
    )


def _show_rounds(federation: "Federation", task: int, last: int, as_json: bool) -> None:
    federation.task_of(task)
    newest = federation.round_state(task).round
    records = [round_record(federation, task, number) for number in range(max(1, newest - last + 1), newest + 1)]
    if as_json:
        console.print_json(records)
        return
    show_table(
        f"Rounds of task {task}" if records else f"Task {task} has had no round yet",
        ("round", "phase", "status", *STEPS, "version", "excluded"),
        [
            (
                r["round"],
                r["phase"].lower(),
                r["status"].lower(),
                *(len(r[step]) for step in STEPS),
                r["version"],
                [f"{_short(e['participant'])}: {e['stage']}: {e['reason']}" for e in r["excluded"]],
            )
            for r in records
        ],
    )


def _show_round(federation: "Federation", task: int, round: int, as_json: bool) -> None:
    federation.task_of(task)
    record = round_record(federation, task, round)
    if as_json:
        console.print_json(record)
        return
    now_s = record["chain_time"]
    pairs: list[tuple[str, Any]] = [("phase", record["phase"].lower()), ("status", record["status"].lower())]
    pairs += [(name.replace("_", " "), _when(record.get(name), now_s)) for name in ("started_at", "ended_at")]
    pairs += [
        (name.replace("_", " "), _when(record[name], now_s))
        for name in ("opens_at", "deadline", "reveal_deadline")
        if record.get(name)
    ]
    pairs += [("chain time", show_time(now_s)), ("model version", record["version"])]
    pairs += [("median metric", _metric(record["median_metric_e9"]))] if record["votes"] else []
    show_pairs(f"Round {task}/{round}", pairs)
    show_table("", ("participant", *STEPS[1:], "what became of it"), _people(record))
    if record["votes"]:
        show_table("Committee", ("member", "vote", "metric"), [_vote(vote) for vote in record["votes"]])


def _people(record: dict[str, Any]) -> list[tuple[str, ...]]:
    fate = {e["participant"]: f"left out at {e['stage']}: {e['reason']}" for e in record["excluded"]}
    fate |= dict.fromkeys(record["awaited"], "awaited")
    return [
        (account, *("yes" if account in record[step] else "" for step in STEPS[1:]), fate.get(account, ""))
        for account in record["expected"]
    ]


def _vote(vote: dict[str, Any]) -> tuple[str, str, str | None]:
    said = {True: "accepts", False: "rejects", None: "none shown"}[vote["accept"]]
    return vote["member"], said, _metric(vote["metric_e9"])


def _metric(units: int | None) -> str | None:
    return None if units is None else f"{units / 10**9:.4f}"


def _when(moment: int | None, now_s: int) -> str | None:
    return f"{show_time(moment)} ({show_span(moment - now_s)})" if moment else None


def _short(account: str) -> str:
    return f"{account[:8]}…"
