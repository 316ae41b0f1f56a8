"""Validator: a bonded reader that judges rounds on a held-out set of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from prefect_federated.blocks.party import PartyBlock

if TYPE_CHECKING:
    from prefect_federated.adapters.validator import Validator as OpenValidator


class Validator(PartyBlock):
    """Reads the updates of a round, measures the model that they would make, votes on it.

    Example:
        Load the block and see whether the committee of task 1 is drawn:
        ```python
        from prefect_federated.blocks import Validator

        block = Validator.load("BLOCK_NAME")
        print(block.open().party.federation.ballot(task=1))
        ```
    """

    _block_type_name = "Federated Validator"
    _block_type_slug = "federated-validator"
    _description = "A bonded reader that measures candidate models on its own data and votes on them."

    holdout: Path = Field(
        title="Holdout", description="CSV or Parquet file that models are measured on; it never leaves the validator."
    )

    holdout_salt: Path | None = Field(
        default=None,
        title="Salt of the holdout",
        description="File with the salt of a held-out set that all members share; empty where each has its own.",
    )

    mailbox: Path | None = Field(
        default=None,
        title="Mailbox",
        description="Folder shared with silos and aggregators: for letters about updates found sound, and for shares of"
        " updates where the committee opens them; none if empty.",
    )

    def open(self) -> "OpenValidator":
        """Connect the validator: keys, chain, store, held-out data."""
        from prefect_federated.adapters.holdout import HeldOut
        from prefect_federated.adapters.mailbox import FolderMailbox
        from prefect_federated.adapters.validator import Validator as OpenValidator

        return OpenValidator(
            party=self.open_party(),
            holdout=HeldOut(self.file_source(self.holdout), self.holdout_salt),
            mailbox=FolderMailbox(self.mailbox) if self.mailbox else None,
        )
