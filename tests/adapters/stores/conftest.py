"""One rig per kind of store: a folder, moto's S3 server over real HTTP, and the fake Kubo over real HTTP."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.adapters.stores.ipfs import IpfsStore
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.adapters.stores.s3 import S3Store
from tests.fakes.kubo import FakeKubo
from tests.fakes.s3 import SECRET, s3_client, s3_server

TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Rig:
    """A store and what a test may do behind its back."""

    store: ContentStore
    reopen: Callable[[], ContentStore]
    alter: Callable[[str, bytes], None]
    dead: Callable[[], ContentStore]
    dead_name: str
    foreign_uri: str
    """Content of another store of the same kind, or what comes nearest to it."""


@pytest.fixture(params=["local", "s3", "ipfs"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.getfixturevalue(f"{request.param}_rig")
    return found


@pytest.fixture
def local_rig(tmp_path: Path) -> Rig:
    root = tmp_path / "store"
    (tmp_path / "a-file").write_text("in the way")

    def alter(uri: str, content: bytes) -> None:
        digest = uri.rpartition("/")[2]
        (root / "sha256" / digest[:2] / digest).write_bytes(content)

    dead = tmp_path / "a-file" / "below"
    foreign = f"cas://blake3/{'0' * 64}"
    return Rig(LocalStore(root), lambda: LocalStore(root), alter, lambda: LocalStore(dead), str(dead), foreign)


@pytest.fixture
def s3_rig(s3_url: str) -> Rig:
    bucket = f"bucket-{uuid4().hex[:12]}"
    client = s3_client(s3_url)
    client.create_bucket(Bucket=bucket)

    def alter(uri: str, content: bytes) -> None:
        client.put_object(Bucket=bucket, Key=uri.removeprefix(f"s3://{bucket}/"), Body=content)

    def reopen(url: str = s3_url) -> S3Store:
        return S3Store(bucket, "rounds", url, "us-east-1", "AKIATEST", SECRET, TIMEOUT_S, attempts=1)

    port = free_port()
    foreign = f"s3://other-bucket/rounds/sha256/{'0' * 64}"
    return Rig(reopen(), reopen, alter, lambda: reopen(f"http://127.0.0.1:{port}"), f"http://127.0.0.1:{port}", foreign)


@pytest.fixture
def ipfs_rig(kubo: FakeKubo) -> Rig:
    def reopen(port: int = kubo.port) -> IpfsStore:
        return IpfsStore(f"http://127.0.0.1:{port}", TIMEOUT_S, ("somebody", SECRET))

    def alter(uri: str, content: bytes) -> None:
        kubo.alter(uri.removeprefix("ipfs://"), content)

    port = free_port()
    foreign = "ipfs://QmZfF6C9j4VtoCsTp4KSrhYH47QMd3DNXVZBKaxJdhaPab"  # version 0: not of this layout
    return Rig(reopen(), reopen, alter, lambda: reopen(port), f"http://127.0.0.1:{port}", foreign)


@pytest.fixture
def kubo() -> Iterator[FakeKubo]:
    with FakeKubo() as node:
        yield node


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """Address of an S3 server for all tests of a process."""
    with s3_server() as url:
        yield url


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
