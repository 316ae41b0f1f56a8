"""A development chain as a child process: anvil where it is found, else the embedded py-evm chain.

with Devnet.start() as devnet: connect(devnet.url)

The child dies with its parent, however that dies: it holds the read end of a pipe that only the parent can write to.
"""

import importlib.util
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.dev_accounts import CHAIN_ID, FUNDER_KEY, dev_keys
from prefect_federated.core.errors import ChainUnreachable, ConfigurationError

STATES_KEPT = 64  # of the latest blocks; older ones anvil would write to the home folder, megabytes each, and leave
Kind = Literal["anvil", "eth-tester"]
Preference = Literal["anvil", "eth-tester", "auto"]
START_S = 20.0

# The watcher reads the parent's pipe; at its end it ends the process group, in which no pid can be reused before.
_TETHERED = 'exec 3<&0; (while read -r line <&3; do :; done; kill 0) & exec "$@" 3<&- </dev/null'


class Devnet:
    """A running development chain; make one with `Devnet.start`."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str, kind: Kind, chain_id: int = CHAIN_ID) -> None:
        """Take over a process that already answers at `url`."""
        self._process, self.url, self.kind, self.chain_id = process, url, kind, chain_id
        self.funder_key = FUNDER_KEY
        self.pid = process.pid

    @classmethod
    def start(
        cls,
        port: int = 0,
        prefer: Preference = "auto",
        state: Path | None = None,
        block_time_s: float | None = None,
        accounts: int = 10,
        tethered: bool = True,
        anvil_options: tuple[str, ...] = (),
        chain_id: int = CHAIN_ID,
    ) -> Self:
        """Start a chain and return when it answers.

        Args:
            port: 0 picks a free one.
            prefer: "auto" takes anvil where it is found.
            state: file that keeps the chain between runs; anvil only.
            block_time_s: mine every so many seconds; None mines each transaction at once.
            accounts: how many of the well-known dev accounts have money.
            tethered: False leaves the chain running when this process ends.
            anvil_options: further arguments for anvil, e.g. ("--hardfork", "berlin").
            chain_id: what transactions must be signed for; another than the usual one needs anvil.

        Raises:
            ConfigurationError: the wished kind is not installed, or cannot keep a state.
            ChainUnreachable: the chain did not come up, e.g. because the port is taken.
        """
        kind, command = _command(prefer, state, block_time_s, accounts)
        if port and not _is_free(port):
            raise ChainUnreachable(f"port {port} is taken by another program; choose another, or 0 for any")
        if kind == "anvil":
            command += ("--chain-id", str(chain_id), *anvil_options)
        elif chain_id != CHAIN_ID:
            raise ConfigurationError(
                f"the embedded chain is chain {CHAIN_ID} and no other, chain {chain_id} was asked for; install anvil"
            )
        problem: ChainUnreachable | None = None
        for _ in range(1 if port else 3):  # a free port may be taken before the child binds it
            chosen = port or _free_port()
            process = _spawn([*command, "--port", str(chosen)], tethered)
            try:
                _await_answer(process, f"http://127.0.0.1:{chosen}", kind, chain_id)
                return cls(process, f"http://127.0.0.1:{chosen}", kind, chain_id)
            except ChainUnreachable as cause:
                _end(process)
                problem = cause
        raise problem or ChainUnreachable("the development chain did not start")

    def fund(self, address: str, wei: int) -> None:
        """Give an account `wei` more than it has."""
        w3 = rpc.connect(self.url)
        rpc.set_balance(w3, address, rpc.balance_of(w3, address) + wei)

    def accounts(self, count: int) -> list[bytes]:
        """Private keys of the first dev accounts."""
        return dev_keys(count)

    def stop(self) -> None:
        """End the chain and wait for it; anvil writes its state first."""
        _end(self._process)

    def wait(self) -> int:
        """Block until the chain ends by itself; returns its exit status."""
        return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve_forever(
    port: int = 8545,
    prefer: Preference = "auto",
    state: Path | None = None,
    block_time_s: float | None = None,
    on_ready: Callable[[Devnet], None] = lambda devnet: None,
) -> int:
    """Run a chain in the foreground until it ends or Ctrl-C comes; returns the exit status.

    `on_ready` is called once it answers, e.g. to print its URL.
    """
    with Devnet.start(port, prefer, state, block_time_s) as devnet:
        on_ready(devnet)
        try:
            return devnet.wait()
        except KeyboardInterrupt:
            return 0


def find_anvil(start: Path | None = None) -> Path | None:
    """The anvil binary: on the PATH, else in node_modules of `start` (the working folder) or its contracts folder.

    npm's wrapper script needs node to find the binary; the binary in the platform package runs without it.
    """
    on_path = shutil.which("anvil")
    here = start or Path.cwd()
    if on_path and not (Path(on_path).resolve().suffix in (".mjs", ".js") and shutil.which("node") is None):
        return Path(on_path)
    for folder in (here, here / "contracts"):
        packages = sorted((folder / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil"))
        if packages:
            return packages[0]
    return None


def _command(
    prefer: Preference, state: Path | None, block_time_s: float | None, accounts: int
) -> tuple[Kind, list[str]]:
    anvil = None if prefer == "eth-tester" else find_anvil()
    if anvil is None and prefer == "anvil":
        raise ConfigurationError(
            "anvil is neither on the PATH nor in node_modules; install it (npm install @foundry-rs/anvil)"
            " or use the embedded chain (eth-tester)"
        )
    beat = ["--block-time", f"{block_time_s:g}"] if block_time_s else []
    if anvil is not None:
        keep = ["--state", str(state)] if state else []
        few = ["--prune-history", str(STATES_KEPT)]
        return "anvil", [str(anvil), "--quiet", "--accounts", str(max(accounts, 1)), *few, *beat, *keep]
    if state is not None:
        raise ConfigurationError(
            f"the embedded chain forgets everything when it ends, so it cannot keep {state};"
            " install anvil, or start without a state file"
        )
    if importlib.util.find_spec("eth") is None:
        raise ConfigurationError(
            'the embedded chain is not installed; install it (pip install "prefect-federated[demo]") or install anvil'
        )
    module = "prefect_federated.adapters.evm.tester_server"
    return "eth-tester", [sys.executable, "-m", module, "--accounts", str(accounts), *beat]


def _spawn(command: list[str], tethered: bool) -> "subprocess.Popen[bytes]":
    if not tethered:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    return subprocess.Popen(
        ["/bin/sh", "-c", _TETHERED, "devnet", *command], stdin=subprocess.PIPE, start_new_session=True
    )


def _await_answer(process: "subprocess.Popen[bytes]", url: str, kind: Kind, chain_id: int) -> None:
    patience = time.monotonic() + START_S
    while process.poll() is None:
        try:
            w3 = rpc.connect(url, chain_id, timeout_s=2.0)
            rpc.request(w3, "eth_blockNumber", [])
            if process.poll() is None:
                return
        except ChainUnreachable:
            if time.monotonic() > patience:
                break
            time.sleep(0.01)
    raise ChainUnreachable(f"{kind} did not come up at {url} (exit status {process.poll()}); its own words are above")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()  # the watcher takes it as the signal
    else:
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
