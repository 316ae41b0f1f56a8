"""A Flower ClientApp asked once: its reviewed files copied, rows and arrays beside them, an interpreter of its own.

app folder --digest as approved?--> copy --+
view --csv | npz--> file, arrays, config --+--> python flower_child.py --> arrays, examples, metrics; all files gone

Numbers cross as npz without pickles and as JSON. What may go wrong inside is told by its class alone.
"""

import hashlib
import json
import os
import shutil
import sys
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError, PlanNotApproved, TrainingFailed
from prefect_federated.learning import fence, flower_child, lifeline
from prefect_federated.learning.apart import private_folder, run_apart
from prefect_federated.learning.machine import Machine
from prefect_federated.learning.plan import TrainingData

Arrays = dict[str, NDArray[Any]]
Settings = Mapping[str, bool | int | float | str]

PYTHON = "FEDERATED_FLOWER_PYTHON"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "SYSTEMROOT")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class App:
    """A ClientApp as Flower names it, in a folder whose bytes were reviewed."""

    reference: str  # "package.module:app"
    folder: Path
    digest: str  # 0x-hex, `app_digest` of the folder


@dataclass(frozen=True, slots=True)
class Request:
    """What the app is asked, with the rows that it may see."""

    what: Literal["train", "evaluate"]
    arrays: Arrays
    data: TrainingData
    data_format: Literal["csv", "npz"]
    seed: int = 0
    round: int = 0
    config: Settings = field(default_factory=dict)
    run_config: Settings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the app answered."""

    arrays: Arrays
    examples: int
    metrics: dict[str, float]


def app_digest(folder: Path) -> str:
    """What to write as a plan's `digest`: SHA-256 over path and SHA-256 of each file, in order of their paths.

    Files and folders whose names begin with a dot, and __pycache__, do not count, and are not run either.

    Raises:
        ConfigurationError: there is no such folder, or a link lies in it.
    """
    return _digest({path: (folder / path).read_bytes() for path in _files(folder)})


def ask(app: App, request: Request, machine: Machine) -> Reply:
    """Run the app on the request, and only there; the view's rows lie in a private folder meanwhile.

    Raises:
        PlanNotApproved: the app's files changed since they were reviewed.
        ConfigurationError: the interpreter has no Flower, or the reference names no ClientApp.
        TrainingFailed: the app failed, ended without an answer, took too long, or counts rows that it was not given.
    """
    what = f"the ClientApp {app.reference}, asked to {request.what} on {len(request.data)} rows,"
    with private_folder(machine.in_memory) as folder:
        _copy(app, folder / "app")
        _write(app, request, folder)
        runner = folder / "run"
        runner.mkdir()
        for module in (flower_child, fence, lifeline):
            shutil.copyfile(str(module.__file__), runner / Path(str(module.__file__)).name)
        python = python_of(machine)
        command = [str(python), "-B", "-E", "-s", str(runner / "flower_child.py"), str(folder)]
        code = run_apart(command, folder, _environment(folder), machine.limit_s, what)
        return _read(folder, what, python, code, len(request.data))


def python_of(machine: Machine) -> Path:
    """The interpreter that has Flower: the silo's, the environment's, or the one that runs this.

    Raises:
        ConfigurationError: it is not there.
    """
    python = Path(machine.flower_python or os.environ.get(PYTHON) or sys.executable)
    if not python.is_file():
        raise ConfigurationError(f"Flower's Python {python} is not there; make it with: {_cure(python)}")
    return python


def _cure(python: Path) -> str:
    home = python.parent.parent
    return (
        f"python3 -m venv {home} && {home}/bin/pip install flwr, and name {home}/bin/python as the silo's"
        f" flower_python, or in {PYTHON}"
    )


def _files(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise ConfigurationError(
            f"the Flower app's folder {folder} is not there; install it, or mend the plan's folder"
        )
    found = []
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        if any(part.startswith(".") or part == "__pycache__" for part in inner.parts):
            continue
        if path.is_symlink():
            raise ConfigurationError(f"{path} is a link, and what it leads to could change; put the file itself there")
        if path.is_file():
            found.append(inner.as_posix())
    return sorted(found)


def _digest(contents: Mapping[str, bytes]) -> str:
    lines = (f"{hashlib.sha256(content).hexdigest()} {path}\n" for path, content in sorted(contents.items()))
    return "0x" + hashlib.sha256("".join(lines).encode()).hexdigest()


def _copy(app: App, into: Path) -> None:
    """The very bytes that were hashed are what runs."""
    contents = {path: (app.folder / path).read_bytes() for path in _files(app.folder)}
    if (found := _digest(contents)) != app.digest.lower():
        raise PlanNotApproved(
            f"the Flower app in {app.folder} hashes to {found}, its plan says {app.digest}; review the change, write"
            " the new digest into the plan, and approve the plan anew"
        )
    for path, content in contents.items():
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        (into / path).write_bytes(content)


def _write(app: App, request: Request, folder: Path) -> None:
    data, rows = request.data, folder / f"view.{request.data_format}"
    if request.data_format == "csv":
        data.frame[[*data.features, data.target]].to_csv(rows, index=False)
    else:
        np.savez(rows, x=data.x, y=data.y)
    np.savez(folder / "given.npz", *request.arrays.values())
    asked = {
        "app": app.reference,
        "what": request.what,
        "names": list(request.arrays),
        "seed": request.seed,
        "round": request.round,
        "now_s": time.time(),
        "config": {**request.config, "server-round": request.round},
        "run_config": {**_defaults(folder / "app"), **request.run_config},
        "node_config": {"data-path": str(rows), "target": data.target},
    }
    (folder / "request.json").write_text(json.dumps(asked))


def _defaults(folder: Path) -> dict[str, Any]:
    """`[tool.flwr.app.config]` of the app's pyproject.toml, nested names joined with dots as Flower does."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        return {}
    told = tomllib.loads(path.read_text()).get("tool", {}).get("flwr", {}).get("app", {}).get("config", {})
    return _flat(told)


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
    return flat


def _environment(folder: Path) -> dict[str, str]:
    """No secret of the silo's, no home to look into, one thread, and nothing reported to Flower's makers."""
    here = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    homes = dict.fromkeys(("HOME", "TMPDIR", "FLWR_HOME"), str(folder))
    quiet = {"FLWR_TELEMETRY_ENABLED": "0", "PYTHONHASHSEED": "0"}
    return {**here, **homes, **quiet, **ONE_THREAD}


def _read(folder: Path, what: str, python: Path, code: int, rows: int) -> Reply:
    if not (folder / "outcome.json").is_file():
        raise TrainingFailed(f"{what} ended with status {code} and no answer; nothing was sealed: have it run again")
    told = json.loads((folder / "outcome.json").read_text())
    tried = f"; it tried to {', '.join(told['reached'][:3])}, and was stopped" if told["reached"] else ""
    if "unfit" in told:
        raise ConfigurationError(f"{python}: {told['unfit']}{tried}; {_cure(python)}, or mend the plan's app")
    if "failed" in told:
        raise TrainingFailed(f"{what} ended with {told['failed']}{tried}; run the app on them in the silo to see why")
    if told["examples"] > rows:
        raise TrainingFailed(
            f"{what} counts {told['examples']} examples: it had other data than the silo's consented view; have it"
            " read the file at node_config's data-path"
        )
    try:
        with np.load(folder / "result.npz", allow_pickle=False) as result:
            arrays = {name: result[f"arr_{place}"] for place, name in enumerate(told["names"])}
    except (ValueError, KeyError, OSError, BadZipFile):  # a pickle would be code
        raise TrainingFailed(f"{what} left arrays that cannot be read; have it answer with plain numbers") from None
    return Reply(arrays, told["examples"], {name: float(value) for name, value in told["metrics"].items()})
