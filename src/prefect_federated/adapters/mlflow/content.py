"""MLflow's artifacts out of the content store: a model version without files of its own in MLflow.

federated://CHAIN/COORDINATOR/TASK/VERSION_HASH --chain--> roots --store, hashed--> MLflow folder, made here

    FEDERATED_CHAIN=https://node.example FEDERATED_STORE=s3://models/fl \\
        python -c "import mlflow; mlflow.pyfunc.load_model('models:/readmission@champion')"

Whoever loads a model names node and store, and so whom it trusts; bytes that do not hash to what the chain says
are refused. The folder holds what the mirror would upload, and a module for `mlflow.pytorch` where the plan has one.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from prefect_federated.adapters.mlflow.pytorch_flavor import add_pytorch
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import ConfigurationError

SCHEME = "federated"
CHAIN, STORE, HOME = "FEDERATED_CHAIN", "FEDERATED_STORE", "FEDERATED_HOME"


@dataclass(frozen=True, slots=True)
class Place:
    """A version of a task's registry, as an artifact URI names it."""

    chain_id: int
    coordinator: str
    task: int
    version_hash: str

    @classmethod
    def parse(cls, uri: str) -> "Place":
        """Read a URI.

        Raises:
            ConfigurationError: it is none of ours.
        """
        scheme, _, rest = uri.partition("://")
        parts = rest.strip("/").split("/")
        numbers = len(parts) == 4 and parts[0].isdigit() and parts[2].isdigit()
        if scheme != SCHEME or not numbers or len(parts[3]) != 66:
            raise ConfigurationError(f"{uri} is no {SCHEME}://CHAIN/COORDINATOR/TASK/VERSION_HASH; mirror it again")
        return cls(int(parts[0]), parts[1], int(parts[2]), parts[3])


def folder_of(place: Place, into: Path) -> Path:
    """Make the MLflow folder of a version.

    Raises:
        ConfigurationError: node or store is not named, or the chain has no such version.
        ContentMismatch: the store's bytes do not hash to what the chain says.
    """
    from prefect_federated.adapters.mirroring import made_before, model_version, package
    from prefect_federated.adapters.mlflow.package import save_package
    from prefect_federated.adapters.mlflow.versions import version_tags
    from prefect_federated.adapters.reading import read_past_spec, version_with_hash

    party = _party(place)
    version = version_with_hash(party.federation.versions(place.task), bytes.fromhex(place.version_hash[2:]))
    if not version.round:
        raise ConfigurationError(
            f"version {version.number} of task {place.task} was made by no round; load a later one"
        )
    spec = read_past_spec(party, place.task, version.round)
    made = made_before(party, spec, version)
    model = package(party, spec, made, version)
    tags = version_tags(model_version(party, spec, version, "", made))
    folder = save_package(model, into, "m-" + place.version_hash[2:34], "", tags)
    add_pytorch(folder, model)
    return folder


def _party(place: Place) -> Party:
    from prefect_federated.adapters.evm.deploy import deployment_of
    from prefect_federated.adapters.evm.event_index import EventIndex, index_file
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.evm.rpc import connect
    from prefect_federated.adapters.keys import SealingKey
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.core.enforced import NOBODY

    node, store = (os.environ.get(name) for name in (CHAIN, STORE))
    if not node or not store:
        raise ConfigurationError(
            f"a model of {SCHEME}:// comes from chain and content store: set {CHAIN} to a node and {STORE} to a store"
        )
    w3 = connect(node, place.chain_id)
    federation = Federation(w3, place.coordinator, from_block=deployment_of(w3, place.coordinator).block)
    home = Path(os.environ.get(HOME, "~/.federated")).expanduser()
    federation.read_events_from(EventIndex(index_file(home, place.chain_id, place.coordinator)))
    return Party("reader", NOBODY, federation, open_store(store), SealingKey.generate())
