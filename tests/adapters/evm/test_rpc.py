"""Connecting: wrong chains, dead and lying endpoints, and time on a development chain."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from web3 import Web3

from prefect_federated.adapters.evm import provider, rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.provider import redacted
from prefect_federated.core.errors import (
    ChainIdMismatch,
    ChainUnreachable,
    ConfigurationError,
    FederatedError,
    TransactionPending,
)

Serve = Callable[[int, bytes, float], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start endpoints that answer everything with the same status and bytes, after a pause."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int, body: bytes, pause_s: float = 0.0) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                time.sleep(pause_s)
                if pause_s:
                    return  # the client is gone
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Keep the test output clean."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://user:hunter2@127.0.0.1:{servers[-1].server_address[1]}/v3/0123abcd"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_another_chain_than_the_pinned_one_is_refused_with_both_ids(devnet: Devnet) -> None:
    with pytest.raises(ChainIdMismatch, match=r"serves chain 31337, the configuration names chain 1\b"):
        rpc.connect(devnet.url, 1)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, b"busy", "HTTP 503"),
        (429, b'{"error": "slow down"}', "HTTP 429"),
        (302, b"", "HTTP 302"),
        (200, b"<html>", "no JSON"),
        (200, b"[1]", "no JSON-RPC"),
        (200, b'{"jsonrpc": "2.0"}', "no JSON-RPC"),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": "seven"}', "not with a number"),
    ],
)
def test_an_endpoint_that_answers_garbage_counts_as_unreachable(
    serve: Serve, status: int, body: bytes, words: str
) -> None:
    with pytest.raises(ChainUnreachable, match=words) as caught:
        rpc.connect(serve(status, body, 0.0))
    assert "hunter2" not in str(caught.value)
    assert "0123abcd" not in str(caught.value)


def test_an_endpoint_that_never_answers_times_out(serve: Serve) -> None:
    with pytest.raises(ChainUnreachable, match="timed out"):
        rpc.connect(serve(200, b"{}", 2.0), timeout_s=0.2)


def test_an_endless_answer_does_not_fill_the_memory(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "LIMIT_BYTES", 1000)
    with pytest.raises(ChainUnreachable, match="longer than 1000 bytes"):
        rpc.connect(serve(200, b'{"jsonrpc":"2.0","id":1,"result":"' + b"7" * 2000 + b'"}', 0.0))


def test_a_dead_endpoint_is_unreachable() -> None:
    with pytest.raises(ChainUnreachable, match=r"http://127.0.0.1:9 .*connection refused"):
        rpc.connect("http://127.0.0.1:9")


@pytest.mark.parametrize("url", ["", "ws://node:8546", "file:///tmp/geth.ipc", "node:8545"])
def test_a_url_that_is_no_http_endpoint_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match="no http"):
        rpc.connect(url)


def test_redaction_keeps_host_and_port_only() -> None:
    assert redacted("https://u:p@[::1]:8545/key?x=1") == "https://[::1]:8545"
    assert redacted("http://node:notaport/") == "(malformed URL)"
    assert redacted("u:p@node.example:8545/key?x=1") == "node.example:8545", "a forgotten http:// is seen"


def test_an_unknown_method_is_a_refusal_that_names_it(w3: Web3) -> None:
    with pytest.raises(rpc.RpcRefused, match="eth_makeCoffee") as caught:
        rpc.request(w3, "eth_makeCoffee", [])
    assert caught.value.code == -32601
    assert isinstance(caught.value, FederatedError)


def test_time_moves_forward_and_waiting_takes_no_time_on_a_development_chain(w3: Web3) -> None:
    before, start = rpc.chain_time(w3), time.monotonic()
    assert rpc.advance(w3, 100)
    assert rpc.chain_time(w3) >= before + 100
    assert rpc.wait_until(w3, before + 500) == before + 500
    assert rpc.wait_until(w3, before) >= before + 500
    assert time.monotonic() - start < 5


def test_many_who_wait_for_one_moment_do_not_add_up(devnet: Devnet, w3: Web3) -> None:
    target = rpc.chain_time(w3) + 1000
    waiting = [threading.Thread(target=rpc.wait_until, args=(rpc.connect(devnet.url), target)) for _ in range(6)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join(10)
    assert target <= rpc.chain_time(w3) < target + 60


def test_a_chain_that_is_no_toy_is_waited_for(w3: Web3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "is_dev_chain", lambda chain: False)
    assert not rpc.advance(w3, 100)
    with pytest.raises(TransactionPending, match="is the chain producing blocks"):
        rpc.wait_until(w3, rpc.chain_time(w3) + 1000, timeout_s=0.2, poll_s=0.05)


def test_web3_itself_works_over_the_provider(devnet: Devnet, w3: Web3) -> None:
    assert w3.eth.chain_id == devnet.chain_id
    assert w3.eth.get_block("latest")["timestamp"] == rpc.chain_time(w3)
    assert w3.eth.get_block("finalized")["number"] <= w3.eth.block_number
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_block(0))
        batch.add(w3.eth.get_block("latest"))
        first, _ = batch.execute()
    assert first["number"] == 0
    assert w3.provider.global_ccip_read_enabled is False
