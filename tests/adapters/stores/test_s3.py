"""S3Store's own traits, against moto's server over real HTTP."""

from typing import Any

import pytest

from prefect_federated.adapters.stores.base import open_store
from prefect_federated.adapters.stores.s3 import PART_BYTES, S3Store
from prefect_federated.core.errors import ConfigurationError, PayloadTooLarge
from tests.adapters.stores.conftest import Rig
from tests.fakes.s3 import SECRET, s3_client


@pytest.fixture
def store(s3_rig: Rig) -> S3Store:
    assert isinstance(s3_rig.store, S3Store)
    return s3_rig.store


@pytest.fixture
def client(s3_url: str) -> Any:
    return s3_client(s3_url)


def test_long_content_goes_up_in_parts(store: S3Store, client: Any) -> None:
    uri = store.put([bytes(PART_BYTES), b"and more"])
    head = client.head_object(Bucket=store.bucket, Key=uri.removeprefix(f"s3://{store.bucket}/"))
    assert head["ETag"].strip('"').endswith("-2")  # an ETag of two parts


def test_object_over_the_limit_is_not_even_read(store: S3Store) -> None:
    uri = store.put([bytes(5_000_000)])
    with pytest.raises(PayloadTooLarge, match="at least 5000000 bytes"):  # all of it, known before the first byte
        list(store.get(uri, 10))


def test_all_keys_lie_under_the_prefix(store: S3Store, client: Any) -> None:
    store.link("../../escape", store.put([b"x"]))
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=store.bucket)["Contents"]]
    assert len(keys) == 2
    assert all(key.startswith(("rounds/sha256/", "rounds/links/")) for key in keys)


def test_content_under_another_prefix_is_refused(store: S3Store, s3_url: str) -> None:
    sibling = S3Store(store.bucket, "other", s3_url, "us-east-1", "AKIATEST", SECRET)
    with pytest.raises(ConfigurationError, match=f"s3://{store.bucket}/rounds/sha256/<hex>"):
        store.get(sibling.put([b"x"]), 10)


def test_missing_bucket_is_the_operators_mistake_not_missing_content(s3_url: str) -> None:
    store = S3Store("no-such-bucket", "", s3_url, "us-east-1", "AKIATEST", SECRET)
    for call in (
        lambda: store.put([b"x"]),
        lambda: list(store.get(f"s3://no-such-bucket/sha256/{'0' * 64}", 10)),
        lambda: store.resolve("name"),
    ):
        with pytest.raises(ConfigurationError, match=r"no-such-bucket.*NoSuchBucket"):
            call()


def test_missing_credentials_are_told_without_a_network(
    monkeypatch: pytest.MonkeyPatch, s3_url: str, tmp_path: Any
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(ConfigurationError, match="NoCredentialsError"):
        S3Store("bucket", "", s3_url, "us-east-1").put([b"x"])


def test_short_address_opens_the_store(monkeypatch: pytest.MonkeyPatch, store: S3Store, s3_url: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    opened = open_store(f"s3://{store.bucket}/rounds?endpoint={s3_url}&region=us-east-1")
    assert b"".join(opened.get(store.put([b"x"]), 1)) == b"x"


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix", "s3://key:secret@bucket", "s3://bucket?secret=x"])
def test_short_address_with_credentials_or_without_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="no S3 address") as refusal:
        open_store(address)
    assert "key:secret" not in str(refusal.value)


@pytest.mark.parametrize("endpoint", ["not a url", "http://"])
def test_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="check endpoint"):
        S3Store("bucket", "", endpoint, "us-east-1", "AKIATEST", SECRET)


def test_damaged_link_does_not_pass_for_a_uri(store: S3Store, client: Any) -> None:
    store.link("name", store.put([b"x"]))
    client.put_object(Bucket=store.bucket, Key="rounds/links/name", Body=b"http://169.254.169.254/")
    with pytest.raises(ConfigurationError, match="169"):
        store.resolve("name")
