"""The answer of a statistics round, read from chain and store; written as JSON, CSV and a plot.

proposal on chain --aggregate, who is in it--> exact sums, or sums with noise --summarise--> Summary
Summary --> statistics.json, .csv, .png
"""

import csv
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.reading import read_result
from prefect_federated.core.errors import ContentMismatch, SpecError
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import StatisticsPrivacy
from prefect_federated.core.statistics.cell_noise import CellNoise
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.layout import Layout
from prefect_federated.core.statistics.noisy import summarise_noisy
from prefect_federated.core.statistics.pooled import Summary, Told, summarise
from prefect_federated.core.statistics.tally import noisy_of
from prefect_federated.core.statistics.telling import as_json, cell_rows, header_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNREADABLE_TAG = "federated.statistics"
LONG = 60  # cells of one plot that are labelled


def read_summary(party: Party, spec: RoundSpec) -> Summary:
    """What a statistics round found out; anybody with the store can read it, as its proposal stands on chain.

    Raises:
        SpecError: the task asks for no statistics.
        ContentMismatch: the aggregate is no mean of counts.
    """
    query, enforced, privacy = spec.spec.statistics, spec.spec.enforced, spec.spec.privacy
    if query is None:
        raise SpecError(f"task {spec.task} ({spec.spec.name}) trains a model; see `federated round status {spec.task}`")
    result, proposal = read_result(party, spec.task, spec.round), party.federation.proposal(spec.task, spec.round)
    aggregate = fetch_words(party.store, spec, "aggregate", result.aggregate_uri, proposal.aggregate_root)
    silos, layout = sum(one.weight for one in result.included), Layout(query)
    if isinstance(privacy, StatisticsPrivacy):
        noise = CellNoise.of(query, privacy, enforced.max_participants, enforced.masked)
        return summarise_noisy(query, privacy, noise, noisy_of(query, aggregate, silos, noise), silos)
    numbers = Coding(enforced.max_participants, enforced.masked).decode(aggregate, silos, layout.widths)
    return summarise(query, layout.counts(numbers), silos)


def answer_of(party: Party, spec: RoundSpec, result: ResultDocument | None) -> tuple[Summary | None, dict[str, str]]:
    """What MLflow is told of a round: its summary, or a tag that says why it has none; neither of another task."""
    if result is None or spec.spec.statistics is None:
        return None, {}
    try:
        return read_summary(party, spec), {}
    except (ContentMismatch, SpecError) as error:
        return None, {UNREADABLE_TAG: str(error)}


def write_files(summary: Summary, folder: Path) -> list[Path]:
    """Write all three; returns their paths."""
    paths = [folder / f"statistics.{kind}" for kind in ("json", "csv", "png")]
    paths[0].write_text(json.dumps(as_json(summary), indent=1) + "\n")
    write_csv(summary, paths[1])
    draw(summary, paths[2])
    return paths


def write_csv(summary: Summary, path: Path) -> None:
    """One row a cell."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header_of(summary), *cell_rows(summary)])


def draw(summary: Summary, path: Path) -> None:
    """A histogram for every column, three beside each other; rows that are withheld are a bar of their own.

    Under noise each bar has a line of two of its deviations up and down.
    """
    from matplotlib.figure import Figure

    columns = min(3, len(summary.columns))
    lines = -(-len(summary.columns) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.4 * lines), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, told in zip(grid, summary.columns, strict=False):
        _draw(axes, told, summary.noise.deviation if summary.noise else 0)
    for axes in grid[len(summary.columns) :]:
        axes.remove()
    figure.suptitle(f"{summary.rows:.0f} rows of {summary.silos} silos", fontsize="medium")
    figure.savefig(path, dpi=120)


def _draw(axes: "Axes", told: Told, noise: float) -> None:
    labels, counts = [*told.labels, "withheld"], [*(count or 0 for count in told.cells), told.withheld]
    apart = len(told.labels) - 1  # missing and withheld are no values
    shades = ["tab:blue"] * apart + ["tab:gray", "tab:orange"]
    summed = [*(count is not None for count in told.cells), told.cells.count(None)]  # cells in each bar
    spread = [2 * noise * math.sqrt(cells) for cells in summed] if noise else None
    axes.bar(range(len(labels)), counts, color=shades, yerr=spread, ecolor="black")
    if len(labels) <= LONG:
        axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize="x-small")
    axes.tick_params(axis="y", labelsize="x-small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.axhline(0, color="black", linewidth=0.8)  # noisy counts may be below
    axes.set_title(told.name, fontsize="small")
    axes.set_ylabel("rows", fontsize="small")
