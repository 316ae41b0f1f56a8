"""`federated registry`: an honest log passes; a lying node, a changed model or a lost document is named."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

Answer = dict[str, Any]


@pytest.fixture
def lying() -> Iterator[Callable[[str, Callable[[Answer], None]], str]]:
    """Start nodes that change the logs they hand out."""
    servers: list[ThreadingHTTPServer] = []

    def start(target: str, change: Callable[[Answer], None]) -> str:
        pool = urllib3.PoolManager()

        class Node(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                reply = pool.request("POST", target, body=body, headers={"Content-Type": "application/json"}).json()
                if json.loads(body)["method"] == "eth_getLogs":
                    change(reply)
                content = json.dumps(reply).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Keep the test output clean."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Node))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def replace_everywhere(old: bytes, new: bytes) -> Callable[[Answer], None]:
    def change(reply: Answer) -> None:
        for log in reply["result"]:
            log["data"] = log["data"].replace(old.hex(), new.hex())

    return change


def test_log_lists_versions_with_kind_round_and_hash(cli, settled) -> None:
    rows = cli.json("registry", "log", settled.task, *settled.options)
    assert [(row["version"], row["kind"], row["round"]) for row in rows] == [
        (0, "genesis", None),
        (1, "round", 1),
        (2, "round", 2),
    ]
    assert rows[0]["model_root"] == "0x" + settled.spec.enforced.genesis_root.hex()
    assert rows[2]["parent"] == rows[1]["version_hash"]
    table = cli("registry", "log", settled.task, *settled.options).stdout
    assert all(row["version_hash"] in table for row in rows)


def test_honest_chain_and_store_verify(cli, settled) -> None:
    found = cli.json("registry", "verify", settled.task, "--store", settled.store_address, *settled.options)
    assert found["versions"] == 3 and found["head"] == "0x" + settled.reader.head(settled.task)[0].hex()
    assert [one["what"] for one in found["rehashed"]] == ["spec", "model"] + 2 * ["result", "aggregate", "model"]
    said = cli("registry", "verify", settled.task, *settled.options)
    assert said.exit_code == 0 and found["head"] in said.stdout


def test_node_that_changes_a_version_is_found_out(cli, settled, lying) -> None:
    root = settled.reader.versions(settled.task)[1].model_root
    url = lying(settled.url, replace_everywhere(root, bytes(31) + b"\1"))
    result = cli("registry", "verify", settled.task, "--chain", url, "--coordinator", settled.coordinator)
    assert result.exit_code == 6 and "version 1 of task" in result.stderr and "hashes to" in result.stderr


def test_node_that_leaves_out_the_newest_version_is_found_out(cli, settled, lying) -> None:
    newest = settled.reader.versions(settled.task)[-1]

    def cut(reply: Answer) -> None:
        reply["result"] = [one for one in reply["result"] if newest.model_root.hex() not in one["data"]]

    url = lying(settled.url, cut)
    result = cli("registry", "verify", settled.task, "--chain", url, "--coordinator", settled.coordinator)
    assert result.exit_code == 6 and "version 1 of task" in result.stderr and "the head on chain" in result.stderr


def files_holding(folder, content: bytes) -> list:
    return [
        path for path in (folder / "store" / "sha256").rglob("*") if path.is_file() and path.read_bytes() == content
    ]


def test_changed_model_in_the_store_is_named(cli, fresh) -> None:
    fresh.whole_round()
    uri = json.loads(b"".join(fresh.store.get(fresh.reader.proposal(fresh.task, 1).uri, 1 << 20)))["model_uri"]
    content = b"".join(fresh.store.get(uri, 1 << 20))
    (path,) = files_holding(fresh.folder, content)
    path.chmod(0o600)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    result = cli("registry", "verify", fresh.task, "--store", fresh.store_address, *fresh.options)
    assert result.exit_code == 6 and f"version 1 of task {fresh.task}" in result.stderr


def test_lost_genesis_is_named(cli, fresh) -> None:
    content = b"".join(fresh.store.get(fresh.spec.model.genesis_uri, 1 << 20))
    (path,) = files_holding(fresh.folder, content)
    path.unlink()
    result = cli("registry", "verify", fresh.task, "--store", fresh.store_address, *fresh.options)
    assert result.exit_code == 6 and "version 0" in result.stderr


def test_spec_of_another_task_in_the_store_is_named(cli, fresh) -> None:
    (path,) = files_holding(fresh.folder, fresh.spec.canonical())
    path.chmod(0o600)
    path.write_bytes(fresh.make_spec("other").canonical())
    result = cli("registry", "verify", fresh.task, "--store", fresh.store_address, *fresh.options)
    assert result.exit_code == 6 and "the spec of task" in result.stderr


def test_store_that_does_not_exist_is_a_matter_of_configuration(cli, settled) -> None:
    result = cli("registry", "verify", settled.task, "--store", "ftp://somewhere", *settled.options)
    assert result.exit_code == 2 and "ftp" in result.stderr


def test_unknown_task_is_refused(cli, settled) -> None:
    for command in ("log", "verify"):
        result = cli("registry", command, 42, *settled.options)
        assert result.exit_code == 3 and "42" in result.stderr
