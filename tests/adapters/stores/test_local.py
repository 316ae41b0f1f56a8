"""LocalStore's own traits: what lies on the disk."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from prefect_federated.adapters.stores.base import open_store
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.errors import ConfigurationError, PayloadTooLarge, StoreUnreachable


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_file_carries_its_hash_as_its_name(store: LocalStore) -> None:
    digest = hashlib.sha256(b"update").hexdigest()
    assert store.put([b"update"]) == f"cas://sha256/{digest}"
    assert files_below(store.root) == [store.root / "sha256" / digest[:2] / digest]


def test_file_over_the_limit_is_not_even_read(store: LocalStore) -> None:
    uri = store.put([bytes(5_000_000)])
    with pytest.raises(PayloadTooLarge, match="at least 5000000 bytes"):  # all of it, known before the first byte
        list(store.get(uri, 10))


def test_interrupted_write_leaves_no_file_behind(store: LocalStore) -> None:
    def interrupted() -> Iterator[bytes]:
        yield b"x" * 3_000_000
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put(interrupted())
    assert files_below(store.root) == []


def test_links_stay_below_the_store(store: LocalStore, tmp_path: Path) -> None:
    uri = store.put([b"x"])
    for name in ("../../escape", "/etc/escape", "..", ".hidden"):
        store.link(name, uri)
    assert [path.parent for path in files_below(tmp_path)[:4]] == [store.root / "links"] * 4
    assert len(files_below(tmp_path)) == 5


def test_link_is_never_seen_half_written(store: LocalStore) -> None:
    """A link left empty by a crash would block its name for ever; so it appears whole or not at all."""
    uri = store.put([b"x"])
    store.link("name", uri)
    (link,) = files_below(store.root / "links")
    assert link.read_text() == uri
    assert link.stat().st_nlink == 1  # the file it was written as is gone


def test_reading_creates_no_folder(store: LocalStore) -> None:
    assert store.resolve("name") is None
    assert not store.exists(f"cas://sha256/{'0' * 64}")
    assert not store.root.exists()


def test_damaged_link_does_not_pass_for_a_uri(store: LocalStore) -> None:
    store.link("name", store.put([b"x"]))
    (store.root / "links" / "name").write_text("file:///etc/passwd")
    with pytest.raises(ConfigurationError, match="passwd"):
        store.resolve("name")


def test_file_in_the_place_of_the_folder_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    with pytest.raises(StoreUnreachable, match=str(tmp_path / "store")):
        LocalStore(tmp_path / "store").put([b"x"])


def test_short_address_opens_the_store(tmp_path: Path) -> None:
    store = open_store(f"local:{tmp_path / 'store'}")
    assert b"".join(store.get(store.put([b"x"]), 1)) == b"x"


@pytest.mark.parametrize("address", ["", "local", "local:", "ftp://host/dir", "/just/a/path"])
def test_unknown_address_is_refused_with_the_three_that_exist(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"local:DIR, s3://bucket/prefix or ipfs://host:port"):
        open_store(address)
