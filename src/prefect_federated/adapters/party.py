"""A party of the protocol at work: an account with its keys, its chain connection and its store."""

from dataclasses import dataclass

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.adapters.vault import Vault
from prefect_federated.core.round_spec import round_of_slot


@dataclass(frozen=True, slots=True)
class Party:
    """Who acts: sponsor, participant, aggregator. `account` is the registered master account."""

    name: str
    account: str
    federation: Federation
    store: ContentStore
    sealing_key: SealingKey

    def __post_init__(self) -> None:
        """Rolls are read from the party's store."""
        self.federation.read_rolls_from(self.store)

    @property
    def vault(self) -> Vault:
        """The party's own documents, encrypted to it alone."""
        return Vault(self.store, self.sealing_key, self._held)

    def _held(self, key: SealingKey, name: str) -> bool:
        """Whether a document may lie under a key that was replaced: of a round that opened since, none may."""
        place = round_of_slot(name)
        return place is None or self.federation.held_key(self.account, key.public_bytes, *place)
