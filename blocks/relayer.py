"""Relayer: who brings what participants left in a mailbox to the chain."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, HttpUrl, model_validator

from prefect_federated.blocks.chain import EvmChain
from prefect_federated.blocks.party import Stores
from prefect_federated.blocks.schema import SchemaOnce
from prefect_federated.blocks.signer import Signer

if TYPE_CHECKING:
    from prefect_federated.adapters.relayer import Relayer as OpenRelayer


class Relayer(SchemaOnce):
    """Brings signed commits and openings in batches. It needs money for gas, no stake, and is trusted with nothing.

    With `roll` it posts rolls instead: two roots a round, for which a poster's bond answers.

    Example:
        Load the block and see what waits in a round:
        ```python
        from prefect_federated.adapters.relayer import waiting_commits
        from prefect_federated.blocks import Relayer

        block = Relayer.load("BLOCK_NAME")
        print(len(waiting_commits(block.open(), task=1, round=1).letters))
        ```
    """

    _block_type_name = "Federated Relayer"
    _block_type_slug = "federated-relayer"
    _description = "Brings participants' signed commits and openings to the chain, many in one transaction."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9"
        "/assets/block-logos/process.png"
    )
    _documentation_url = HttpUrl("https://docs.prefect.io/v3/concepts/blocks")

    label: str = Field(title="Label", description="How the relayer is called in run names, e.g. relayer.")
    chain: EvmChain = Field(title="Chain", description="Chain and contracts of the federation.")
    signer: Signer = Field(title="Signer", description="Keys of the account that pays for the batches.")
    mailbox: Path = Field(title="Mailbox", description="Folder in which participants leave what is to be brought.")
    roll: bool = Field(
        default=False,
        title="Roll",
        description="Whether to post rolls instead of batches; the account needs a poster's bond in the task.",
    )
    store: Stores | None = Field(
        default=None, title="Store", description="Content store that the federation shares; lists of rolls lie there."
    )
    receipts: bool = Field(
        default=True,
        title="Receipts",
        description="Whether to sign, for each commit in a roll, that it is there; the poster's bond answers for it.",
    )

    @model_validator(mode="after")
    def _somewhere_for_lists(self) -> "Relayer":
        if self.roll and self.store is None:
            raise ValueError("roll needs a store; name the content store that the federation shares")
        return self

    def open(self) -> "OpenRelayer":
        """Connect the relayer: key, chain, mailbox."""
        from prefect_federated.adapters.mailbox import FolderMailbox
        from prefect_federated.adapters.relayer import Relayer as OpenRelayer

        store = self.store.open() if self.roll and self.store else None
        box = FolderMailbox(self.mailbox)
        return OpenRelayer(self.label, self.chain.connect(self.signer), box, store, self.receipts)
