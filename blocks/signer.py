"""Signer: the keys of one account, from an encrypted keystore or, in development, from the environment."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator

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
    former_keys: list[Path] = Field(
        default_factory=list,
        title="Former keys",
        description="Files of sealing keys that `federated participant rotate` replaced, the newest first: they open"
        " what was sealed to them, and seal nothing more. Encrypted PKCS#8, or sealed at rest.",
    )
    lost_keys: list[str] = Field(
        default_factory=list,
        title="Lost keys",
        description="Public halves (0x and 64 hex digits) of former sealing keys that are lost for good: what lies"
        " under them, answered statistics and policies too, is given up.",
    )
    password: SecretStr = Field(
        default=SecretStr(""), title="Password", description="Opens the keystore and the sealing keys."
    )
    at_rest: AtRestKey | None = Field(
        default=None,
        title="Key at rest",
        description="Opens the sealing key in place of the password, where its file is sealed at rest; of the former"
        " ones those that are.",
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

    @field_validator("lost_keys")
    @classmethod
    def _public_halves(cls, lost: list[str]) -> list[str]:
        for one in lost:
            if re.fullmatch("0x[0-9a-f]{64}", one.lower()) is None:
                raise ValueError(f"{one!r} is no public sealing key; give 0x and 64 hex digits")
        return lost

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
        """The sealing key, with those that it replaced.

        Raises:
            KeyUnavailable: wrong password or missing file, or the key at rest cannot be used.
            Undecryptable: the file was altered.
            KeyServiceUnreachable: the service that holds the key at rest does not answer.
        """
        from prefect_federated.adapters.keys import SealingKey
        from prefect_federated.adapters.sealed_file import is_sealed

        rest_key, password = self.at_rest.open() if self.at_rest else None, self.password.get_secret_value()

        def opened(path: Path) -> SealingKey:
            return SealingKey.load(path, password) if rest_key is None else SealingKey.load_at_rest(path, rest_key)

        def former(path: Path) -> SealingKey:
            return opened(path) if is_sealed(path) else SealingKey.load(path, password)

        lost = [bytes.fromhex(one.removeprefix("0x")) for one in self.lost_keys]
        return opened(self.sealing_key).after([former(path) for path in self.former_keys], lost)

    def outbox_folder(self) -> Path:
        """Where signed transactions wait until they are mined."""
        return self.home / "outbox"
