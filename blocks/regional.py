"""RegionalAggregator: who sums the updates of a region's silos for the aggregator."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from prefect_federated.blocks.party import PartyBlock

if TYPE_CHECKING:
    from prefect_federated.adapters.regional import RegionalAggregator as OpenRegionalAggregator


class RegionalAggregator(PartyBlock):
    """Reads the updates of its region's silos and leaves their sum. It is registered, and needs no stake.

    Example:
        Load the block and show whom it acts for:
        ```python
        from prefect_federated.blocks import RegionalAggregator

        block = RegionalAggregator.load("BLOCK_NAME")
        print(block.open().party.account)
        ```
    """

    _block_type_name = "Federated Regional Aggregator"
    _block_type_slug = "federated-regional-aggregator"
    _description = "Sums the updates of a region's silos, so that the aggregator reads one vector a region."

    mailbox: Path = Field(title="Mailbox", description="Folder shared with the aggregator, in which sums are named.")

    def open(self) -> "OpenRegionalAggregator":
        """Connect the regional aggregator: keys, chain, store, mailbox."""
        from prefect_federated.adapters.mailbox import FolderMailbox
        from prefect_federated.adapters.regional import RegionalAggregator as OpenRegionalAggregator

        return OpenRegionalAggregator(self.open_party(), FolderMailbox(self.mailbox))
