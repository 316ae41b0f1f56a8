"""Processes that play parties, each from a home that holds nothing but its backup, and each killed without ado.

script (JSON: who, with which settings, where to be killed) --> fork --> open blocks --> take_part | bring_on --> status

`python crash_worker.py SCRIPT` plays one script. Without an argument it imports what everybody needs, which takes
seconds, then forks a process for each script named on its standard input: nothing has run in it before.
"""

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

IMPORTS = (
    "great_expectations",
    "mlflow.pyfunc",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "prefect.main",
    "torch._inductor",
    "web3",
    "prefect_federated.adapters.data.gx_suite",
    "prefect_federated.adapters.mlflow.mirror",
    "prefect_federated.flows.attest",
    "prefect_federated.flows.conclude",
    "prefect_federated.flows.participate",
    "prefect_federated.flows.relay",
    "prefect_federated.flows.unlock",
    "prefect_federated.learning.tabular",
)
PLAYING: dict[int, Path] = {}


def play(script: Path) -> None:
    """Play the parts of a script one after the other; what was done is written beside it, by party."""
    from prefect.settings import PREFECT_HOME, temporary_settings

    told: dict[str, Any] = json.loads(script.read_text())
    os.environ["FEDERATED_KILL_AT"] = told["kill_at"]
    done: dict[str, str] = {}
    with temporary_settings({PREFECT_HOME: script.parent / "prefect"}):
        for part in told["parts"]:
            done[part["settings"]["label"]] = ROLES[part["role"]](part["settings"], told["task"])
    script.with_suffix(".done").write_text(json.dumps(done))


def _take_part(settings: dict[str, Any], task: int) -> str:
    from prefect_federated.blocks.silo import Silo
    from prefect_federated.flows.participate import take_part

    return take_part(Silo.model_validate(settings).open(), task)


def _bring_on(settings: dict[str, Any], task: int) -> str:
    from prefect_federated.blocks.aggregator import Aggregator
    from prefect_federated.flows.conclude import bring_on

    return bring_on(Aggregator.model_validate(settings).open(), task)


def _serve(settings: dict[str, Any], task: int) -> str:
    from prefect_federated.blocks.validator import Validator
    from prefect_federated.flows.attest import serve

    return serve(Validator.model_validate(settings).open(), task)


def _bring(settings: dict[str, Any], task: int) -> str:
    from prefect_federated.blocks.relayer import Relayer
    from prefect_federated.flows.relay import bring

    return bring(Relayer.model_validate(settings).open(), task)


def _unlock(settings: dict[str, Any], task: int) -> str:
    from prefect_federated.blocks.key_holder import KeyHolder
    from prefect_federated.flows.unlock import unlock_due

    return unlock_due(KeyHolder.model_validate(settings).open(), task)


ROLES: dict[str, Callable[[dict[str, Any], int], str]] = {
    "silo": _take_part,
    "aggregator": _bring_on,
    "validator": _serve,
    "poster": _bring,
    "holder": _unlock,
}


def serve() -> None:
    """Fork a process for every script named on standard input; at its end everybody goes."""
    for name in IMPORTS:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, lambda number, frame: _bury())
    for line in sys.stdin:
        _fork(Path(line.strip()))
    os.killpg(0, signal.SIGKILL)


def _fork(script: Path) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # or it could be dead before it is in the list
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os._exit(_played(script))
    PLAYING[pid] = script
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _played(script: Path) -> int:
    """Exit status of the process; whatever it says goes to a file, its last words too."""
    handle = os.open(script.with_suffix(".log"), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, stream in ((nothing, 0), (handle, 1), (handle, 2)):
        os.dup2(source, stream)
    try:
        play(script)
    except BaseException:
        os.write(handle, traceback.format_exc().encode())
        return 1
    return 0


def _bury() -> None:
    """Write the exit status of whoever is dead beside its script: minus the signal for who was killed."""
    for pid in list(PLAYING):
        dead, status = os.waitpid(pid, os.WNOHANG)
        if dead:
            script = PLAYING.pop(pid)
            fresh = script.with_suffix(".fresh")
            fresh.write_text(str(os.waitstatus_to_exitcode(status)))
            fresh.rename(script.with_suffix(".status"))


if __name__ == "__main__":
    play(Path(sys.argv[1])) if len(sys.argv) > 1 else serve()
