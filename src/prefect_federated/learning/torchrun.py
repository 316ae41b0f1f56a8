"""One training in several processes: torchrun starts them, they share each batch, the first one hands the model back.

parameters, rows, seed --private folder--> torchrun --> n x torchrun_worker --> parameters, result | what went wrong

All is on this machine: files in a folder for this user alone, gradients over its loopback interface.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core import errors
from prefect_federated.core.errors import FederatedError, TrainingFailed
from prefect_federated.learning.apart import private_folder, run_apart
from prefect_federated.learning.machine import Assignment, device_of
from prefect_federated.learning.plan import TrainingData, TrainResult

if TYPE_CHECKING:
    from prefect_federated.learning.offers import Terms

WORKER = "prefect_federated.learning.torchrun_worker"
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"

Arrays = dict[str, NDArray[np.float32]]


def train_together(
    assignment: Assignment, parameters: Arrays, data: TrainingData, seed: int, terms: "Terms"
) -> tuple[Arrays, TrainResult]:
    """Train a torch plan in as many processes as the machine offers, and return its parameters.

    Nothing is sealed or sent before it ends well: after a crash the next run trains from the same base again.

    Raises:
        TrainingFailed: a worker failed or was killed, or the silo's limit is over.
        FederatedError: what the plan itself raised in a worker.
        ConfigurationError: there are fewer devices than processes.
    """
    machine = assignment.machine
    what = f"the training of {assignment.plan.ref} on {len(data)} rows in {machine.processes} processes"
    with private_folder(machine.in_memory) as folder:
        asked = {
            "ref": assignment.plan.ref,
            "hyperparameters": assignment.plan.hyperparameters,
            "code_hash": assignment.plan.code_hash.hex(),
            "device": device_of(machine),
            "features": list(data.features),
            "target": data.target,
            "seed": seed,
            "mu": terms.mu,
            "names": list(parameters),
            "drift": list(terms.drift),
        }
        (folder / "request.json").write_text(json.dumps(asked))
        np.savez(folder / "given.npz", *parameters.values())
        np.savez(folder / "drift.npz", *terms.drift.values())
        np.savez(folder / "view.npz", x=data.x, y=data.y)
        code = run_apart(_command(machine.processes, folder), folder, _environment(), machine.limit_s, what)
        return _read(folder, what, code, list(parameters))


def _command(processes: int, folder: Path) -> list[str]:
    """Processes meet over files in the folder, not at a port that other machines could reach."""
    meeting = ["--rdzv-backend=c10d", "--rdzv-conf=store_type=file", f"--rdzv-endpoint={folder / 'rendezvous'}"]
    count = ["--rdzv-id=training", "--nnodes=1", f"--nproc-per-node={processes}", "--max-restarts=0"]
    return [sys.executable, "-m", "torch.distributed.run", *meeting, *count, "-m", WORKER, str(folder)]


def _environment() -> dict[str, str]:
    here = dict.fromkeys(("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"), LOOPBACK)
    no_port = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    return {**os.environ, **here, **no_port, "OMP_NUM_THREADS": "1", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}


def _read(folder: Path, what: str, code: int, names: list[str]) -> tuple[Arrays, TrainResult]:
    told = [json.loads(path.read_text()) for path in sorted(folder.glob("failed-*.json"))]
    for one in told:
        raise _refusal(one) or TrainingFailed(
            f"{what} ended with {one['kind']} in process {one['rank']}; run the plan on them in the silo to see why,"
            " then mend data or plan"
        )
    if code or not (folder / "outcome.json").is_file():
        raise TrainingFailed(
            f"{what} ended with status {code} and no word of a process: one was killed; nothing was sealed: see whether"
            " memory ran out, set fewer processes, or have the next run train again from the same base"
        )
    outcome = json.loads((folder / "outcome.json").read_text())
    with np.load(folder / "result.npz", allow_pickle=False) as result:
        arrays = {name: result[f"arr_{place}"] for place, name in enumerate(names)}
    return arrays, TrainResult(outcome["examples"], outcome["metrics"])


def _refusal(told: dict[str, Any]) -> FederatedError | None:
    """An error of this package, made for being read, as the worker raised it."""
    kind = getattr(errors, told["kind"], None)
    if not isinstance(kind, type) or not issubclass(kind, FederatedError) or not told["words"]:
        return None
    return kind(told["words"])
