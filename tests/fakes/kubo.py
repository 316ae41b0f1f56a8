"""FAKE: a stand-in for Kubo, the IPFS daemon, where none can be installed. For tests only.

It speaks the part of Kubo's RPC that this project calls, over real HTTP, and gives files their real UnixFS CIDs.
It is no IPFS node: it knows no peers, keeps a file under its root CID instead of blocks, and forgets all at exit.
Like the real one it answers POST only and lets a `cat` of unknown content hang. For tests of bad behaviour it can
be told to lie, stall, redirect or never stop sending.

python tests/fakes/kubo.py --port 5001        then   --store ipfs://127.0.0.1:5001
"""

import argparse
import json
import re
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from prefect_federated.adapters.stores.cid import cid_of

SEARCH_S = 60.0
PIECE_BYTES = 1 << 16


class Refused(Exception):
    """What Kubo answers with HTTP 500 and a JSON message."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the default of 5 makes racing clients wait a second

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Readers hang up on purpose here; say nothing on stderr."""


class FakeKubo:
    """The node's state and its HTTP server; use it as a context."""

    def __init__(self, port: int = 0) -> None:
        self.contents: dict[str, bytes] = {}
        self.directories: set[str] = set()  # CIDs of the network that are no files
        self.pins: set[str] = set()
        self.files: dict[str, str] = {}  # path in the mutable file system -> CID
        self.folders = {"/"}
        self.calls: list[str] = []
        self.authorizations: list[str | None] = []
        self.sent_bytes = 0
        # bad behaviour, to be switched on by a test
        self.redirect_to: str | None = None
        self.stalls = False
        self.endless = False
        self.status: int | None = None
        self.claimed_cid: str | None = None
        self.trouble: str | None = None
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler(self))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def serve_forever(self) -> None:
        self._server.serve_forever()

    def wait(self) -> None:
        """Search the network that is not there, until somebody closes the node."""
        self._closing.wait(SEARCH_S)

    def alter(self, cid: str, content: bytes) -> None:
        """Keep other bytes under a CID, as a broken or hostile node would."""
        self.contents[cid] = content

    def answer(self, call: str, options: dict[str, str], args: list[str], body: bytes, kind: str) -> Any:
        """One RPC; a dict becomes JSON, bytes a stream."""
        with self._lock:
            self.calls.append(call)
            if self.trouble is not None:
                raise Refused(self.trouble)
            if call == "add":
                return self._add(options, _file_of(body, kind))
            if call == "version":
                return {"Version": "0.0.0-fake", "Commit": "", "Repo": "0", "System": "fake", "Golang": ""}
            if call == "id":
                return {"ID": "fake", "Addresses": [], "AgentVersion": "fake-kubo", "Protocols": []}
            if call in ("cat", "block/stat"):
                return self._read(call, options, args[0].removeprefix("/ipfs/"))
            if call.startswith("pin/"):
                return self._pin(call, args)
            if call.startswith("files/"):
                return self._files(call, options, args)
        raise Refused(f"the fake does not know {call}")

    def _add(self, options: dict[str, str], content: bytes) -> dict[str, str]:
        if (options.get("cid-version"), options.get("raw-leaves"), options.get("cid-base")) != (
            "1",
            "true",
            "base32",
        ):
            raise Refused("the fake computes CIDv1 with raw leaves in base32 only")
        size = int(options.get("chunker", "size-262144").removeprefix("size-"))
        cid = cid_of([content], size, int(options.get("max-file-links", "174")))
        self.contents[cid] = content
        if options.get("pin", "true") == "true":
            self.pins.add(cid)
        return {"Name": cid, "Hash": self.claimed_cid or cid, "Size": str(len(content))}

    def _read(self, call: str, options: dict[str, str], cid: str) -> Any:
        if call == "cat" and cid in self.directories:
            raise Refused("this dag node is a directory")
        if cid not in self.contents:
            if options.get("offline") == "true":
                raise Refused(f"block was not found locally (offline): ipld: could not find {cid}")
            return None  # not here, and nobody to ask: hangs
        content = self.contents[cid]
        if call == "block/stat":
            return {"Key": cid, "Size": len(content)}
        start = int(options.get("offset", "0"))
        return content[start : start + int(options.get("length", len(content)))]

    def _pin(self, call: str, args: list[str]) -> dict[str, Any]:
        if call == "pin/ls":
            return {"Keys": {cid: {"Type": "recursive"} for cid in sorted(self.pins)}}
        if call == "pin/add":
            self.pins.update(args)
            return {"Pins": args}
        if call == "pin/rm":
            self.pins.difference_update(args)
            return {"Pins": args}
        raise Refused(f"the fake does not know {call}")

    def _files(self, call: str, options: dict[str, str], args: list[str]) -> Any:
        path = args[-1]
        if "/../" in f"{path}/" or not path.startswith("/"):
            raise Refused("paths must start with a leading slash and stay below it")
        parent = path.rpartition("/")[0] or "/"
        if call == "files/mkdir":
            self.folders.update(_above(path))
            return b""
        if call == "files/cp":
            if path in self.files or path in self.folders:
                raise Refused("cp: cannot put node in path: directory already has entry by that name")
            if parent not in self.folders:
                raise Refused("cp: cannot put node in path: file does not exist")
            self.files[path] = args[0].removeprefix("/ipfs/")
            return b""
        if path not in self.files:
            raise Refused("file does not exist")
        content = self.contents[self.files[path]]
        if call == "files/read":
            return content[: int(options.get("count", len(content)))]
        if call == "files/stat":
            return {"Hash": self.files[path], "Size": len(content), "Type": "file"}
        raise Refused(f"the fake does not know {call}")


def _above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _file_of(body: bytes, kind: str) -> bytes:
    """The first file of a multipart body."""
    header = Message()
    header["content-type"] = kind
    boundary = str(header.get_param("boundary")).encode()
    part = re.split(rb"(?:^|\r\n)--" + re.escape(boundary), body, maxsplit=2)[1]
    return part.partition(b"\r\n\r\n")[2]


def _handler(node: FakeKubo) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            self.send_error(405)

        def do_POST(self) -> None:
            node.authorizations.append(self.headers.get("Authorization"))
            body = self._body()
            if node.stalls:
                node.wait()
            elif node.redirect_to is not None:
                self._send(307, b"", {"Location": node.redirect_to + self.path})
            elif node.status is not None:
                self._send(node.status, b"refused by the test", {"Content-Type": "text/plain"})
            else:
                self._answer(body)

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            options = {key: value.lower() if value in ("True", "False") else value for key, value in pairs}
            args = [value for key, value in pairs if key == "arg"]
            call, kind = parts.path.rpartition("/api/v0/")[2], self.headers.get("Content-Type", "")
            try:
                found = node.answer(call, options, args, body, kind)
            except Refused as refusal:
                message = {"Message": str(refusal), "Code": 0, "Type": "error"}
                self._send(500, json.dumps(message).encode(), {"Content-Type": "application/json"})
                return
            if found is None:
                node.wait()
            elif isinstance(found, dict):
                self._send(200, json.dumps(found).encode(), {"Content-Type": "application/json"})
            else:
                self._stream(found)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            pieces = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, content: bytes) -> None:
            """Chunked, as Kubo sends files; endless when a test wants that."""
            self.send_response_only(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for at in range(0, len(content), PIECE_BYTES):
                    self._piece(content[at : at + PIECE_BYTES])
                while node.endless:
                    self._piece(bytes(PIECE_BYTES))
                self.wfile.write(b"0\r\n\r\n")
            except OSError:
                self.close_connection = True  # the reader has had enough

        def _piece(self, piece: bytes) -> None:
            node.sent_bytes += len(piece)  # before the reader can know
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on stderr."""

    return Handler


def main() -> None:
    """Serve until interrupted, so that a demo can be tried against it."""
    parser = argparse.ArgumentParser(description="A fake Kubo for tests; it forgets everything at exit.")
    parser.add_argument("--port", type=int, default=5001)
    node = FakeKubo(parser.parse_args().port)
    print(f"fake Kubo at {node.url}", flush=True)
    node.serve_forever()


if __name__ == "__main__":
    main()
