"""`federated validator holdout-root`, and the options that name a held-out set.

table + salt --> salted root --> committee.holdout_root of a task's spec
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.rest_key import table_of

if TYPE_CHECKING:
    from prefect_federated.adapters.holdout import HeldOut

HoldoutOption = Annotated[
    Path | None, typer.Option(help="CSV or Parquet file to measure on; not needed where an opinion is kept already.")
]
SaltOption = Annotated[
    Path | None, typer.Option(help="File with the salt of a held-out set whose root the task's spec names.")
]


@dataclass(frozen=True)
class Holdout:
    """The options that name a held-out set."""

    holdout: HoldoutOption = None
    holdout_salt: SaltOption = None

    def open(self) -> "HeldOut | None":
        """The set, if one is named."""
        return None if self.holdout is None else _held_out(self.holdout, self.holdout_salt)


@console.says_what_to_do
def holdout_root(
    holdout: Annotated[Path, typer.Argument(help="CSV or Parquet file with the rows to measure on.")],
    salt: Annotated[Path, typer.Option(help="File with the salt of the root; made if missing.")],
) -> None:
    """Print the root of a held-out set, for `committee.holdout_root` of a task's spec.

    Then every member must measure on these rows, and whoever is given file and salt, an auditor for instance, gets
    the same scores. Without the salt nobody can tell from the root whether a row is in it.
    """
    from prefect_federated.adapters.holdout import make_salt

    make_salt(salt)
    console.out.print("0x" + _held_out(holdout, salt).root().hex(), soft_wrap=True, highlight=False)


def _held_out(path: Path, salt: Path | None) -> "HeldOut":
    from prefect_federated.adapters.holdout import HeldOut

    return HeldOut(table_of(path), salt)
