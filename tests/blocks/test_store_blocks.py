"""The three store blocks: complete for Prefect's form, no secret in the clear, and each opens its store."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect.blocks.core import Block
from prefect.testing.standard_test_suites import BlockStandardTestSuite
from pydantic import SecretStr, ValidationError

from prefect_federated.adapters.stores.base import open_store
from prefect_federated.blocks.stores import IpfsStore, LocalStore, S3Store, store_block

BLOCKS = (LocalStore, S3Store, IpfsStore)
SECRET = "hunter2-and-more"


class _StoreBlock(BlockStandardTestSuite):
    def test_has_a_valid_image(self, block: type[Block]) -> None:
        assert str(block._logo_url).startswith("https://")  # the suite would fetch it


class TestLocalStore(_StoreBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return LocalStore


class TestS3Store(_StoreBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return S3Store


class TestIpfsStore(_StoreBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return IpfsStore


@pytest.mark.parametrize("block", BLOCKS)
def test_every_field_has_a_title_for_the_form(block: type[Block]) -> None:
    assert all(field.title for field in block.model_fields.values())


@pytest.mark.parametrize("block", BLOCKS)
def test_slug_names_the_federation_so_that_it_collides_with_nobody(block: type[Block]) -> None:
    assert block.get_block_type_slug() == f"federated-{block.__name__.lower().removesuffix('store')}-store"


def test_local_block_opens_its_folder(tmp_path: Path) -> None:
    store = LocalStore(root=tmp_path / "store").open()
    uri = store.put([b"payload"])
    assert b"".join(open_store(f"local:{tmp_path / 'store'}").get(uri, 7)) == b"payload"


def test_s3_block_hands_every_setting_to_the_store() -> None:
    store: Any = S3Store(
        bucket="payloads",
        prefix="/rounds/",
        endpoint_url="http://127.0.0.1:9000",
        region="eu-central-1",
        access_key_id="AKIATEST",
        secret_access_key=SecretStr(SECRET),
        timeout_s=7,
        attempts=2,
    ).open()
    assert (store.bucket, store.prefix) == ("payloads", "rounds")
    meta, credentials = store._client.meta, store._client._get_credentials()
    assert (meta.endpoint_url, meta.region_name) == ("http://127.0.0.1:9000", "eu-central-1")
    assert (credentials.access_key, credentials.secret_key) == ("AKIATEST", SECRET)
    assert (meta.config.connect_timeout, meta.config.read_timeout) == (5.0, 7.0)
    assert meta.config.retries["total_max_attempts"] == 2


def test_ipfs_block_hands_every_setting_to_the_store() -> None:
    store: Any = IpfsStore(
        api="https://ipfs.example/rpc", username="somebody", password=SecretStr(SECRET), timeout_s=7
    ).open()
    client = store._node._client._client
    assert client._base_url == "https://ipfs.example:443/rpc/api/v0/"
    assert client._session_props["auth"] == ("somebody", SECRET)
    assert client._default_timeout == (5.0, 7.0)


@pytest.mark.parametrize(
    "block",
    [
        S3Store(bucket="payloads", access_key_id="AKIATEST", secret_access_key=SecretStr(SECRET)),
        IpfsStore(username="somebody", password=SecretStr(SECRET)),
    ],
)
def test_secrets_show_nowhere(block: Block) -> None:
    assert SECRET not in repr(block)
    assert SECRET not in block.model_dump_json()


def test_password_inside_an_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="set username and password instead"):
        IpfsStore(api=f"https://somebody:{SECRET}@ipfs.example")
    with pytest.raises(ValidationError, match="set access_key_id and secret_access_key instead"):
        S3Store(bucket="payloads", endpoint_url=f"https://somebody:{SECRET}@s3.example")


def test_half_a_pair_of_credentials_is_refused() -> None:
    with pytest.raises(ValidationError, match="together, or neither"):
        S3Store(bucket="payloads", access_key_id="AKIATEST")
    with pytest.raises(ValidationError, match="together, or neither"):
        IpfsStore(username="somebody")


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("local:/data/store", LocalStore(root=Path("/data/store"))),
        (
            "s3://payloads/rounds?region=eu-central-1",
            S3Store(bucket="payloads", prefix="rounds", region="eu-central-1"),
        ),
        ("ipfs://ipfs.example:5001?timeout_s=7", IpfsStore(api="http://ipfs.example:5001", timeout_s=7)),
    ],
)
def test_short_address_becomes_the_block_it_names(address: str, block: Block) -> None:
    assert store_block(address) == block


def test_importing_the_blocks_loads_neither_boto3_nor_ipfshttpclient() -> None:
    code = (
        "import sys, prefect_federated.blocks.stores as stores; stores.S3Store(bucket='payloads');"
        "print(sorted({'boto3', 'botocore', 'ipfshttpclient', 'multiaddr'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
