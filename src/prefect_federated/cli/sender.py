"""Who signs: the options that name an account's key, and the folder where its transactions wait.

--keystore FILE with a password from the environment or the terminal, or, in development, --key-env NAME
"""

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.core.errors import ConfigurationError, KeyUnavailable

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

    from prefect_federated.adapters.evm.outbox import Outbox
    from prefect_federated.core.chain_profile import ChainProfile

PANEL = "Who signs"


@dataclass(frozen=True)
class Sender:
    """The options that name a signer; passwords and keys themselves are never options.

    Without slots, so that the password can be kept and is asked for once.
    """

    keystore: Annotated[
        Path | None,
        typer.Option(envvar="FEDERATED_KEYSTORE", rich_help_panel=PANEL, help="Encrypted keystore file (version 3)."),
    ] = None
    password_env: Annotated[
        str,
        typer.Option(rich_help_panel=PANEL, help="Environment variable with the password; else it is asked for."),
    ] = "FEDERATED_PASSWORD"
    key_env: Annotated[
        str | None,
        typer.Option(rich_help_panel=PANEL, help="Environment variable with a bare private key; development only."),
    ] = None
    home: Annotated[
        Path,
        typer.Option(envvar="FEDERATED_HOME", rich_help_panel=PANEL, help="Folder for signed transactions under way."),
    ] = Path("~/.federated")

    def account(self) -> "LocalAccount":
        """Open the signing key.

        Raises:
            ConfigurationError: no key is named, or two are.
            KeyUnavailable: wrong password, missing file or variable.
        """
        from prefect_federated.adapters.keys import account_from_env, load_keystore

        if (self.keystore is None) == (self.key_env is None):
            named = "both" if self.keystore else "neither"
            raise ConfigurationError(
                f"--keystore FILE or --key-env NAME says who signs, and {named} was given; give exactly one of them"
            )
        if self.keystore is not None:
            return load_keystore(self.keystore, self.password)
        return account_from_env(str(self.key_env))

    @cached_property
    def password(self) -> str:
        """The password, from the environment variable or, at a terminal, asked for.

        Raises:
            KeyUnavailable: the variable is not set, and nobody is there to ask.
        """
        given = os.environ.get(self.password_env)
        if given is not None:
            return given
        if not sys.stdin.isatty():
            raise KeyUnavailable(
                f"the environment variable {self.password_env} is not set; put the password there,"
                " or name another variable with --password-env"
            )
        return str(typer.prompt(f"Password of {self.keystore or 'the sealing key'}", hide_input=True, err=True))

    def outbox(self, w3: "Web3", profile: "ChainProfile | None" = None) -> "Outbox":
        """The account's outbox on a chain, which a profile may describe."""
        from prefect_federated.adapters.evm.outbox import Outbox

        return Outbox(self.home.expanduser() / "outbox", w3, self.account(), profile=profile)
