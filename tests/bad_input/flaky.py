"""An endpoint between a silo and its chain that stops answering when it is told to, or writes down what it hears."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import urllib3


class FlakyEndpoint(ThreadingHTTPServer):
    """Passes requests on; drops the next `drops` of them unanswered. `heard` are all bodies, both ways, if wanted."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.drops = target, 0
        self.heard: list[bytes] | None = None
        self.pool = urllib3.PoolManager()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the one who reads its head
    server: FlakyEndpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.drops:
            self.server.drops -= 1
            self.close_connection = True
            return
        headers = {"Content-Type": "application/json"}
        answer = self.server.pool.request("POST", self.server.target, body=body, headers=headers)
        if self.server.heard is not None:
            self.server.heard += [body, answer.data]
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.data)))
        self.end_headers()
        self.wfile.write(answer.data)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def flaky_endpoint(target: str) -> Iterator[FlakyEndpoint]:
    """An endpoint in front of `target`, for as long as the block lasts."""
    with FlakyEndpoint(target) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
