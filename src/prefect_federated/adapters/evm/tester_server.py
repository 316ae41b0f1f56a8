"""The embedded chain behind HTTP: JSON-RPC with keep-alive and batches, one lock around the chain.

python -m prefect_federated.adapters.evm.tester_server --port 8545
"""

import argparse
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prefect_federated.adapters.evm.tester_chain import Refused, TesterChain
from prefect_federated.adapters.evm.tester_methods import Methods

BODY_LIMIT = 16 * 1024 * 1024


class TesterServer(ThreadingHTTPServer):
    """Threads take requests, the lock lets one at a time reach the chain."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, methods: Methods) -> None:
        """Bind the port; 0 picks a free one."""
        super().__init__((host, port), _Handler)
        self._methods, self._lock = methods, threading.Lock()

    def answer(self, message: Any) -> Any:
        """Answer a parsed request or a batch of them."""
        if isinstance(message, list):
            return [self._one(part) for part in message]
        return self._one(message)

    def mine_every(self, seconds: float) -> None:
        """Mine a block each so many seconds, from a thread of its own."""

        def beat() -> None:
            while True:
                time.sleep(seconds)
                with self._lock:
                    self._methods.handle("evm_mine", [])

        threading.Thread(target=beat, daemon=True).start()

    def _one(self, message: Any) -> dict[str, Any]:
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "invalid request"}}
        head = {"jsonrpc": "2.0", "id": message.get("id")}
        try:
            with self._lock:
                return head | {"result": self._methods.handle(message["method"], message.get("params") or [])}
        except Refused as refusal:
            error: dict[str, Any] = {"code": refusal.code, "message": str(refusal)}
            if refusal.data is not None:
                error["data"] = refusal.data
            return head | {"error": error}
        except Exception as cause:  # a bug here must not look like a dead chain
            return head | {"error": {"code": -32603, "message": f"internal error: {cause!r}"}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one packet; two would wait 40 ms for a delayed ACK
    disable_nagle_algorithm = True
    server: TesterServer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT:
            self.send_error(413)
            return
        try:
            message = json.loads(self.rfile.read(length))
        except ValueError:
            reply: Any = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "parse error"}}
        else:
            reply = self.server.answer(message)
        body = json.dumps(reply).encode()
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing on stderr."""


def build(port: int, chain_id: int, keys: list[bytes], rich_key: bytes, automine: bool = True) -> TesterServer:
    """A server with funded accounts, bound but not yet serving."""
    from eth_account import Account

    addresses = [Account.from_key(key).address for key in keys]
    balances = {bytes.fromhex(address[2:]): 10_000 * 10**18 for address in addresses}
    balances[bytes.fromhex(Account.from_key(rich_key).address[2:])] = 10**30
    chain = TesterChain(chain_id, balances, automine)
    return TesterServer("127.0.0.1", port, Methods(chain, addresses, rich_key))


def main() -> None:
    """Serve until killed."""
    from prefect_federated.adapters.evm.dev_accounts import CHAIN_ID, dev_keys, rich_key

    parser = argparse.ArgumentParser(prog="tester_server")
    parser.add_argument("--port", type=int, default=8545)
    parser.add_argument("--chain-id", type=int, default=CHAIN_ID)
    parser.add_argument("--accounts", type=int, default=10)
    parser.add_argument("--block-time", type=float, default=0.0)
    wanted = parser.parse_args()
    server = build(wanted.port, wanted.chain_id, dev_keys(wanted.accounts), rich_key(), not wanted.block_time)
    if wanted.block_time:
        server.mine_every(wanted.block_time)
    server.serve_forever()


if __name__ == "__main__":
    main()
