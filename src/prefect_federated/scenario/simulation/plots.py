"""The plots of a simulation, drawn from its report alone.

report --> accuracy.png, participation.png, exclusions.png, gas.png, stages.png
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.core.report import Report, RoundRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = ("expected", "validated", "committed", "revealed", "aggregated")
COUNTED = ("participants", "left out")


def draw_plots(report: Report, folder: Path) -> list[Path]:
    """Write all five; returns their files."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = report.rounds
    gas = [row.gas for row in rows]
    return [
        _drawn(folder / "accuracy.png", "held-out accuracy", lambda axes: _accuracy(axes, report)),
        _drawn(folder / "participation.png", "participants", lambda axes: _participation(axes, rows)),
        _drawn(folder / "exclusions.png", "left out", lambda axes: _stacked(axes, rows, [_left_out(r) for r in rows])),
        _drawn(folder / "gas.png", "gas of a round", lambda axes: _stacked(axes, rows, gas)),
        _drawn(
            folder / "stages.png", "seconds of a round", lambda axes: _stacked(axes, rows, [r.stages_s for r in rows])
        ),
    ]


def _drawn(path: Path, label: str, draw: Callable[["Axes"], None]) -> Path:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    draw(axes)
    axes.set_xlabel("round")
    axes.set_ylabel(label)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, round(low) - 0.5), max(high, round(high) + 0.5))  # a single round is no line of its own
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if label in COUNTED:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside upper left", ncols=5, fontsize="small", frameon=False)
    figure.savefig(path, dpi=120)
    return path


def _accuracy(axes: "Axes", report: Report) -> None:
    judged = [row for row in report.rounds if "accuracy" in row.metrics]
    axes.plot(
        [row.round_id for row in judged], [row.metrics["accuracy"] for row in judged], marker="o", label="federated"
    )
    if "accuracy" in report.baselines.pooled:
        axes.axhline(report.baselines.pooled["accuracy"], linestyle="--", color="grey", label="all data in one place")
    axes.set_ylim(0, 1)


def _participation(axes: "Axes", rows: Sequence[RoundRow]) -> None:
    for step in STEPS:
        axes.plot([row.round_id for row in rows], [len(getattr(row, step)) for row in rows], marker=".", label=step)
    axes.set_ylim(bottom=0)


def _left_out(row: RoundRow) -> dict[str, int]:
    """How many were left out at each stage, attackers apart."""
    found: dict[str, int] = {}
    for one in row.excluded:
        who = "attackers" if one.participant.startswith("attacker-") else "honest"
        found[f"{who}, {one.stage}"] = found.get(f"{who}, {one.stage}", 0) + 1
    return found


def _stacked(axes: "Axes", rows: Sequence[RoundRow], parts: Sequence[Mapping[str, float]]) -> None:
    floor = [0.0] * len(rows)
    for name in dict.fromkeys(name for part in parts for name in part):
        heights = [float(part.get(name, 0)) for part in parts]
        axes.bar([row.round_id for row in rows], heights, bottom=floor, label=name)
        floor = [low + height for low, height in zip(floor, heights, strict=True)]
