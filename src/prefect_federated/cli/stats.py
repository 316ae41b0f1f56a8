"""`federated stats`: pooled counts, means, histograms and quantiles of silos' data, as a round of its own.

query.json --check--> what it asks --draft--> task.json --task create, rounds--> show --> tables, JSON, CSV, plot
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console, quiet
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.stats_draft import draft_of, query_of, read_query
from prefect_federated.cli.stats_noise import NoiseOptions, cost_of, deviations, show_noise, under
from prefect_federated.cli.stats_silos import SAMPLE, require_tables, sample, tables_of
from prefect_federated.cli.stats_tables import show_query, show_summary
from prefect_federated.cli.watched import clear_folder, stages_of, watching
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError, ProtocolError
from prefect_federated.core.masked_numbers import FEWEST_MASKED

if TYPE_CHECKING:
    from prefect_federated.adapters.party import Party

stats_app = typer.Typer(
    help="Statistics of silos' data, as a round of its own: counts, means, histograms, quantiles, missing values.",
    no_args_is_help=True,
)

QueryArgument = Annotated[
    Path,
    typer.Argument(metavar="QUERY.json", exists=True, dir_okay=False, help="Columns, bounds, bins, smallest cell."),
]
ParticipantsOption = Annotated[
    int, typer.Option(min=1, max=10_000, help="The most silos that may answer a round; fewer leave shorter vectors.")
]
ClearOption = Annotated[bool, typer.Option("--clear", help="Let readers see each silo's figures; masked, nobody does.")]
BESIDES = 6  # what a simulation says before its round


@stats_app.command(epilog="Example: federated stats check query.json --noise-multiplier 2")
@console.says_what_to_do
@takes(noise=NoiseOptions)
def check(
    query: QueryArgument, noise: NoiseOptions, participants: ParticipantsOption = 16, clear: ClearOption = False
) -> None:
    """Read a query and say what it asks of a silo: cells, fixed point, words of the vector. Nothing is sent.

    With --noise-multiplier also what a round costs each row, and what error to expect.
    """
    privacy = noise.privacy()
    asked = under(privacy, read_query(query))
    show_query(asked, participants, not clear, privacy)
    if privacy is not None:
        show_noise(asked, privacy, participants, not clear)


@stats_app.command(epilog="Example: federated stats draft query.json --aggregator 0x... --purpose HMB --out task.json")
@console.says_what_to_do
@takes(noise=NoiseOptions)
def draft(
    query: QueryArgument,
    aggregator: Annotated[str, typer.Option(help="Account that concludes the rounds.")],
    out: Annotated[Path, typer.Option(help="Where to write the draft; - prints it.")],
    purpose: Annotated[list[str], typer.Option(help="DUO code that the use falls under; may be repeated.")],
    noise: NoiseOptions,
    name: Annotated[str, typer.Option(help="Name of the task: lower-case letters, digits, hyphens.")] = "statistics",
    participants: ParticipantsOption = 16,
    quorum: Annotated[int, typer.Option(min=1, help="The fewest silos that may answer; 3 or more where masked.")] = 3,
    clear: ClearOption = False,
    window: Annotated[int, typer.Option(min=60, help="Seconds that each phase of a round lasts at most.")] = 43_200,
) -> None:
    """Write the draft of a statistics task; edit bonds, reward and windows, then `federated task create` makes it.

    As written, a silo bonds 0.1 and the aggregator 1 of the chain's coin, and nobody is paid.
    """
    privacy = noise.privacy()
    asked = under(privacy, read_query(query))
    if privacy is not None:
        told = deviations(asked, privacy, (quorum, participants), participants, not clear)
        said = f"Noise hides {cost_of(privacy)}; of each count {told}."
        console.err.print(said, markup=False, highlight=False, soft_wrap=True)
    made = draft_of(
        asked,
        name=name,
        purposes=purpose,
        aggregator=aggregator,
        participants=participants,
        quorum=quorum,
        masked=not clear,
        window_s=window,
        privacy=privacy,
    )
    _require_task(made)
    text = json.dumps(made, indent=2)
    if str(out) == "-":
        print(text)
        return
    out.write_text(text + "\n")
    console.err.print(
        f"Next: federated task create {out} --store STORE --keystore sponsor.json, then rounds as of any task, then"
        " `federated stats show TASK`.",
        style="dim",
        soft_wrap=True,
    )


@stats_app.command(epilog="Example: federated stats show 3 --store s3://models/fl --plot ages.png")
@console.says_what_to_do
@takes(where=Where)
def show(
    task: Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")],
    store: Annotated[
        str, typer.Option(envvar="FEDERATED_STORE", help="Content store of the federation, e.g. local:PATH or s3://...")
    ],
    where: Where,
    round: Annotated[
        int | None, typer.Argument(min=1, help="Number of the round; its last settled one if empty.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write one line a cell here.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw a histogram of every column here, PNG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Print what a round found out, recomputed from its aggregate as it stands on chain."""
    from prefect_federated.adapters.reading import read_past_spec
    from prefect_federated.adapters.statistics import draw, read_summary, write_csv
    from prefect_federated.cli.auditor import auditor
    from prefect_federated.core.statistics.telling import as_json as told

    party = auditor(where.open(), store)
    number = _last_settled(party, task) if round is None else round
    summary = read_summary(party, read_past_spec(party, task, number))
    if csv is not None:
        write_csv(summary, csv)
    if plot is not None:
        draw(summary, plot)
    if as_json:
        console.print_json({"task": task, "round": number, **told(summary)})
    else:
        show_summary(summary, f"Round {task}/{number}")


@stats_app.command(
    epilog="Example: federated stats simulate --data a.csv --data b.csv --data c.csv --query query.json --missing '?'"
)
@console.says_what_to_do
@takes(noise=NoiseOptions)
def simulate(
    noise: NoiseOptions,
    data: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="CSV file of one silo; repeat it for each. Else a sample."),
    ] = None,
    query: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Query; needed with --data, else one of the sample."),
    ] = None,
    subject: Annotated[str, typer.Option(help="Column with a row's subject; else every row is one of its own.")] = "",
    missing: Annotated[
        list[str] | None, typer.Option(help="Text that stands for no value, beside an empty cell; may be repeated.")
    ] = None,
    clear: ClearOption = False,
    out: Annotated[Path, typer.Option(help="Folder for everything the run leaves behind; replaced.")] = Path(
        "federated-statistics"
    ),
) -> None:
    """Run a statistics round of silos on this machine, and show its figures beside those of all rows in one place.

    Every file is a silo with keys, a stake, a grant and data checks of its own; chain, masks and contracts are the real
    ones. Without --data four hospitals share out scikit-learn's breast-cancer table. With --noise-multiplier each row
    is hidden; what that costs is said before anything runs.
    """
    privacy = noise.privacy()
    if (data is None) != (query is None):
        raise ConfigurationError(
            f"--data {'given' if data else 'missing'} and --query {'given' if query else 'missing'}: a query names the"
            " columns of your files and their bounds; give both, or neither to see a sample"
        )
    asked = under(privacy, query_of(SAMPLE, "the sample") if query is None else read_query(query))
    tables = sample() if data is None else tables_of(data, subject, missing or ())
    require_tables(tables, asked, not clear)
    clear_folder(out, "statistics")
    quiet.apply(out)
    from prefect_federated.cli.stats_run import run_statistics

    if privacy is not None:
        show_noise(asked, privacy, max(len(tables), FEWEST_MASKED), not clear)
    with watching(console.out, len(stages_of(not clear, "vote")) + BESIDES) as (say, watch):
        run = run_statistics(out, tables, asked, not clear, say, watch, privacy)
    run.show()


def _require_task(draft: dict[str, Any]) -> None:
    """Refuse to write a draft of which no task could be made.

    Raises:
        SpecError: a field is wrong; the message names it.
        ConsentError: there is no such purpose.
    """
    from prefect_federated.adapters.stores.local import LocalStore
    from prefect_federated.cli.draft import complete

    with TemporaryDirectory() as folder:  # for version 0 of the model, which is all zeros
        complete(draft, LocalStore(folder, durable=False), mend="no draft is written; give another option for it")


def _last_settled(party: "Party", task: int) -> int:
    from prefect_federated.adapters.reading import ROUND

    settled = [version.round for version in party.federation.versions(task) if version.kind == ROUND]
    if not settled:
        raise ProtocolError(
            f"task {task} has settled no round yet; `federated round status {task}` says where its rounds stand"
        )
    return settled[-1]
