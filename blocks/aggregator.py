"""Aggregator: a bonded party that concludes rounds, with an optional held-out set and MLflow mirror."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from prefect_federated.blocks.party import PartyBlock
from prefect_federated.blocks.registry import ModelRegistryMirror

if TYPE_CHECKING:
    from prefect_federated.adapters.aggregator import Aggregator as OpenAggregator


class Aggregator(PartyBlock):
    """Reads the payloads of a round, proposes its result, settles it.

    Example:
        Load the block and show whom it acts for:
        ```python
        from prefect_federated.blocks import Aggregator

        block = Aggregator.load("BLOCK_NAME")
        print(block.open().party.account)
        ```
    """

    _block_type_name = "Federated Aggregator"
    _block_type_slug = "federated-aggregator"
    _description = "A bonded party that aggregates and settles rounds, and mirrors them to MLflow."

    holdout: Path | None = Field(
        default=None,
        title="Holdout",
        description="CSV or Parquet file the model is judged on; none if empty.",
    )
    mirror: ModelRegistryMirror | None = Field(
        default=None,
        title="Mirror",
        description="MLflow registry that follows the one on chain; none if empty.",
    )
    mailbox: Path | None = Field(
        default=None,
        title="Mailbox",
        description="Folder shared with participants, committee and key holders: for receipts, and for what the latter"
        " two open of a round; none if empty.",
    )
    relies_on_regions: bool = Field(
        default=False,
        title="Relies on regions",
        description="Take the sums of the task's regional aggregators from the mailbox, in place of single updates;"
        " this aggregator's bond answers for them.",
    )
    records: bool = Field(
        default=False,
        title="Records",
        description="Let settled rounds count for the participants' reputation: a transaction a round.",
    )

    def open(self) -> "OpenAggregator":
        """Connect the aggregator: keys, chain, store, held-out data, mirror."""
        from prefect_federated.adapters.aggregator import Aggregator as OpenAggregator
        from prefect_federated.adapters.mailbox import FolderMailbox

        return OpenAggregator(
            party=self.open_party(),
            holdout=self.file_source(self.holdout) if self.holdout else None,
            mirror=self.mirror.open() if self.mirror else None,
            mailbox=FolderMailbox(self.mailbox) if self.mailbox else None,
            relies_on_regions=self.relies_on_regions,
            records=self.records,
        )
