"""Prefect as an operator runs it: server, workers and listeners as processes, each with a home of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BIN = Path(sys.executable).parent
START_S = 180
QUIET = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",  # what a server on SQLite says while its database is locked
}

SERVER = {
    "PREFECT_UI_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
    "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
}

# `prefect server start` without the cyclic garbage collector. On SQLite it may finalise, in the event loop, a statement
# of a connection that waits for a lock which the loop must release: everything then stands still for 60 s.
UNCOLLECTED = "import gc, sys; gc.disable(); from prefect.cli import app; sys.exit(app())"


def environment(home: Path, api: str = "", **more: str) -> dict[str, str]:
    """Nothing of this process's own Prefect gets in."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
    api_url = {"PREFECT_API_URL": api} if api else {}
    return {**kept, **QUIET, **api_url, "HOME": str(home), "PREFECT_HOME": str(home / "prefect"), **more}


def run(home: Path, api: str, *command: str) -> str:
    """Run a program of the environment to its end; what it printed."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], env=environment(home, api), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def background(log: Path, env: dict[str, str], *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program of the environment for as long as the block lasts; it and its children end with it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]],
            env=env,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def prefect_server(home: Path, database: str = "") -> Iterator[str]:
    """A Prefect server on a free port, on SQLite unless another database is named; its API's address."""
    port = str(free_port())
    api, log = f"http://127.0.0.1:{port}/api", home / "server.log"
    where = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database} if database else {}
    env = environment(home, **SERVER, **where)
    with background(log, env, "python", "-c", UNCOLLECTED, "server", "start", "--port", port) as process:
        await_answer(f"{api}/health", process, log)
        yield api


def await_answer(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a server that was just started answers."""
    patience = time.monotonic() + START_S
    while not _answers(url):
        assert process.poll() is None and time.monotonic() < patience, log.read_text()
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
