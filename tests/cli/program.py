"""The command line as a process of its own, which hears Ctrl-C however the tests were started."""

import signal
import subprocess
import sys
from pathlib import Path

ENDS_S = 180


def start(*arguments: str, cwd: Path | None = None) -> "subprocess.Popen[str]":
    """Start `federated` with these arguments; its stdout is a pipe.

    A shell without job control starts what runs in the background deaf to SIGINT, and children inherit that.
    """
    command = [sys.executable, "-c", "from prefect_federated.cli.main import app; app()", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=cwd, preexec_fn=_hear_ctrl_c)


def ctrl_c(process: "subprocess.Popen[str]") -> int:
    """Press Ctrl-C and wait; the exit status."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(ENDS_S)
    finally:
        process.kill()


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
