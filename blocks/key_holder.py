"""KeyHolder: who opens the sums of tasks whose updates are encrypted, together with others like it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from prefect_federated.blocks.party import PartyBlock

if TYPE_CHECKING:
    from prefect_federated.adapters.key_holder import KeyHolder as OpenKeyHolder


class KeyHolder(PartyBlock):
    """Opens its part of each round's sum, and nothing else. It is registered, and needs no stake.

    Example:
        Load the block and show the key that goes into a task's spec:
        ```python
        from prefect_federated.adapters.sum_keys import own_sum_key
        from prefect_federated.blocks import KeyHolder

        block = KeyHolder.load("BLOCK_NAME")
        print(own_sum_key(block.open().party).public_bytes().hex())
        ```
    """

    _block_type_name = "Federated Key Holder"
    _block_type_slug = "federated-key-holder"
    _description = "Opens the sum of a round's encrypted updates, together with the task's other key holders."

    mailbox: Path = Field(
        title="Mailbox", description="Folder shared with aggregators and key holders, in which openings are named."
    )

    def open(self) -> "OpenKeyHolder":
        """Connect the key holder: keys, chain, store, mailbox."""
        from prefect_federated.adapters.key_holder import KeyHolder as OpenKeyHolder
        from prefect_federated.adapters.mailbox import FolderMailbox

        return OpenKeyHolder(self.open_party(), FolderMailbox(self.mailbox))
