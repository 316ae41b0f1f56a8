"""Mirrors versions of the on-chain registry into MLflow's, once each, and moves the alias people load by.

registered model -> logged model (files) -> model version (tags, Markdown) -> alias, once confirmed
"""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.mlflow.description import version_note
from prefect_federated.adapters.mlflow.package import save_package
from prefect_federated.adapters.mlflow.records import ModelVersion, PackagedModel
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion as Mirrored

HASH_TAG = "evm.version_hash"
NUMBER_TAG = "evm.version"
OWNER_TAG = "federated.task_ref"
OURS = ("evm.", "content.", "federated.")  # how the names of our tags begin


def register(client: "MlflowClient", experiment_id: str, name: str, version: ModelVersion, model: PackagedModel) -> int:
    """Mirror a version and return MLflow's number for it; one with the same hash is found and updated.

    The files come first and carry the hash too, so that a call that died in between is taken up by the next.
    """
    claim_name(client, name, version)
    if found := find_version(client, name, version.version_hash):
        _refresh(client, found, version)
        return int(found.version)
    logged = _logged_model(client, experiment_id, name, version, model)
    # A model id without a run makes a database store look in MLflow's process-wide store: a server only.
    client.create_model_version(
        name,
        logged.artifact_location,
        run_id=version.run_id or None,
        tags=version_tags(version),
        description=version_note(version),
        await_creation_for=0,
        model_id=logged.model_id if version.run_id or client.tracking_uri.startswith("http") else None,
    )
    number = _settled_number(client, name, version.version_hash)
    client.set_logged_model_tags(
        logged.model_id, {"mlflow.modelVersions": json.dumps([{"name": name, "version": number}])}
    )
    return number


def point(client: "MlflowClient", name: str, version: ModelVersion) -> int:
    """Mirror a version without its files: whoever loads it has them made from chain and content store."""
    claim_name(client, name, version)
    if found := find_version(client, name, version.version_hash):
        _refresh(client, found, version)
        return int(found.version)
    client.create_model_version(
        name,
        content_place(version),
        run_id=version.run_id or None,
        tags=version_tags(version),
        description=version_note(version),
        await_creation_for=0,
    )
    return _settled_number(client, name, version.version_hash)


def content_place(version: ModelVersion) -> str:
    """Artifact URI of a version in the content store; see `content.py`."""
    key = version.key
    return f"federated://{key.chain_id}/{key.coordinator}/{key.task}/{version.version_hash}"


def promote(client: "MlflowClient", name: str, version_hash: str, alias: str) -> bool:
    """Move the alias to the version with this hash, and tell whether it stands there now.

    It never moves back to a smaller number of the chain: a late call that still names an older head changes
    nothing, since the chain rolls back by a new version.
    """
    wanted = find_version(client, name, version_hash)
    if wanted is None:
        raise ConfigurationError(f"{name!r} has no version {version_hash}: register it, then move {alias!r}")
    standing = str(client.get_registered_model(name).aliases.get(alias, ""))
    if standing == str(wanted.version):
        return True
    if standing and _number(client.get_model_version(name, standing)) > _number(wanted):
        return False
    client.set_registered_model_alias(name, alias, str(wanted.version))
    return True


def stands(client: "MlflowClient", name: str, version_hash: str, alias: str) -> bool:
    """Whether the alias stands on the version with this hash."""
    found = find_version(client, name, version_hash)
    return found is not None and str(client.get_registered_model(name).aliases.get(alias, "")) == str(found.version)


def tag(client: "MlflowClient", name: str, version_hash: str, tags: Mapping[str, str]) -> bool:
    """Set tags of a mirrored version that differ; returns whether it is mirrored at all."""
    found = find_version(client, name, version_hash)
    for key, value in tags.items() if found else ():
        if found is not None and found.tags.get(key) != value:
            client.set_model_version_tag(name, str(found.version), key, value)
    return found is not None


def find_version(client: "MlflowClient", name: str, version_hash: str) -> "Mirrored | None":
    """The mirrored version; of two that were created at once the first stays and the others are deleted."""
    query = f"name = '{name}' and tags.`{HASH_TAG}` = '{version_hash}'"
    found = sorted(client.search_model_versions(query), key=lambda one: int(one.version))
    for twin in found[1:]:
        client.delete_model_version(name, str(twin.version))
    return found[0] if found else None


def claim_name(client: "MlflowClient", name: str, version: ModelVersion) -> None:
    """Create the registered model, or make sure that it mirrors this very task, not one of the same name."""
    from mlflow.exceptions import MlflowException

    owner = f"{version.key.federation}/{version.key.task}"
    try:
        standing = client.get_registered_model(name).tags.get(OWNER_TAG)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        client.create_registered_model(name, {OWNER_TAG: owner, "federated.task_id": version.task_id})
        return
    if standing != owner:
        raise ConfigurationError(
            f"MLflow model {name!r} belongs to {standing or 'somebody else'}, not to {owner}: "
            "set another registered model prefix"
        )


def model_name(prefix: str, task_name: str) -> str:
    """Name of the registered model; MLflow allows no slash, colon or quote in it.

    >>> model_name("eu-", "heart/failure")
    'eu-heart-failure'
    """
    return re.sub(r"[^\w.\- ]", "-", prefix + task_name)


def version_tags(version: ModelVersion) -> dict[str, str]:
    """Everything that ties the mirrored version to the chain and to its bytes."""
    return {
        "evm.chain_id": str(version.key.chain_id),
        "evm.coordinator": version.key.coordinator,
        "evm.registry": version.registry,
        NUMBER_TAG: str(version.number),
        HASH_TAG: version.version_hash,
        "evm.parent_hash": version.parent_hash,
        "evm.tx_hash": version.tx_hash,
        "content.sha256": version.model_root,
        "content.uri": version.content_uri,
        "federated.task": version.task_name,
        "federated.task_id": version.task_id,
        "federated.round": str(version.key.round),
        "federated.status": version.status,
        **version.tags,
    }


def stray_tags(there: "Mirrored", version: ModelVersion) -> dict[str, str]:
    """Tags under our names that neither chain nor store tells, such as a remedy that is none."""
    wanted = version_tags(version)
    return {tag: value for tag, value in there.tags.items() if tag.startswith(OURS) and tag not in wanted}


def _logged_model(
    client: "MlflowClient", experiment_id: str, name: str, version: ModelVersion, model: PackagedModel
) -> "LoggedModel":
    """The files of a version, READY only when all of them lie there."""
    query = f"tags.`{HASH_TAG}` = '{version.version_hash}'"
    tags = version_tags(version)
    known = list(client.search_logged_models([experiment_id], query))
    if not known:
        known = [client.create_logged_model(experiment_id, name, version.run_id or None, tags)]
    logged = min(known, key=lambda one: (one.creation_timestamp, one.model_id))
    if str(logged.status) != "READY":
        with tempfile.TemporaryDirectory() as folder:
            files = save_package(model, Path(folder), logged.model_id, version.run_id, tags)
            client.log_model_artifacts(logged.model_id, str(files))
        client.finalize_logged_model(logged.model_id, "READY")
    if version.run_id:
        _link_run(client, logged.model_id, version)
    return logged


def _link_run(client: "MlflowClient", model_id: str, version: ModelVersion) -> None:
    """Show the model as the run's output, with the round's metrics on it."""
    from mlflow.entities import LoggedModelOutput, Metric

    run = client.get_run(version.run_id)
    if model_id not in [output.model_id for output in (run.outputs.model_outputs if run.outputs else [])]:
        client.log_outputs(version.run_id, [LoggedModelOutput(model_id, version.key.round)])
    step, at_ms = version.key.round, run.info.end_time or run.info.start_time
    metrics = [Metric(key, value, at_ms, step, model_id=model_id) for key, value in version.metrics.items()]
    if metrics:
        client.log_batch(version.run_id, metrics=metrics)


def _settled_number(client: "MlflowClient", name: str, version_hash: str) -> int:
    """The number that stays, should another mirror have registered the same version at the same moment."""
    found = find_version(client, name, version_hash)
    if found is None:
        raise ConfigurationError(f"{name!r} lost version {version_hash} in MLflow while it was registered")
    return int(found.version)


def _refresh(client: "MlflowClient", found: "Mirrored", version: ModelVersion) -> None:
    """Write what changed on the chain since (a transaction after a reorganisation, a status)."""
    for key, value in version_tags(version).items():
        if found.tags.get(key) != value:
            client.set_model_version_tag(found.name, str(found.version), key, value)
    if found.description != (note := version_note(version)):
        client.update_model_version(found.name, str(found.version), note)


def _number(mirrored: "Mirrored") -> int:
    return int(mirrored.tags[NUMBER_TAG])
