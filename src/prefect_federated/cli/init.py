"""`federated init`: a project to start from: training plan, draft of a task, a silo's block, tests, sample data.

table (yours, or a made one) --columns, ranges--> plan.py, task.json, silo.py, tests/, README.md
"""

import json
import re
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.core.errors import ConfigurationError, MissingColumn

if TYPE_CHECKING:
    from pandas import DataFrame

FILES = {
    "plan.py.tmpl": "plan.py",
    "silo.py.tmpl": "silo.py",
    "test_plan.py.tmpl": "tests/test_plan.py",
    "README.md.tmpl": "README.md",
}
IGNORED = "data/\nkeys/\nhome/\nstore/\n*.sealed\nfederated-simulation/\n__pycache__/\n"
SUBJECT = "subject"
DAY_S = 86_400
ETHER = 10**18
SAMPLE_ROWS = 400


@dataclass(frozen=True, slots=True)
class Table:
    """What a project is made for."""

    frame: "DataFrame"
    target: str
    file: str
    origin: str

    @property
    def features(self) -> list[str]:
        """Columns that are learned from."""
        return [str(name) for name in self.frame.columns if name not in (SUBJECT, self.target)]

    @property
    def labels(self) -> int:
        """How many labels there are."""
        return int(self.frame[self.target].max()) + 1


@console.says_what_to_do
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make; its name is the task's.")],
    data: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="CSV file to start from; made rows without it.")
    ] = None,
    target: Annotated[str, typer.Option(help="Label column of the CSV file; its last one if empty.")] = "",
) -> None:
    """Write a project that runs: a training plan, a draft of its task, a silo's block, tests and a README.

    It passes its own tests and takes part in a simulation as it is. Nothing that exists is overwritten.
    """
    name = _name_of(folder)
    table = _sample() if data is None else _read(data, target)
    words = _words(name, table)
    (folder / "data").mkdir(parents=True)
    (folder / "tests").mkdir()
    for template, path in FILES.items():
        source = resources.files("prefect_federated.cli") / "template" / template
        (folder / path).write_text(Template(source.read_text()).substitute(words))
    (folder / ".gitignore").write_text(IGNORED)
    (folder / "task.json").write_text(json.dumps(draft(name, table), indent=2) + "\n")
    if data is None:
        table.frame.to_csv(folder / "data" / table.file, index=False)
    else:
        shutil.copyfile(data, folder / "data" / table.file)
    console.out.print(
        f"wrote {folder}: cd {folder} && pytest && federated simulate --plan plan.py:Plan --data csv:data/{table.file}"
        f" --target {table.target} --participants 8 --rounds 3",
        soft_wrap=True,
        highlight=False,
    )


def draft(name: str, table: Table) -> dict[str, Any]:
    """A draft for `federated task create`; the aggregator is the sponsor's to name."""
    columns = [
        {"name": one, "minimum": float(table.frame[one].min()), "maximum": float(table.frame[one].max())}
        for one in table.features
    ]
    return {
        "name": name,
        "description": f"Tell {table.labels} values of {table.target} apart.",
        "purposes": ["HMB"],
        "use": {"for_profit": False, "commercial": False, "ethics_approval": True},
        "data": {
            "columns": columns,
            "target": table.target,
            "target_values": list(range(table.labels)),
            "min_rows": 20,
        },
        "plan": {"ref": "plan.py:Plan", "hyperparameters": {}, "seed": 0},
        "update": {"clip_norm": 4.0},
        "rule": {"name": "mean"},
        "local": {"name": "sgd"},
        "server": {"name": "fedavg"},
        "detection": {},
        "enforced": {
            "aggregator": "0x" + "00" * 20,
            "commit_window": DAY_S,
            "reveal_window": DAY_S,
            "aggregate_window": DAY_S,
            "challenge_window": DAY_S,
            "reveal_grace": DAY_S // 24,
            "quorum": 3,
            "max_participants": 64,
            "max_misses": 3,
            "max_weight": 100_000,
            "max_rounds": 1000,
            "bond": str(ETHER // 10),
            "aggregator_bond": str(ETHER),
            "round_reward": str(ETHER // 100),
            "disclosure": 1,
            "floor_bps": 5000,
        },
    }


def _name_of(folder: Path) -> str:
    name = re.sub(r"[^a-z0-9-]+", "-", folder.resolve().name.lower()).strip("-")
    if not name:
        raise ConfigurationError(f"{folder} makes no name of letters, digits and hyphens; name another folder")
    if folder.exists():
        raise ConfigurationError(f"{folder} is there already, and nothing is overwritten; name another folder")
    return name[:63]


def _sample() -> Table:
    """Made rows that a small network can tell apart; no person stands behind them."""
    import numpy as np
    from pandas import DataFrame

    rng = np.random.default_rng(0)
    ill = rng.integers(0, 2, SAMPLE_ROWS)
    frame = DataFrame(
        {
            SUBJECT: [f"subject-{number:06d}" for number in range(1, SAMPLE_ROWS + 1)],
            "age": rng.normal(55 + 8 * ill, 10).clip(18, 99).round(),
            "pressure": rng.normal(125 + 12 * ill, 14).round(1),
            "marker": rng.lognormal(0.3 + 0.8 * ill, 0.5).round(3),
            "ill": ill,
        }
    )
    return Table(frame, "ill", "sample.csv", "made up, for a first try; put your own there")


def _read(path: Path, target: str) -> Table:
    """A table of numbers with labels 0, 1, 2 and so on.

    Raises:
        MissingColumn: it lacks the target.
        ConfigurationError: a feature is no number, or the labels are not counted from 0.
    """
    from pandas.api.types import is_numeric_dtype

    from prefect_federated.adapters.data.sources import FileSource

    frame = FileSource(path).read()
    target = target or str(frame.columns[-1])
    if target not in frame.columns:
        raise MissingColumn(f"{path.name} has no column {target!r}; name one of {', '.join(map(str, frame.columns))}")
    table = Table(frame, target, path.name, f"a copy of {path.name}")
    for name in (*table.features, target):
        if not is_numeric_dtype(frame[name].dtype) or frame[name].isna().any():
            raise ConfigurationError(
                f"{path.name}: column {name} holds {frame[name].dtype} with {int(frame[name].isna().sum())} values"
                " missing; a plan needs numbers: encode it, or leave it out"
            )
    kinds = sorted(set(frame[target].tolist()))
    if len(kinds) < 2 or kinds != list(range(len(kinds))):
        raise ConfigurationError(
            f"{path.name}: labels in {target} are {', '.join(map(str, kinds[:6]))}, they must be 0, 1 and so on;"
            " encode them so, or name another with --target"
        )
    return table


def _words(name: str, table: Table) -> dict[str, str]:
    """What the templates leave open."""
    values = table.frame[table.features]
    scales = [float(f"{value:.3g}") or 1.0 for value in values.std()]
    return {
        "name": name,
        "count": str(len(table.features)),
        "labels": str(table.labels),
        "means": repr([float(f"{value:.3g}") for value in values.mean()]),
        "scales": repr(scales),
        "target": table.target,
        "data": table.file,
        "origin": table.origin,
    }
