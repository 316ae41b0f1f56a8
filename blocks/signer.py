"""Signer: the keys of one account, from an encrypted keystore or, in development, from the environment."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, HttpUrl, SecretStr, model_validator

from prefect_federated.blocks.at_rest import AtRestKey
from prefect_federated.blocks.schema import SchemaOnce

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from prefect_federated.adapters.keys import SealingKey


class Signer(SchemaOnce):
    """An account's signing key and its sealing key.

    Example:
        Load the block and show the account it signs for:
        ```python
        from prefect_federated.blocks import Signer

        block = Signer.load("BLOCK_NAME")
        print(block.account().address)
        ```
    """

    _block_type_name = "Federated Signer"
    _block_type_slug = "federated-signer"
    _description = "Keys of one account: it signs transactions and opens what was sealed to it."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9"
        "/assets/block-logos/secret.png"
    )
    _documentation_url = HttpUrl(
        "https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage/"
    )

    keystore: Path | None = Field(default=None, title="Keystore", description="Encrypted keystore file (version 3).")
    key_variable: str | None = Field(
        default=None,
        title="Key variable",
        description="Environment variable that holds the private key as hex; for development only.",
    )
    sealing_key: Path = Field(
        title="Sealing key", description="File of the X25519 sealing key: encrypted PKCS#8, or sealed at rest."
    )
    password: SecretStr = Field(
        default=SecretStr(""), title="Password", description="Opens the keystore and the sealing key."
    )
    at_rest: AtRestKey | None = Field(
        default=None,
        title="Key at rest",
        description="Opens the sealing key in place of the password, where its file is sealed at rest.",
    )
    home: Path = Field(
        title="Home",
        description="Folder for signed transactions that are under way; may be empty at a restart. A key holder keeps"
        " its own: it says which sums were opened.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> "Signer":
        if (self.keystore is None) == (self.key_variable is None):
            raise ValueError("name either a keystore or a key_variable, not both and not neither")
        return self

    def account(self) -> "LocalAccount":
        """The signing key.

        Raises:
            KeyUnavailable: wrong password, missing file or variable.
        """
        from prefect_federated.adapters.keys import account_from_env, load_keystore

        if self.keystore is not None:
            return load_keystore(self.keystore, self.password.get_secret_value())
        return account_from_env(str(self.key_variable))

    def open_sealing_key(self) -> "SealingKey":
        """The sealing key.

        Raises:
            KeyUnavailable: wrong password or missing file, or the key at rest cannot be used.
            Undecryptable: the file was altered.
            KeyServiceUnreachable: the service that holds the key at rest does not answer.
        """
        from prefect_federated.adapters.keys import SealingKey

        if self.at_rest is not None:
            return SealingKey.load_at_rest(self.sealing_key, self.at_rest.open())
        return SealingKey.load(self.sealing_key, self.password.get_secret_value())

    def outbox_folder(self) -> Path:
        """Where signed transactions wait until they are mined."""
        return self.home / "outbox"
