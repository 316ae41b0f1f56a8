"""The held-out set that a committee measures on: one's own, or the one whose root the task's spec names.

table + salt --salted root--> same as the spec's? --> rows to measure on
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.data.root import frame_root
from prefect_federated.adapters.data.sources import DataSource
from prefect_federated.core.errors import ConfigurationError, DataRefused
from prefect_federated.core.spec import TaskSpec

if TYPE_CHECKING:
    from pandas import DataFrame

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A held-out table, and the file with the salt of its root where all members share it."""

    source: DataSource
    salt: Path | None = None

    def root(self) -> bytes:
        """Salted root of the rows, 32 bytes; rows in any order have the same.

        Raises:
            ConfigurationError: there is no salt, or its file holds something else.
            DataError: the table cannot be read.
        """
        return frame_root(self.source.read(), "", read_salt(self.salt))

    def read(self, spec: TaskSpec) -> "DataFrame":
        """The rows to measure on.

        Raises:
            DataRefused: the task fixed its committee's held-out set, and this is another.
            ConfigurationError: the salt of that set is missing.
        """
        named = spec.committee.holdout_root
        if named is not None and (found := self.root()) != named:
            raise DataRefused(
                f"task {spec.name} measures on the held-out set with root 0x{named.hex()}, {self.source.name} has"
                f" 0x{found.hex()}; get file and salt from the sponsor"
            )
        return self.source.read()


def read_salt(path: Path | None) -> bytes:
    """The 32 bytes that a salt file holds as hex.

    Raises:
        ConfigurationError: no file is named, or it holds something else.
    """
    if path is None:
        raise ConfigurationError(
            "the task fixed its committee's held-out set; name the file with its salt too (holdout_salt)"
        )
    try:
        found = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        kind = type(error).__name__
        raise ConfigurationError(f"{path} is no file of {SALT_BYTES} bytes as hex ({kind}); name another") from error
    if len(found) != SALT_BYTES:
        raise ConfigurationError(f"{path} holds {len(found)} bytes, a salt has {SALT_BYTES}; name another file")
    return found


def make_salt(path: Path) -> None:
    """Write a fresh salt that its owner alone can read; a file that is there stays."""
    if path.exists():
        return
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(SALT_BYTES) + "\n")
