"""Training in a process of its own: a private folder for what goes in and out, and an end for every process.

folder (0700) with lifeline --> command in a session of its own --limit, error, end of this process--> all ended, gone
"""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from prefect_federated.core.errors import ConfigurationError, TrainingFailed
from prefect_federated.learning.lifeline import NAME

MEMORY = Path("/dev/shm")  # tmpfs on Linux; where none is mounted there, a folder on the disk
PREFIX = "federated-training-"
STALE_S = 60.0  # a folder younger than this may not have its lock yet
GRACE_S = 5.0  # from asking a process to end to ending it


@contextmanager
def private_folder(in_memory: bool = False) -> Iterator[Path]:
    """A folder for this user alone, gone afterwards; those that killed processes left behind go too.

    Rows of a silo lie in it while a training runs. Set TMPDIR to have it on another disk.

    Args:
        in_memory: lie in memory, wherever TMPDIR is.

    Raises:
        ConfigurationError: this machine has no folder in memory.
    """
    where = _memory() if in_memory else Path(tempfile.gettempdir())
    _sweep(where)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=where))
    try:
        with (folder / NAME).open("wb") as line:
            fcntl.flock(line, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_apart(command: Sequence[str], folder: Path, environment: Mapping[str, str], limit_s: float, what: str) -> int:
    """Run a command to its end and return its exit status; whatever happens, nothing of it runs on.

    What it prints may quote rows: it goes into the folder, and with it.

    Args:
        limit_s: seconds that it may take; 0 is no limit.
        what: the training in words, for errors.

    Raises:
        TrainingFailed: it took longer than the limit.
    """
    with (folder / "printed").open("wb") as printed:
        running = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    try:
        return running.wait(limit_s or None)
    except subprocess.TimeoutExpired:
        raise TrainingFailed(
            f"{what} ran for {limit_s:g} s, the silo's limit, and was ended; nothing was sealed: raise"
            " training_limit_s, or have the next run try again"
        ) from None
    finally:
        _end(running)


def _end(running: "subprocess.Popen[bytes]") -> None:
    """End the command and its whole group; first kindly, for torchrun ends its workers then."""
    if running.poll() is None:
        _signal(running.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            running.wait(GRACE_S)
    _signal(running.pid, signal.SIGKILL)
    running.wait()


def _signal(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _memory() -> Path:
    if not MEMORY.is_mount():
        raise ConfigurationError(
            f"rows that lie sealed are handed to other processes in memory alone, and {MEMORY} is not mounted;"
            " mount it as tmpfs, or train in one process"
        )
    return MEMORY


def _sweep(where: Path) -> None:
    for folder in where.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.getuid() and time.time() - folder.stat().st_mtime > STALE_S:
                _remove_unheld(folder)


def _remove_unheld(folder: Path) -> None:
    if not (folder / NAME).exists():
        shutil.rmtree(folder, ignore_errors=True)
        return
    with (folder / NAME).open("rb") as line:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
