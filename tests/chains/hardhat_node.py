"""Hardhat's node as a child process, run by the Node that lies beside it (`make test` installs both from npm)."""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.errors import ChainUnreachable

HERE = Path(__file__).parent
NODE = HERE / "node" / "node_modules" / "node" / "bin" / "node"
CLI = HERE / "hardhat" / "node_modules" / "hardhat" / "dist" / "src" / "cli.js"
REQUIRED = "FEDERATED_REQUIRE_HARDHAT"
START_S = 60.0


class HardhatNode:
    """A running node; `url`, `chain_id` and `fund` are what a federation of tests asks of a devnet."""

    chain_id = 31337
    kind = "hardhat"

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        quiet = os.environ | {"HARDHAT_DISABLE_TELEMETRY_PROMPT": "true", "CI": "true"}
        command = [str(NODE), str(CLI), "node", "--hostname", "127.0.0.1", "--port", str(port)]
        self._process = subprocess.Popen(
            command, cwd=HERE / "hardhat", env=quiet, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )

    @classmethod
    def start(cls) -> Self:
        """Start it and return when it answers; a test is skipped where it is not installed, unless it must not be."""
        missing = [str(path.relative_to(HERE)) for path in (NODE, CLI) if not path.exists()]
        if missing:
            if os.environ.get(REQUIRED):
                pytest.fail(f"Hardhat's node is not installed ({', '.join(missing)}); run `make hardhat`")
            pytest.skip("Hardhat's node is not installed (no npm here, or `make hardhat` was not run)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        made, patience = cls(port), time.monotonic() + START_S
        while True:
            try:
                rpc.connect(made.url, cls.chain_id, timeout_s=2.0)
                return made
            except ChainUnreachable:
                if made._process.poll() is not None or time.monotonic() > patience:
                    made.stop()
                    raise
                time.sleep(0.1)

    def fund(self, address: str, wei: int) -> None:
        w3 = rpc.connect(self.url)
        rpc.set_balance(w3, address, rpc.balance_of(w3, address) + wei)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
