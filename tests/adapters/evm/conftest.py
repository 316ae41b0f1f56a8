"""Real chains: each test that needs one gets a connection to a chain in a child process."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet, find_anvil

ROOT = Path(__file__).parents[3]
ETHER = 10**18


@pytest.fixture(scope="session", params=["anvil", "eth-tester"])
def devnet(request: pytest.FixtureRequest) -> Iterator[Devnet]:
    """Both kinds of chain, one process each for all tests."""
    if request.param == "anvil":
        _on_path()
    with Devnet.start(prefer=request.param) as running:
        yield running


@pytest.fixture
def anvil() -> Iterator[Devnet]:
    """A fresh anvil that a test may reorganise."""
    _on_path()
    with Devnet.start(prefer="anvil") as running:
        yield running


@pytest.fixture
def w3(devnet: Devnet) -> Web3:
    return rpc.connect(devnet.url, devnet.chain_id)


@pytest.fixture
def account(devnet: Devnet) -> LocalAccount:
    """A new account with 100 ether."""
    return funded(devnet)


def funded(devnet: Devnet, wei: int = 100 * ETHER) -> LocalAccount:
    """A new account with money."""
    made: LocalAccount = Account.create()
    devnet.fund(made.address, wei)
    return made


def _on_path() -> None:
    if find_anvil(ROOT) is None:
        pytest.skip("anvil is neither on the PATH nor in contracts/node_modules")


@pytest.fixture(autouse=True)
def _repository_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def proxy() -> Iterator[Callable[[str, Callable[[bytes], bool]], str]]:
    """Start proxies that forward everything, then answer 503 where `spoil(body)` is true."""
    servers: list[ThreadingHTTPServer] = []

    def start(target: str, spoil: Callable[[bytes], bool]) -> str:
        pool = urllib3.PoolManager()

        class Forward(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                reply = pool.request("POST", target, body=body, headers={"Content-Type": "application/json"}).data
                status = 503 if spoil(body) else 200
                reply = b"upstream is busy" if status == 503 else reply
                self.send_response(status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, format: str, *args: Any) -> None:
                """Keep the test output clean."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
