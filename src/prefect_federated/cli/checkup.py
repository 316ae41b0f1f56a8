"""The checks of `federated doctor`, each by doing the thing: import it, start it, ask it, write and read it back."""

import importlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

from prefect_federated.cli.doctor import Finding
from prefect_federated.core.errors import ConfigurationError, ContentMismatch

PACKAGE = "prefect-federated"
OLDEST = (3, 11)
PARTS = ("prefect_federated.blocks", "web3", "torch", "mlflow", "great_expectations", "boto3", "ipfshttpclient")
TRAPS = {
    "fastapi": "the Prefect 3.8 server does not start with newer ones",
    "sqlalchemy": "the Prefect 3.8 server schedules no run with newer ones",
    "torch": "install it first, from the CPU index where there is no GPU",
    "web3": "eth-account and eth-abi follow its major version",
}
SERVER_S = 90.0
ASK_SERVER = """
import prefect
from prefect.client.orchestration import get_client
with get_client(sync_client=True) as client:
    problem = client.api_healthcheck()
    if problem is not None:
        raise SystemExit(f"unhealthy: {problem!r}")
    print(f"{prefect.__version__} at {client.api_url}")
"""


def python_version() -> Finding:
    """The interpreter is new enough."""
    found = f"{platform.python_implementation()} {platform.python_version()}"
    ok = sys.version_info[:2] >= OLDEST
    return Finding("Python", ok, found, "" if ok else f"install Python {'.'.join(map(str, OLDEST))} or newer")


def packages() -> list[Finding]:
    """Every required package is there in a version that works; what is wrong has a line of its own."""
    try:
        required = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return [Finding("packages", False, f"{PACKAGE} is not installed", f"pip install {PACKAGE}")]
    wrong = [finding for line in required if (finding := _package(line)) is not None]
    if wrong:
        return wrong
    return [Finding("packages", True, f"{PACKAGE} {metadata.version(PACKAGE)} and what it requires")]


def imports() -> Finding:
    """The heavy packages import, which a broken binary would not."""
    started = time.perf_counter()
    for part in PARTS:
        try:
            importlib.import_module(part)
        except Exception as error:  # a broken binary may raise anything
            advice = f"pip install --force-reinstall {part.partition('.')[0].replace('_', '-')}"
            return Finding("imports", False, f"{part}: {type(error).__name__}: {error}", advice)
    return Finding("imports", True, f"{len(PARTS)} packages in {time.perf_counter() - started:.1f} s")


def prefect_server() -> Finding:
    """A throw-away Prefect server starts and says that it is healthy."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            ended = subprocess.run(
                [sys.executable, "-c", ASK_SERVER],
                env=_server_environment(Path(home)),
                capture_output=True,
                text=True,
                timeout=SERVER_S,
            )
        except subprocess.TimeoutExpired:
            return Finding("Prefect server", False, f"not up after {SERVER_S:.0f} s", "is the disk full or very slow?")
    if ended.returncode == 0:
        found = f"{ended.stdout.strip().splitlines()[-1]}, up after {time.perf_counter() - started:.1f} s"
        return Finding("Prefect server", True, found)
    last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return Finding("Prefect server", False, last, "pip install -c constraints.txt prefect 'fastapi<0.151'")


def chain(url: str | None) -> Finding:
    """A chain answers: the one that was named, or one of our own."""
    if url is not None:
        return Finding("chain", True, _ask_chain(url))
    from prefect_federated.adapters.evm.devnet import Devnet

    with Devnet.start() as devnet:
        return Finding("chain", True, f"{devnet.kind}: {_ask_chain(devnet.url)}")


def store(address: str | None) -> Finding:
    """A store gives back what was put there, under the URI made from it, and keeps the first meaning of a name."""
    if address is not None:
        return Finding("store", True, _round_trip(address))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return Finding("store", True, f"local folder: {_round_trip(f'local:{folder}')}")


def _package(line: str) -> Finding | None:
    from packaging.requirements import Requirement

    wanted = Requirement(line)
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return None
    advice = f"pip install '{wanted.name}{wanted.specifier}'" + _trap(wanted.name)
    try:
        found = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return Finding(wanted.name, False, "not installed", advice)
    if wanted.specifier.contains(found, prereleases=True):
        return None
    return Finding(wanted.name, False, f"{found}, works with {wanted.specifier}", advice)


def _trap(name: str) -> str:
    return f" ({TRAPS[name]})" if name in TRAPS else ""


def _server_environment(home: Path) -> dict[str, str]:
    """The caller's environment without its Prefect settings, and with a home that is empty."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return kept | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": f"{SERVER_S:.0f}",  # 20 by default: few for a busy machine
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
    }


def _ask_chain(url: str) -> str:
    from prefect_federated.adapters.evm.provider import redacted
    from prefect_federated.adapters.evm.rpc import block, chain_id_of, connect

    w3 = connect(url)
    return f"chain {chain_id_of(w3)} at {redacted(url)}, block {int(block(w3)['number'], 16)}"


def _round_trip(address: str) -> str:
    from prefect_federated.adapters.stores.base import open_store

    opened, content, name = open_store(address), os.urandom(4096), f"doctor/{os.urandom(8).hex()}"
    started = time.perf_counter()
    uri = opened.put([content])
    if b"".join(opened.get(uri, len(content))) != content:
        raise ContentMismatch(f"{uri} came back with other bytes than were put there; use another store")
    opened.link(name, uri)
    if (stands := opened.resolve(name)) != uri:
        raise ConfigurationError(f"the name {name} stands for {stands}, not for {uri}; use a store with atomic writes")
    return f"{opened.scheme}: 4096 bytes there and back in {1000 * (time.perf_counter() - started):.0f} ms"
