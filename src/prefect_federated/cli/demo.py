"""`federated demo`: four hospitals, two cheats, a committee of three, five rounds, on this machine.

chain, contracts, consent, task --> federated_round flow --> tables, report.json, links
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from prefect_federated.cli import quiet
from prefect_federated.cli.console import out as console
from prefect_federated.cli.console import says_what_to_do

if TYPE_CHECKING:
    from prefect_federated.core.report import Report
    from prefect_federated.scenario.plot import Plot

STAGES = ("open", "commit", "reveal", "vote", "aggregate", "judge", "settle")
BESIDES = 8  # what the run says before and after its rounds
COMMITTEE_BPS = 300  # of each round's reward, for the committee


@says_what_to_do
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the run leaves behind; replaced.")] = Path(
        "federated-demo"
    ),
    rounds: Annotated[int, typer.Option(min=1, max=100, help="How many rounds to run.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Decides keys, data split and training; same seed, same model.")] = 0,
    chain: Annotated[
        str | None, typer.Option(help="Endpoint of a running development chain; without it one is started.")
    ] = None,
    store: Annotated[str, typer.Option(help="local, s3://bucket/prefix[?endpoint=URL] or ipfs://host:port.")] = "local",
    norm_rule: Annotated[
        bool, typer.Option("--norm-rule/--no-norm-rule", help="Leave out updates beyond the norm bound.")
    ] = True,
    cheating_aggregator: Annotated[
        bool,
        typer.Option("--cheating-aggregator", help="The aggregator alters one word of its result, in round 2 or 1."),
    ] = False,
) -> None:
    """Run a federation of four hospitals, two cheats and three validators from nothing, and show what became of it."""
    _clear(out)
    quiet.apply(out)
    from prefect_federated.cli.demo_run import run_demo
    from prefect_federated.cli.demo_tables import show_report
    from prefect_federated.core.spec import DetectionSpec
    from prefect_federated.scenario.plot import VALIDATORS, Plot
    from prefect_federated.scenario.task_spec import Terms

    lies_in = min(rounds, 2) if cheating_aggregator else 0
    plot = Plot(
        rounds=rounds,
        seed=seed,
        terms=Terms(norm_rule=norm_rule, seed=seed, committee_bps=COMMITTEE_BPS, detection=DetectionSpec()),
        lies_in=lies_in,
        validators=VALIDATORS,
        dissents_in=min(rounds, 3),
    )
    report = _watched(out, plot, chain, store, run_demo)
    show_report(console, report, out)


def _watched(out: Path, plot: "Plot", chain: str | None, store: str, run) -> "Report":  # type: ignore[no-untyped-def]
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=not console.is_terminal) as progress:
        line = progress.add_task("starting", total=plot.rounds * len(STAGES) + BESIDES)
        seen: set[tuple[int, str]] = set()

        def say(text: str) -> None:
            progress.update(line, description=text, advance=1)

        def watch(round: int, stage: str, who: str) -> None:
            fresh = (round, stage) not in seen
            seen.add((round, stage))
            progress.update(line, description=f"round {round or '…'}: {stage} ({who})", advance=int(fresh))

        report: Report = run(out, plot, chain, store, say, watch)
        progress.update(line, description="done", completed=plot.rounds * len(STAGES) + BESIDES)
    return report


def _clear(out: Path) -> None:
    """Replace an earlier demo's folder; refuse any other that is not empty."""
    if out.exists() and any(out.iterdir()) and not (out / ".federated-demo").exists():
        raise typer.BadParameter(f"{out} is not empty and no earlier demo's folder; name another with --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / ".federated-demo").touch()
