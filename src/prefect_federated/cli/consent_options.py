"""What the consent commands share: options that open a record, ids as people type them, files made only once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.rest_key import open_key
from prefect_federated.cli.sender import Sender
from prefect_federated.core.errors import ConfigurationError, ConsentError

if TYPE_CHECKING:
    from prefect_federated.adapters.keys import SealingKey

RecordArgument = Annotated[Path, typer.Argument(metavar="RECORD", help="The silo's encrypted consent record.")]
KeyOption = Annotated[Path, typer.Option("--sealing-key", help="Encrypted X25519 key file that the record is for.")]


@dataclass(frozen=True, slots=True)
class RecordKey:
    """For commands that sign nothing; those that do take a `Sender` and a `KeyOption`."""

    sealing_key: KeyOption
    password_env: Annotated[str, typer.Option(help="Environment variable with the password; else it is asked for.")] = (
        "FEDERATED_PASSWORD"
    )

    def open(self) -> "SealingKey":
        """The key, opened with the password."""
        return open_key(self.sealing_key, Sender(password_env=self.password_env))


def hash_of(text: str) -> bytes:
    """An id or root of 32 bytes, as a user types it.

    Raises:
        ConsentError: it is none.
    """
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise ConsentError(f"{text} is no id or root; give 0x and 64 hex digits")
    return value


def write_new(path: Path, body: dict[str, Any]) -> None:
    """Write a JSON file that does not exist yet.

    Raises:
        ConfigurationError: it exists.
    """
    require_new(path)
    path.write_text(json.dumps(body, indent=1) + "\n")


def require_new(path: Path) -> None:
    """Refuse to overwrite a file.

    Raises:
        ConfigurationError: it exists.
    """
    if path.exists():
        raise ConfigurationError(f"{path} exists and is not overwritten; name another file")


def say(line: str) -> None:
    """One sentence on stdout."""
    console.out.print(line, soft_wrap=True)
