"""LocalStore, S3Store, IpfsStore: where a deployment keeps payloads, models and evidence; `open()` yields the store.

store = LocalStore.load("hospital-a").open()
uri = store.put([payload])
"""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator

from prefect_federated.blocks.schema import SchemaOnce

if TYPE_CHECKING:
    from prefect_federated.adapters.stores.base import ContentStore


class LocalStore(SchemaOnce):
    """Content store in a folder, for one machine or a shared file system.

    Example:
        Load the block and store a payload:
        ```python
        from prefect_federated.blocks import LocalStore

        block = LocalStore.load("BLOCK_NAME")
        uri = block.open().put([b"payload"])
        ```
    """

    _block_type_name = "Federated Local Store"
    _block_type_slug = "federated-local-store"
    _description = "Content store of a federation in a folder of this machine or of a shared file system."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9"
        "/assets/block-logos/filesystem.png"
    )
    _documentation_url = HttpUrl("https://docs.prefect.io/v3/concepts/blocks")

    root: Path = Field(title="Folder", description="Folder that holds the content; made with the first write.")
    durable: bool = Field(
        default=True,
        title="Durable",
        description="Whether a write waits for the disk. Off, a power cut may take the last ones: for simulations.",
    )

    def open(self) -> "ContentStore":
        """The store; nothing is touched before the first call."""
        from prefect_federated.adapters.stores.local import LocalStore as OpenStore

        return OpenStore(self.root, self.durable)


class S3Store(SchemaOnce):
    """Content store in an S3 bucket, at AWS or at any server that speaks S3.

    Example:
        Load the block and store a payload:
        ```python
        from prefect_federated.blocks import S3Store

        block = S3Store.load("BLOCK_NAME")
        uri = block.open().put([b"payload"])
        ```
    """

    _block_type_name = "Federated S3 Store"
    _block_type_slug = "federated-s3-store"
    _description = "Content store of a federation in an S3 bucket; the server must honour If-None-Match on PUT."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9"
        "/assets/block-logos/filesystem.png"
    )
    _documentation_url = HttpUrl("https://boto3.amazonaws.com/v1/documentation/api/latest/reference/services/s3.html")

    bucket: str = Field(title="Bucket", min_length=3, description="Name of an existing bucket.")
    prefix: str = Field(default="", title="Prefix", description="Folder in the bucket; empty uses its top.")
    endpoint_url: str | None = Field(
        default=None, title="Endpoint", description="Address of another S3 server, http or https; empty is AWS."
    )
    region: str | None = Field(
        default=None, title="Region", description="Region of the bucket; empty leaves it to the environment."
    )
    access_key_id: str | None = Field(
        default=None,
        title="Access key",
        description="Access key; empty leaves credentials to boto3 (environment, profile, role).",
    )
    secret_access_key: SecretStr | None = Field(
        default=None, title="Secret key", description="Secret that belongs to the access key."
    )
    timeout_s: float = Field(default=20.0, gt=0, title="Timeout", description="Seconds to wait for each read.")
    attempts: int = Field(
        default=3, ge=1, le=10, title="Attempts", description="How often one request is sent at most."
    )

    @field_validator("endpoint_url")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        return without_credentials(url, "access_key_id and secret_access_key") if url else None

    @model_validator(mode="after")
    def _both_keys(self) -> "S3Store":
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("give access_key_id and secret_access_key together, or neither")
        return self

    def open(self) -> "ContentStore":
        """The store; it connects with the first call.

        Raises:
            ConfigurationError: endpoint, region or profile cannot be used.
        """
        from prefect_federated.adapters.stores.s3 import S3Store as OpenStore

        secret = self.secret_access_key
        return OpenStore(
            self.bucket,
            self.prefix,
            self.endpoint_url,
            self.region,
            self.access_key_id,
            secret.get_secret_value() if secret else None,
            self.timeout_s,
            self.attempts,
        )


class IpfsStore(SchemaOnce):
    """Content store in an IPFS node (Kubo or another that speaks its RPC).

    Example:
        Load the block and store a payload:
        ```python
        from prefect_federated.blocks import IpfsStore

        block = IpfsStore.load("BLOCK_NAME")
        uri = block.open().put([b"payload"])
        ```
    """

    _block_type_name = "Federated IPFS Store"
    _block_type_slug = "federated-ipfs-store"
    _description = "Content store of a federation in an IPFS node, which pins what is stored through it."
    _logo_url = HttpUrl("https://raw.githubusercontent.com/ipfs/logo/master/raster-generated/ipfs-logo-128-ice.png")
    _documentation_url = HttpUrl("https://docs.ipfs.tech/reference/kubo/rpc/")

    api: str = Field(
        default="http://127.0.0.1:5001",
        title="RPC address",
        description="RPC of the node, not its gateway: an http(s) URL or a multiaddr.",
        examples=["http://127.0.0.1:5001", "/dns/ipfs.example/tcp/443/https"],
    )
    username: str | None = Field(
        default=None, title="User", description="User for HTTP basic authentication, where the RPC asks for one."
    )
    password: SecretStr | None = Field(default=None, title="Password", description="Password of that user.")
    timeout_s: float = Field(
        default=20.0,
        gt=0,
        title="Timeout",
        description="Seconds to wait for an answer; content nobody supplies within them counts as missing.",
    )

    @field_validator("api")
    @classmethod
    def _no_password(cls, url: str) -> str:
        return without_credentials(url, "username and password")

    @model_validator(mode="after")
    def _both_or_neither(self) -> "IpfsStore":
        if (self.username is None) != (self.password is None):
            raise ValueError("give username and password together, or neither")
        return self

    def open(self) -> "ContentStore":
        """The store; it connects with the first call.

        Raises:
            ConfigurationError: the address is no RPC's.
        """
        from prefect_federated.adapters.stores.ipfs import IpfsStore as OpenStore

        credentials = None
        if self.username is not None and self.password is not None:
            credentials = (self.username, self.password.get_secret_value())
        return OpenStore(self.api, self.timeout_s, credentials)


def store_block(address: str) -> LocalStore | S3Store | IpfsStore:
    """The block of the store that a short address names: `local:DIR`, `s3://bucket/prefix`, `ipfs://host:port`.

    Raises:
        ConfigurationError: the address is none of these.
    """
    from prefect_federated.adapters.stores.address import settings_of

    kind, settings = settings_of(address)
    blocks: dict[str, type[LocalStore | S3Store | IpfsStore]] = {"local": LocalStore, "s3": S3Store, "ipfs": IpfsStore}
    return blocks[kind](**settings)


def without_credentials(url: str, fields: str) -> str:
    """The address; one that holds a user or a password is refused, saying where those go instead."""
    if "@" in urlsplit(url).netloc:
        raise ValueError(f"the address holds a user or password, which everybody could read here; set {fields} instead")
    return url
