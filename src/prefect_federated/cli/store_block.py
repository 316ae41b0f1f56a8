"""From what `--store` says to the block of a content store."""

from pathlib import Path

from prefect_federated.blocks.party import Stores
from prefect_federated.blocks.stores import store_block as block_of


def store_block(store: str, out: Path) -> Stores:
    """The block that an address names; a bare "local" is a folder in the output folder."""
    return block_of(f"local:{out.absolute() / 'store'}" if store == "local" else store)
