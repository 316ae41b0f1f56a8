"""What every role's block has in common: a name, a chain, keys and a content store."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, HttpUrl

from prefect_federated.blocks.at_rest import AtRestKey
from prefect_federated.blocks.chain import EvmChain
from prefect_federated.blocks.schema import SchemaOnce
from prefect_federated.blocks.signer import Signer
from prefect_federated.blocks.stores import IpfsStore, LocalStore, S3Store

if TYPE_CHECKING:
    from prefect_federated.adapters.data.sources import FileSource
    from prefect_federated.adapters.party import Party

Stores = LocalStore | S3Store | IpfsStore


class PartyBlock(SchemaOnce):
    """Base of Silo, Aggregator and Sponsor; not registered itself."""

    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9"
        "/assets/block-logos/process.png"
    )
    _documentation_url = HttpUrl("https://docs.prefect.io/v3/concepts/blocks")

    label: str = Field(title="Label", description="How the party is called in run names and reports, e.g. hospital-a.")
    chain: EvmChain = Field(title="Chain", description="Chain and contracts of the federation.")
    signer: Signer = Field(title="Signer", description="Keys of the party's account.")
    store: Stores = Field(
        title="Store", description="Content store that the federation shares; payloads in it are encrypted."
    )
    at_rest: AtRestKey | None = Field(
        default=None,
        title="Key at rest",
        description="Opens this party's data files, which are sealed then: see `federated at-rest seal`.",
    )

    def open_party(self) -> "Party":
        """Connect to the chain and the store with the party's keys."""
        from prefect_federated.adapters.party import Party

        federation = self.chain.connect(self.signer)
        return Party(
            name=self.label,
            account=federation.account,
            federation=federation,
            store=self.store.open(),
            sealing_key=self.signer.open_sealing_key(),
        )

    def file_source(self, path: Path, stream: bool = False) -> "FileSource":
        """A table in a file of this party's, sealed at rest if a key for that is named; reads nothing yet."""
        from prefect_federated.adapters.data.sources import FileSource

        return FileSource(path, stream, self.at_rest.open() if self.at_rest else None)
