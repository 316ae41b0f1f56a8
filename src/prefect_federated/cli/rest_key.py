"""The key at rest of a command: from --at-rest or FEDERATED_AT_REST; it opens sealing keys and data files.

env:NAME | keystore:FILE | kms:KEY?region=NAME&endpoint=URL
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from prefect_federated.core.errors import ConfigurationError, KeyUnavailable

if TYPE_CHECKING:
    from prefect_federated.adapters.data.sources import FileSource
    from prefect_federated.adapters.keys import SealingKey
    from prefect_federated.cli.sender import Sender
    from prefect_federated.core.at_rest import RestKey

VARIABLE, PASSWORD = "FEDERATED_AT_REST", "FEDERATED_AT_REST_PASSWORD"
OLD_PASSWORD = "FEDERATED_AT_REST_OLD_PASSWORD"  # of the key that a rewrap takes files away from; else the same
FORMER_KEYS = "FEDERATED_FORMER_KEYS"  # files of sealing keys that were replaced, as PATH separates folders


def rest_key(address: str, password_env: str = PASSWORD) -> "RestKey":
    """The key at rest that an address names.

    Args:
        password_env: variable with the password of a keystore.

    Raises:
        ConfigurationError: it names none.
        KeyUnavailable: the key cannot be read.
    """
    from prefect_federated.adapters.rest_keys import rest_key_of

    if not address:
        raise ConfigurationError(
            f"no key at rest is named; set {VARIABLE} to env:NAME, keystore:FILE or kms:KEY?region=NAME&endpoint=URL,"
            " or give that as --at-rest where a command has it"
        )
    return rest_key_of(address, lambda: rest_password(address, password_env))


def open_key(path: Path, sender: "Sender") -> "SealingKey":
    """A sealing key, opened with the sender's password, or with the key at rest where its file is sealed under one.

    With it come those that it replaced, whose files the environment names.

    Raises:
        KeyUnavailable: one is missing, or password or key at rest are wrong.
    """
    former = [Path(one) for one in os.environ.get(FORMER_KEYS, "").split(os.pathsep) if one]
    return open_one_key(path, sender).after([open_one_key(one, sender) for one in former])


def open_one_key(path: Path, sender: "Sender") -> "SealingKey":
    """A sealing key as `open_key` opens it, without those that it replaced.

    Raises:
        KeyUnavailable: as `open_key`.
    """
    from prefect_federated.adapters.keys import SealingKey
    from prefect_federated.adapters.sealed_file import is_sealed

    if is_sealed(path):
        return SealingKey.load_at_rest(path, rest_key(os.environ.get(VARIABLE, "")))
    return SealingKey.load(path, sender.password)


def table_of(path: Path) -> "FileSource":
    """The table in a data file, opened with the key at rest where it is sealed under one."""
    from prefect_federated.adapters.data.sources import FileSource
    from prefect_federated.adapters.sealed_file import is_sealed

    return FileSource(path, rest_key=rest_key(os.environ.get(VARIABLE, "")) if is_sealed(path) else None)


def rest_password(address: str, password_env: str = PASSWORD, fresh: bool = False) -> str:
    """The password of a keystore that holds a key at rest: from its variable or, at a terminal, asked for.

    Args:
        fresh: it is being chosen, and is asked for twice.

    Raises:
        KeyUnavailable: the variable is not set, and nobody is there to ask.
    """
    given = os.environ.get(password_env)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise KeyUnavailable(f"the environment variable {password_env} is not set; put the password of {address} there")
    return str(typer.prompt(f"Password of {address}", hide_input=True, confirmation_prompt=fresh, err=True))
