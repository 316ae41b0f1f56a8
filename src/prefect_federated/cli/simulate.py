"""`federated simulate`: many participants, some of whom may attack, on this machine, through the protocol's own stages.

options, checked --> chain, contracts, consent, task --> rounds in shards --> tables, report.json, plots
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from prefect_federated.cli import quiet
from prefect_federated.cli.console import err, says_what_to_do
from prefect_federated.cli.console import out as console
from prefect_federated.cli.watched import clear_folder, stages_of, watching

BESIDES = 9  # what the run says before and after its rounds


@says_what_to_do
def simulate(
    participants: Annotated[int, typer.Option(min=1, max=10_000, help="How many take part, attackers included.")] = 20,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="How many rounds to run.")] = 5,
    cohort: Annotated[int, typer.Option(min=0, help="How many are drawn for each round; 0 is everybody.")] = 0,
    attackers: Annotated[int, typer.Option(min=0, help="How many of the participants attack; goes with --attack.")] = 0,
    attack: Annotated[
        str,
        typer.Option(
            help="What they do, by name; a wrong name lists all. Attackers act after the honest of their round and"
            " have seen their updates: the worst case, which the protocol hides from them."
        ),
    ] = "",
    rule: Annotated[
        str, typer.Option(help="Aggregation rule, set to stand the attackers of a round; a wrong name lists all.")
    ] = "mean",
    algorithm: Annotated[str, typer.Option(help="How the server steps, by name; a wrong name lists all.")] = "fedavg",
    norm_rule: Annotated[
        bool, typer.Option("--norm-rule/--no-norm-rule", help="Leave out updates longer than an honest one can be.")
    ] = False,
    committee: Annotated[
        int, typer.Option(min=0, max=31, help="Validators who score every update, vote, and decide pay; 0 is none.")
    ] = 3,
    scores: Annotated[
        str, typer.Option(help="How the committee scores updates, by name; a wrong name lists all.")
    ] = "loss",
    mode: Annotated[
        Literal["clear", "masked"],
        typer.Option(help="Who sees single updates: the readers, or nobody; masked there is no committee."),
    ] = "clear",
    drop: Annotated[
        int, typer.Option(min=0, help="Masked: how many leave in the first round, after share, commit, reveal in turn.")
    ] = 0,
    group: Annotated[
        int,
        typer.Option(
            min=0,
            help="Masked: members of a group that masks within itself, so that --rule median looks across the groups'"
            " means; 0 is one sum of all.",
        ),
    ] = 0,
    data: Annotated[str, typer.Option(help="digits, breast-cancer, or csv:PATH for a table of numbers.")] = "digits",
    plan: Annotated[
        str, typer.Option(help="Training plan as MODULE:CLASS or FILE.py:CLASS, with its own defaults; else a network.")
    ] = "",
    target: Annotated[str, typer.Option(help="Label column of a CSV file; its last one if empty.")] = "",
    partition: Annotated[
        str, typer.Option(help="How rows are dealt out: iid, dirichlet:ALPHA such as dirichlet:0.1, by-column:NAME.")
    ] = "iid",
    epochs: Annotated[int, typer.Option(min=0, help="Passes over its rows that everybody makes in a round.")] = 5,
    runner: Annotated[
        Literal["threads", "ray"],
        typer.Option(help="Where shards run: threads of this process, or Ray. No effect on results."),
    ] = "threads",
    ray_address: Annotated[
        str, typer.Option(help="Ray cluster to run on; else --runner ray starts one on this machine.")
    ] = "",
    shards: Annotated[
        int, typer.Option(min=0, help="Prefect tasks that a stage is cut into; 0 is one a core. No effect on results.")
    ] = 0,
    device: Annotated[
        Literal["auto", "cpu"],
        typer.Option(help="Where participants train; auto takes a CUDA device where there is one, with its own bits."),
    ] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Decides keys, data split, training; same seed, same model.")] = 0,
    chain: Annotated[
        str | None, typer.Option(help="Endpoint of a running development chain, to audit on; else one is started.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for everything the run leaves behind; replaced.")] = Path(
        "federated-simulation"
    ),
    json: Annotated[Path | None, typer.Option(help="Write the report here as well; - prints it on stdout.")] = None,
) -> None:
    """Simulate a federation of many participants, and show what became of it.

    Everybody has keys, a stake, a grant and data of its own, and goes through the stages, checks and contracts of a
    real participant; a relayer brings the commits. Participants of one plan train as one program.
    """
    from prefect_federated.scenario.simulation.attacking import require_attack
    from prefect_federated.scenario.simulation.on_ray import require_ray
    from prefect_federated.scenario.simulation.options import Options, partition_of

    if attack:
        require_attack(attack)
    options = Options(
        participants=participants,
        rounds=rounds,
        cohort=cohort,
        attackers=attackers,
        attack=attack,
        rule=_name(rule),
        algorithm=algorithm,
        data=data,
        target=target,
        plan=plan,
        partition=partition_of(partition),
        norm_rule=norm_rule,
        committee=0 if mode == "masked" else committee,
        scores=_name(scores),
        epochs=epochs,
        device=_device(device),
        seed=seed,
        shards=shards,
        runner=runner,
        ray_address=ray_address,
        mode=mode,
        drop=drop,
        group=group,
    )
    if runner == "ray":
        require_ray()
    clear_folder(out, "simulation")
    quiet.apply(out, keep_server=runner == "ray")
    from prefect_federated.cli.simulate_run import run_simulation
    from prefect_federated.cli.simulate_tables import show_simulation

    piped = str(json) == "-"  # then stdout is for the report alone
    stages = stages_of(mode == "masked", "judge", *([] if committee else ["vote"]))
    with watching(err if piped else console, rounds * len(stages) + BESIDES) as (say, watch):
        report = run_simulation(out, options, say, watch, chain)
    if piped:
        print(report.model_dump_json(indent=1))
        return
    if json is not None:
        json.write_text(report.model_dump_json(indent=1))
    show_simulation(console, report, out)


def _name(typed: str) -> str:
    """Rules and scores are named with underscores in a task's spec; on a command line hyphens do as well."""
    return typed.replace("-", "_")


def _device(asked: str) -> str:
    if asked == "cpu":
        return asked
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
