"""An auditor: a party that reads chain and store, and signs nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.party import Party


def auditor(federation: "Federation", store: str) -> "Party":
    """A party over a store that is named by its address; its sealing key is made up and thrown away.

    Raises:
        ConfigurationError: no such store.
    """
    from prefect_federated.adapters.keys import SealingKey
    from prefect_federated.adapters.party import Party
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.core.enforced import NOBODY

    return Party("auditor", NOBODY, federation, open_store(store), SealingKey.generate())
