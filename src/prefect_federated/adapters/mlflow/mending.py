"""What a repair must do that mirroring alone does not: take back a name, drop strangers, lay files anew.

registered model's owner tag;  versions and runs that the chain does not have;  files that are not those of the store
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from prefect_federated.adapters.mlflow.package import save_package
from prefect_federated.adapters.mlflow.records import ModelVersion, PackagedModel, RoundKey, RoundRecord
from prefect_federated.adapters.mlflow.runs import KEY_TAG, run_of
from prefect_federated.adapters.mlflow.versions import HASH_TAG, OWNER_TAG, find_version, stray_tags, version_tags
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from mlflow import MlflowClient


class Known(Protocol):
    """What the chain has of a task; see `Wanted`."""

    @property
    def federation(self) -> str:
        """The coordinator in CAIP-10 form."""
        ...

    @property
    def task(self) -> int:
        """Number of the task."""
        ...

    @property
    def records(self) -> Sequence[RoundRecord]:
        """Finished rounds."""
        ...

    @property
    def versions(self) -> Sequence[tuple[ModelVersion, PackagedModel]]:
        """Versions but genesis."""
        ...


def release_name(client: "MlflowClient", name: str, owner: str) -> None:
    """Write the owner tag again where it was lost; a model that names another task is left to its owner.

    Raises:
        ConfigurationError: it mirrors another task.
    """
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_registered_model(name).tags.get(OWNER_TAG)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return
    if found and found.startswith("eip155:") and found != owner:
        raise ConfigurationError(
            f"MLflow model {name!r} belongs to {found}, not to {owner}: set another registered model prefix"
        )
    client.set_registered_model_tag(name, OWNER_TAG, owner)


def drop_strangers(client: "MlflowClient", experiment_id: str, name: str, known: Known) -> None:
    """Delete versions and runs that claim to mirror this task and do not, and tags that say what nobody said."""
    wanted, seen = {version.version_hash: version for version, _ in known.versions}, set[str]()
    for one in sorted(client.search_model_versions(f"name = '{name}'"), key=lambda one: int(one.version)):
        version_hash = one.tags.get(HASH_TAG, "")
        if version_hash not in wanted or version_hash in seen:
            client.delete_model_version(name, str(one.version))
        else:
            for tag in stray_tags(one, wanted[version_hash]):
                client.delete_model_version_tag(name, str(one.version), tag)
        seen.add(version_hash)
    keys = {record.key.text for record in known.records}
    query = f"tags.`{KEY_TAG}` LIKE '{known.federation}/{known.task}/%'"
    for run in client.search_runs([experiment_id], query, max_results=50_000):
        if run.data.tags[KEY_TAG] not in keys:
            client.delete_run(run.info.run_id)


def drop_run(client: "MlflowClient", experiment_id: str, key: RoundKey, slot: str) -> None:
    """Delete a run of a round, to be made anew: MLflow keeps every value that a metric ever had, a false one too."""
    if run_id := run_of(client, experiment_id, key, slot):
        client.delete_run(run_id)


def forget(client: "MlflowClient", name: str, version_hash: str) -> None:
    """Delete a version whose source is wrong: MLflow does not let a source be changed."""
    if found := find_version(client, name, version_hash):
        client.delete_model_version(name, str(found.version))


def lay_files_again(client: "MlflowClient", name: str, version: ModelVersion, model: PackagedModel) -> None:
    """Write a version's files over those that lie there, and delete any other."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    mirrored = find_version(client, name, version.version_hash)
    if mirrored is None:
        return
    place: Any = get_artifact_repository(str(mirrored.source))
    with tempfile.TemporaryDirectory() as folder:
        model_id = getattr(mirrored, "model_id", None) or str(mirrored.source).rstrip("/").split("/")[-2]
        files = save_package(model, Path(folder), model_id, version.run_id, version_tags(version))
        place.delete_artifacts("")
        place.log_artifacts(str(files))
