"""AtRestKey: the key that opens what lies sealed on a party's disk, from the environment, a keystore or AWS KMS."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator

from prefect_federated.blocks.schema import SchemaOnce
from prefect_federated.blocks.stores import without_credentials

if TYPE_CHECKING:
    from prefect_federated.core.at_rest import RestKey


class AtRestKey(SchemaOnce):
    """Names a key at rest; the key itself is in no block.

    Example:
        Load the block and say which key it names:
        ```python
        from prefect_federated.blocks import AtRestKey

        block = AtRestKey.load("BLOCK_NAME")
        print(block.open().name)
        ```
    """

    _block_type_name = "Federated Key At Rest"
    _block_type_slug = "federated-key-at-rest"
    _description = "Key that opens sealed data files and the sealing key: a variable, a keystore or AWS KMS."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9"
        "/assets/block-logos/secret.png"
    )
    _documentation_url = HttpUrl("https://docs.aws.amazon.com/kms/latest/developerguide/kms-cryptography.html")

    variable: str | None = Field(
        default=None, title="Variable", description="Environment variable that holds the key, 64 hex digits."
    )
    keystore: Path | None = Field(
        default=None, title="Keystore", description="Encrypted keystore file (version 3) that holds the key."
    )
    password: SecretStr = Field(default=SecretStr(""), title="Password", description="Opens the keystore.")
    kms_key: str | None = Field(
        default=None, title="KMS key", description="Symmetric key of AWS KMS: id, ARN or alias/NAME."
    )
    endpoint_url: str | None = Field(
        default=None, title="Endpoint", description="Address of another KMS server, http or https; empty is AWS."
    )
    region: str | None = Field(
        default=None, title="Region", description="Region of the KMS key; empty leaves it to the environment."
    )

    @field_validator("endpoint_url")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        return without_credentials(url, "boto3's environment, profile or role") if url else None

    @model_validator(mode="after")
    def _one_source(self) -> "AtRestKey":
        named = [name for name in ("variable", "keystore", "kms_key") if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(
                f"a key at rest comes from one of variable, keystore and kms_key, {' and '.join(named) or 'none'} is"
                " given; name one of them"
            )
        return self

    def open(self) -> "RestKey":
        """The key; KMS is asked with its first use.

        Raises:
            KeyUnavailable: wrong password, missing file or variable.
        """
        from prefect_federated.adapters.kms import KmsRestKey
        from prefect_federated.adapters.rest_keys import rest_key_from_env, rest_key_from_keystore

        if self.variable is not None:
            return rest_key_from_env(self.variable)
        if self.keystore is not None:
            return rest_key_from_keystore(self.keystore, self.password.get_secret_value())
        return KmsRestKey(str(self.kms_key), self.region, self.endpoint_url)
