"""`federated demo`: four hospitals, two cheats, a committee of three, five rounds, on this machine.

chain, contracts, consent, task --> federated_round flow --> tables, report.json, links
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from prefect_federated.cli import quiet
from prefect_federated.cli.console import out as console
from prefect_federated.cli.console import says_what_to_do
from prefect_federated.cli.watched import clear_folder, stages_of, watching

BESIDES = 8  # what the run says before and after its rounds
COMMITTEE_BPS = 300  # of each round's reward, for the committee
THRESHOLD = 3  # shares that open a secret of a mask, of five participants'


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
    mode: Annotated[
        Literal["clear", "masked"], typer.Option(help="Who sees single updates: the bonded readers, or nobody.")
    ] = "clear",
    cheating_aggregator: Annotated[
        bool,
        typer.Option("--cheating-aggregator", help="The aggregator alters one word of its result, in round 2 or 1."),
    ] = False,
) -> None:
    """Run a federation of four hospitals, two cheats and three validators from nothing, and show what became of it.

    Masked, nobody sees a single update: instead of cheats and validators there is somebody who leaves after its commit.
    """
    clear_folder(out, "demo")
    quiet.apply(out)
    from prefect_federated.cli.demo_run import run_demo
    from prefect_federated.cli.demo_tables import show_report
    from prefect_federated.core.mask_spec import Clear, Masked
    from prefect_federated.core.spec import DetectionSpec
    from prefect_federated.scenario.plot import CHEATS, LEAVER, VALIDATORS, Plot
    from prefect_federated.scenario.task_spec import Terms

    masked = mode == "masked"
    lies_in = min(rounds, 2) if cheating_aggregator else 0
    plot = Plot(
        rounds=rounds,
        seed=seed,
        cheats=(LEAVER,) if masked else CHEATS,
        terms=Terms(
            norm_rule=norm_rule,
            seed=seed,
            committee_bps=0 if masked else COMMITTEE_BPS,
            detection=None if masked else DetectionSpec(),
            masking=Masked(threshold=THRESHOLD) if masked else Clear(),
        ),
        lies_in=lies_in,
        validators=() if masked else VALIDATORS,
        dissents_in=0 if masked else min(rounds, 3),
    )
    with watching(console, rounds * len(stages_of(masked)) + BESIDES) as (say, watch):
        report = run_demo(out, plot, chain, store, say, watch)
    show_report(console, report, out)
