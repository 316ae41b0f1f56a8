"""IpfsStore and nodes that lie, stall, redirect or never stop; against the fake Kubo."""

import base64
import time
from typing import TYPE_CHECKING

import pytest

from prefect_federated.adapters.stores.base import open_store
from prefect_federated.adapters.stores.ipfs import IpfsStore
from prefect_federated.core.errors import (
    ConfigurationError,
    ContentMismatch,
    ContentMissing,
    PayloadTooLarge,
    StoreUnreachable,
)

if TYPE_CHECKING:
    from tests.fakes.kubo import FakeKubo

MIB = 1 << 20


@pytest.fixture
def store(kubo: "FakeKubo") -> IpfsStore:
    return IpfsStore(kubo.url, 10.0)


@pytest.fixture
def hasty(kubo: "FakeKubo") -> IpfsStore:
    return IpfsStore(kubo.url, 0.5)


def test_content_is_pinned_under_the_uri(kubo: "FakeKubo", store: IpfsStore) -> None:
    uri = store.put([b"hello world"])
    assert uri == "ipfs://bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
    assert kubo.pins == {uri.removeprefix("ipfs://")}


def test_node_that_names_another_cid_is_caught_at_once(kubo: "FakeKubo", store: IpfsStore) -> None:
    kubo.claimed_cid = "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa"  # not a raw leaf
    with pytest.raises(ContentMismatch) as report:
        store.put([b"hello world"])
    assert kubo.claimed_cid in str(report.value)
    assert "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e" in str(report.value)


def test_endless_answer_is_cut_at_the_limit(kubo: "FakeKubo", store: IpfsStore) -> None:
    uri = store.put([bytes(1000)])
    kubo.endless = True
    with pytest.raises(PayloadTooLarge):
        list(store.get(uri, MIB))
    for _ in range(50):  # the fake notices the closed connection with its next writes
        before = kubo.sent_bytes
        time.sleep(0.1)
        if kubo.sent_bytes == before:
            break
    else:
        pytest.fail("the node is still sending: the connection was not closed")


def test_node_is_asked_for_no_more_than_the_limit(kubo: "FakeKubo", store: IpfsStore) -> None:
    uri = store.put([bytes(8 * MIB)])
    with pytest.raises(PayloadTooLarge):
        list(store.get(uri, 1000))
    assert kubo.sent_bytes == 1001


def test_abandoned_stream_closes_its_connection(kubo: "FakeKubo", store: IpfsStore) -> None:
    uri = store.put([bytes(1000)])
    kubo.endless = True
    stream = store.get(uri, 1 << 40)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    kubo.endless = False
    assert store.resolve("still-fine") is None


def test_search_without_end_counts_as_missing_content(kubo: "FakeKubo", store: IpfsStore, hasty: IpfsStore) -> None:
    uri = store.put([b"x"])
    kubo.contents.clear()
    started = time.monotonic()
    with pytest.raises(ContentMissing, match=r"no answer within 0\.5 s"):
        list(hasty.get(uri, 10))
    assert time.monotonic() - started < 10


def test_node_that_stalls_altogether_is_unreachable_not_empty(
    kubo: "FakeKubo", store: IpfsStore, hasty: IpfsStore
) -> None:
    uri = store.put([b"x"])
    kubo.stalls = True
    with pytest.raises(StoreUnreachable, match=rf"{kubo.port} .* within 0\.5 s"):
        list(hasty.get(uri, 10))
    with pytest.raises(StoreUnreachable, match=r"within 0\.5 s"):
        hasty.put([b"y"])


def test_redirects_are_refused_not_followed(kubo: "FakeKubo", store: IpfsStore) -> None:
    from tests.fakes.kubo import FakeKubo

    uri = store.put([b"x"])
    with FakeKubo() as inner:
        IpfsStore(inner.url, 10.0).put([b"x"])
        inner.calls.clear()
        kubo.redirect_to = inner.url
        for call in (lambda: store.put([b"x"]), lambda: list(store.get(uri, 10)), lambda: store.resolve("name")):
            with pytest.raises(ConfigurationError, match="redirect"):
                call()
        assert inner.calls == []


@pytest.mark.parametrize(
    ("status", "error"), [(401, ConfigurationError), (404, ConfigurationError), (502, StoreUnreachable)]
)
def test_http_errors_name_who_must_act(kubo: "FakeKubo", store: IpfsStore, status: int, error: type[Exception]) -> None:
    kubo.status = status
    with pytest.raises(error, match=f"HTTP {status}"):
        store.put([b"x"])


def test_credentials_of_the_address_are_sent_and_never_shown(kubo: "FakeKubo") -> None:
    store = IpfsStore(f"http://somebody:p%40ss@127.0.0.1:{kubo.port}", 10.0)
    store.put([b"x"])
    assert kubo.authorizations == ["Basic " + base64.b64encode(b"somebody:p@ss").decode()]
    kubo.status = 401
    with pytest.raises(ConfigurationError) as report:
        store.put([b"x"])
    assert "p%40ss" not in str(report.value)
    assert f"127.0.0.1:{kubo.port}" in str(report.value)


def test_other_errors_of_the_node_are_passed_on(kubo: "FakeKubo", store: IpfsStore) -> None:
    kubo.folders = {"/", "/federated"}
    store._links_ready = True  # as if somebody had removed the folder meanwhile
    with pytest.raises(StoreUnreachable, match="refused files/cp"):
        store.link("name", store.put([b"x"]))


def test_trouble_of_the_node_is_never_read_as_absence(kubo: "FakeKubo", store: IpfsStore) -> None:
    """Else a full disk would look like a name that is still free."""
    uri = store.put([b"x"])
    kubo.trouble = "write /data/ipfs/blocks: no space left on device"
    for call in (lambda: store.resolve("name"), lambda: store.exists(uri), lambda: list(store.get(uri, 10))):
        with pytest.raises(StoreUnreachable, match="no space left on device"):
            call()


def test_a_folder_in_place_of_a_file_is_missing_content_and_no_trouble_of_the_node(
    kubo: "FakeKubo", store: IpfsStore
) -> None:
    """Else whoever names one could have its readers try again for ever."""
    folder = "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa"
    kubo.directories = {folder}
    with pytest.raises(ContentMissing, match=f"holds ipfs://{folder} .that is no file."):
        list(store.get(f"ipfs://{folder}", 10))


@pytest.mark.parametrize("cid", ["b" + "a" * 58, "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wb"])
def test_what_only_looks_like_a_cid_is_refused_before_the_node_is_asked(
    kubo: "FakeKubo", store: IpfsStore, cid: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"ipfs://{cid}' is no content of an IPFS store"):
        store.get(f"ipfs://{cid}", 10)
    assert not kubo.calls


def test_damaged_link_does_not_pass_for_a_uri(kubo: "FakeKubo", store: IpfsStore) -> None:
    store.link("name", store.put([b"x"]))
    kubo.alter(kubo.files["/federated/links/name"], b"http://169.254.169.254/")
    with pytest.raises(ConfigurationError, match="169"):
        store.resolve("name")


@pytest.mark.parametrize(
    "api", ["/ip4/127.0.0.1/tcp/{port}", "/ip4/127.0.0.1/tcp/{port}/http", "http://127.0.0.1:{port}/"]
)
def test_address_may_be_a_multiaddr_or_a_url(kubo: "FakeKubo", api: str) -> None:
    store = IpfsStore(api.format(port=kubo.port), 10.0)
    assert list(store.get(store.put([b"x"]), 1)) == [b"x"]


@pytest.mark.parametrize(
    "api", ["", "127.0.0.1:5001", "ftp://127.0.0.1", "http://", "http://host:port", "/ip4/nonsense", "/p2p/x"]
)
def test_address_of_something_else_is_refused(api: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of an IPFS RPC"):
        IpfsStore(api)


def test_short_address_opens_the_store(kubo: "FakeKubo") -> None:
    store = open_store(f"ipfs://127.0.0.1:{kubo.port}?timeout_s=10")
    assert b"".join(store.get(store.put([b"x"]), 1)) == b"x"


@pytest.mark.parametrize("options", ["timeout_s=soon", "timeout_s=0", "scheme=gopher", "token=secret"])
def test_short_address_with_unknown_options_is_refused(options: str) -> None:
    with pytest.raises(ConfigurationError, match="options"):
        open_store(f"ipfs://127.0.0.1:5001?{options}")
