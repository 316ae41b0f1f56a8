"""Sponsor: the consortium's account, which creates tasks, funds them and opens rounds."""

from typing import TYPE_CHECKING

from prefect_federated.blocks.party import PartyBlock

if TYPE_CHECKING:
    from prefect_federated.adapters.party import Party


class Sponsor(PartyBlock):
    """Opens rounds of a task, on a schedule.

    Example:
        Load the block and show the round that its task is in:
        ```python
        from prefect_federated.blocks import Sponsor

        block = Sponsor.load("BLOCK_NAME")
        print(block.open().federation.round_state(task=1))
        ```
    """

    _block_type_name = "Federated Sponsor"
    _block_type_slug = "federated-sponsor"
    _description = "The account that creates, funds and schedules federated tasks."

    def open(self) -> "Party":
        """Connect the sponsor: keys, chain, store."""
        return self.open_party()
