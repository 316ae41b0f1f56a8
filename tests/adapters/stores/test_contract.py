"""What every content store promises, asked of all three."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from prefect_federated.core.errors import (
    ConfigurationError,
    ContentMismatch,
    ContentMissing,
    PayloadTooLarge,
    StoreUnreachable,
)

if TYPE_CHECKING:
    from tests.adapters.stores.conftest import Rig

MIB = 1 << 20
SECRET = "hunter2-and-more"


def fetch(rig: "Rig", uri: str, limit_bytes: int = 64 * MIB) -> bytes:
    return b"".join(rig.store.get(uri, limit_bytes))


@pytest.mark.parametrize("size", [0, 1, MIB + 3, 9 * MIB])
def test_what_was_put_comes_back(rig: "Rig", size: int) -> None:
    content = os.urandom(size)
    uri = rig.store.put([content])
    assert uri.startswith(f"{rig.store.scheme}://")
    assert fetch(rig, uri, size) == content


def test_stream_of_small_chunks_is_stored_as_the_bytes_it_joins_to(rig: "Rig") -> None:
    content = os.urandom(300_000)

    def chunks() -> Iterator[bytes]:
        for at in range(0, len(content), 1024):
            yield content[at : at + 1024]

    uri = rig.store.put(chunks())
    assert fetch(rig, uri) == content
    assert rig.store.put([content]) == uri


def test_same_bytes_have_the_same_uri_and_others_another(rig: "Rig") -> None:
    assert rig.store.put([b"update"]) == rig.reopen().put([b"up", b"", b"date"])
    assert rig.store.put([b"update"]) != rig.store.put([b"updatf"])


def test_a_broken_stream_stores_nothing_and_shows_its_own_error(rig: "Rig") -> None:
    def broken() -> Iterator[bytes]:
        yield b"half an update"
        raise ContentMismatch("the source broke")

    with pytest.raises(ContentMismatch, match="the source broke"):
        rig.store.put(broken())


def test_content_of_exactly_the_limit_passes_and_one_byte_more_does_not(rig: "Rig") -> None:
    uri = rig.store.put([bytes(1000)])
    assert len(fetch(rig, uri, 1000)) == 1000
    with pytest.raises(PayloadTooLarge, match="999"):
        fetch(rig, uri, 999)


def test_nothing_beyond_the_limit_reaches_the_caller(rig: "Rig") -> None:
    uri, received = rig.store.put([os.urandom(4 * MIB)]), 0
    with pytest.raises(PayloadTooLarge):
        for chunk in rig.store.get(uri, MIB):
            received += len(chunk)
    assert received <= MIB


def test_unknown_content_is_missing_and_soon(rig: "Rig") -> None:
    uri = rig.store.put([b"here"])
    unknown = uri[:-8] + ("77777774" if uri[-8:] != "77777774" else "77777772")
    started = time.monotonic()
    with pytest.raises(ContentMissing, match=unknown[-8:]):
        fetch(rig, unknown)
    assert time.monotonic() - started < 20
    assert not rig.store.exists(unknown)
    assert rig.store.exists(uri)


@pytest.mark.parametrize("altered", [b"", b"updatE", b"update and more", b"up"])
def test_altered_bytes_are_never_taken_for_the_content(rig: "Rig", altered: bytes) -> None:
    uri = rig.store.put([b"update"])
    rig.alter(uri, altered)
    with pytest.raises(ContentMismatch, match="instead of"):
        fetch(rig, uri)


def test_putting_the_true_bytes_again_heals_an_altered_copy(rig: "Rig") -> None:
    uri = rig.store.put([b"update"])
    rig.alter(uri, b"rotten")
    assert rig.store.put([b"update"]) == uri
    assert fetch(rig, uri) == b"update"


def test_unlinked_name_resolves_to_nothing(rig: "Rig") -> None:
    assert rig.store.resolve("round-1/hospital-a") is None


def test_first_link_stands_also_for_those_who_come_later(rig: "Rig") -> None:
    first, second = rig.store.put([b"first"]), rig.store.put([b"second"])
    assert rig.store.link("round-1/hospital-a", first) == first
    assert rig.store.link("round-1/hospital-a", second) == first
    assert rig.reopen().link("round-1/hospital-a", second) == first
    assert rig.reopen().resolve("round-1/hospital-a") == first


def test_of_eight_racing_links_one_wins_and_all_are_told_which(rig: "Rig") -> None:
    stores = [rig.reopen() for _ in range(8)]
    for lap in range(3):
        uris = [store.put([b"candidate %d" % at]) for at, store in enumerate(stores)]
        start = Barrier(8)

        def race(at: int, lap: int = lap) -> str:
            start.wait()  # noqa: B023
            return stores[at].link(f"race-{lap}", uris[at])  # noqa: B023

        with ThreadPoolExecutor(8) as pool:
            told = set(pool.map(race, range(8)))
        assert len(told) == 1
        assert told == {rig.store.resolve(f"race-{lap}")}


NAMES = [
    "../../../etc/passwd",
    "..",
    ".",
    "/absolute",
    "a/b",
    "a%2Fb",
    "a b?c#d&e=f",
    "ümlaut-環",
    "nul\0byte",
    "back\\slash",
    "x" * 500,
    "x" * 501,
    "31337/0x5FbDB2315678afecb367f032d93F642f64180aa3/1/3/opening",
]


def test_strange_names_stay_apart_and_inside_the_store(rig: "Rig") -> None:
    uris = {name: rig.store.put([name.encode()]) for name in NAMES}
    for name, uri in uris.items():
        assert rig.store.link(name, uri) == uri
    for name, uri in uris.items():
        assert rig.store.resolve(name) == uri


def test_empty_name_is_refused(rig: "Rig") -> None:
    with pytest.raises(ConfigurationError, match="empty"):
        rig.store.link("", rig.store.put([b"x"]))


BAD_URIS = [
    "",
    "update",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "cas://sha256/../../../etc/passwd",
    "cas://sha256/" + "A" * 64,
    "s3://bucket/sha256/" + "0" * 63,
    "ipfs://bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e/../secret",
    "ipfs://../files/read",
]


@pytest.mark.parametrize("uri", BAD_URIS)
def test_uris_of_other_stores_are_refused_before_anything_is_fetched(rig: "Rig", uri: str) -> None:
    for call in (rig.store.exists, lambda u: rig.store.get(u, 10), lambda u: rig.store.link("name", u)):
        with pytest.raises(ConfigurationError, match="open the store that it names"):
            call(uri)
    assert rig.store.resolve("name") is None


def test_content_of_a_sibling_store_is_refused(rig: "Rig") -> None:
    with pytest.raises(ConfigurationError) as refusal:
        rig.store.get(rig.foreign_uri, 10)
    assert rig.foreign_uri in str(refusal.value)


def test_dead_store_is_named_without_its_credentials(rig: "Rig") -> None:
    dead, uri = rig.dead(), rig.store.put([b"x"])
    for call in (
        lambda: dead.put([b"x"]),
        lambda: list(dead.get(uri, 10)),
        lambda: dead.link("name", uri),
        lambda: dead.resolve("name"),
    ):
        with pytest.raises(StoreUnreachable) as report:
            call()
        assert rig.dead_name in str(report.value)
        assert SECRET not in "".join(_all_texts(report.value))


def _all_texts(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield f"{error!r} {error}"
        error = error.__cause__
