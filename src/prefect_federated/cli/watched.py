"""A long run that replaces a folder of its own and shows how far it is: the demo, a simulation, statistics.

clear_folder --> watching: say(line) once a step, watch(round, stage, who) as its flow goes on --> done
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Say = Callable[[str], None]
Watch = Callable[[int, str, str], None]

CLEAR = ("open", "commit", "reveal", "vote", "aggregate", "judge", "settle")
MASKED = ("open", "share", "keep", "commit", "reveal", "unmask", "aggregate", "judge", "settle")


def stages_of(masked: bool, *absent: str) -> tuple[str, ...]:
    """Stages of a round that its driver tells of; without a committee none votes, without a standby none judges."""
    return tuple(stage for stage in (MASKED if masked else CLEAR) if stage not in absent)


@contextmanager
def watching(console: Console, steps: int) -> Iterator[tuple[Say, Watch]]:
    """Show a bar of so many steps; each line said and each stage seen for the first time is one of them."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=not console.is_terminal) as progress:
        line = progress.add_task("starting", total=steps)
        seen: set[tuple[int, str]] = set()

        def say(text: str) -> None:
            progress.update(line, description=text, advance=1)

        def watch(round: int, stage: str, who: str) -> None:
            fresh = stage == "open" or (round, stage) not in seen  # before it opens, a round has no number
            seen.add((round, stage))
            progress.update(line, description=f"round {round or '…'}: {stage} ({who})", advance=int(fresh))

        yield say, watch
        progress.update(line, description="done", completed=steps)


def clear_folder(out: Path, kind: str) -> None:
    """Replace the folder of an earlier run of this kind; refuse any other that is not empty.

    Args:
        kind: "demo", "simulation" or "statistics"; a file of that name marks the folder.

    Raises:
        BadParameter: the folder is somebody else's.
    """
    mark = f".federated-{kind}"
    if out.exists() and any(out.iterdir()) and not (out / mark).exists():
        raise typer.BadParameter(f"{out} is not empty and no earlier {kind}'s folder; name another with --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / mark).touch()
