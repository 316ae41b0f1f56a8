"""Where MLflow differs from what chain and store say: each difference with both values, found without writing.

wanted runs and versions, rebuilt --compare--> what MLflow has --> Drift(kind, what, found, expected)
"""

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.mlflow.layout import PARENT, layout
from prefect_federated.adapters.mlflow.losses import TAGS
from prefect_federated.adapters.mlflow.package import save_package
from prefect_federated.adapters.mlflow.records import ModelVersion, PackagedModel, RoundRecord
from prefect_federated.adapters.mlflow.runs import KEY_TAG, SLOT_TAG
from prefect_federated.adapters.mlflow.versions import HASH_TAG, OWNER_TAG, content_place, stray_tags, version_tags

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion as Mirrored

# Of a run only what the chain alone tells is compared: names and local numbers are known to who mirrored it live.
_TOLD = ("federated.task", "federated.task_id", "federated.round", "federated.status", "federated.outcome", *TAGS)
_CHAIN = ("evm.chain_id", "evm.coordinator")
_ENVIRONMENT = ("requirements.txt", "conda.yaml", "python_env.yaml")


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. `round` with a run's `slot`, or `version_hash`, says what must be written again."""

    kind: str
    what: str
    found: str
    expected: str
    round: int | None = None
    version_hash: str = ""
    slot: str = PARENT

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.kind}: {self.what} is {self.found}, chain and store say {self.expected}"


def owner_drift(client: "MlflowClient", name: str, owner: str) -> Iterator[Drift]:
    """Whether there is a registered model, and it mirrors this task."""
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_registered_model(name).tags.get(OWNER_TAG)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        yield Drift("missing model", f"registered model {name!r}", "not in MLflow", f"a mirror of {owner}")
        return
    if found != owner:
        yield Drift("changed tag", f"{OWNER_TAG} of model {name!r}", repr(found), repr(owner))


def run_drifts(
    client: "MlflowClient",
    experiment_id: str,
    records: Sequence[RoundRecord],
    federation: str,
    children: bool = True,
) -> Iterator[Drift]:
    """Runs that are missing, changed, or of rounds that never were."""
    found: dict[str, dict[str, Run]] = {}
    for run in client.search_runs([experiment_id], f"tags.`{KEY_TAG}` LIKE '{federation}/%'", max_results=50_000):
        found.setdefault(run.data.tags[KEY_TAG], {})[run.data.tags.get(SLOT_TAG, "?")] = run
    for record in records:
        there = found.pop(record.key.text, {})
        for slot, wanted in layout(record, children).items():
            what = f"run of round {record.key.round}" + (f", participant {slot}" if slot != PARENT else "")
            if slot not in there:
                yield Drift("missing run", what, "not in MLflow", wanted.name, record.key.round)
                continue
            run = there[slot]
            for tag in (*_TOLD, *_CHAIN):
                if tag in wanted.tags and run.data.tags.get(tag) != wanted.tags[tag]:
                    told = repr(run.data.tags.get(tag)), repr(wanted.tags[tag])
                    yield Drift("changed tag", f"{tag} of the {what}", *told, record.key.round, slot=slot)
            for metric, value in wanted.told.items():
                if run.data.metrics.get(metric) != value:
                    seen, round = str(run.data.metrics.get(metric)), record.key.round
                    yield Drift("changed metric", f"{metric} of the {what}", seen, str(value), round, slot=slot)
    for key in sorted(found):
        yield Drift("run only in MLflow", f"run of {key}", "there", "no such finished round")


def version_drifts(
    client: "MlflowClient", name: str, wanted: Sequence[tuple[ModelVersion, PackagedModel]]
) -> Iterator[Drift]:
    """Versions on one side only, changed tags, files whose bytes are not those of the store."""
    found: dict[str, Mirrored] = {}
    for one in client.search_model_versions(f"name = '{name}'"):
        version_hash = one.tags.get(HASH_TAG, "")
        if version_hash not in {version.version_hash for version, _ in wanted} or version_hash in found:
            what = f"version {one.version} of {name!r}"
            yield Drift("version only in MLflow", what, version_hash or "without a hash", "no such version", None, "")
        else:
            found[version_hash] = one
    for version, model in wanted:
        what, there = f"version {version.number} on chain", found.get(version.version_hash)
        if there is None:
            yield Drift(
                "version only on chain", what, "not in MLflow", version.version_hash, None, version.version_hash
            )
            continue
        for tag, value in version_tags(version).items():
            if there.tags.get(tag) != value:
                told = repr(there.tags.get(tag)), repr(value)
                yield Drift("changed tag", f"{tag} of {what}", *told, None, version.version_hash)
        for tag, value in stray_tags(there, version).items():
            yield Drift("tag only in MLflow", f"{tag} of {what}", repr(value), "nothing", None, version.version_hash)
        yield from _artifact_drifts(there, version, model, what)


def alias_drift(client: "MlflowClient", name: str, alias: str, version_hash: str | None) -> Iterator[Drift]:
    """An alias that does not stand on the version that it should, once that is confirmed."""
    standing = client.get_registered_model(name).aliases.get(alias)
    if version_hash is None:
        return
    found = client.get_model_version(name, str(standing)).tags.get(HASH_TAG, "") if standing else "nowhere"
    if found != version_hash:
        yield Drift("alias", f"{alias!r} of {name!r}", str(found), version_hash, None, version_hash)


def _artifact_drifts(there: "Mirrored", version: ModelVersion, model: PackagedModel, what: str) -> Iterator[Drift]:
    if str(there.source).startswith("federated:"):  # made from chain and store whenever it is loaded
        if there.source != (place := content_place(version)):
            yield Drift("altered artifact", f"source of {what}", str(there.source), place, None, version.version_hash)
        return
    with tempfile.TemporaryDirectory() as folder:
        made = save_package(model, Path(folder) / "wanted", "m-0", version.run_id, version_tags(version))
        wanted, found = _comparable(made), _downloaded(there, Path(folder) / "found")
    if found is None:
        yield Drift("altered artifact", f"the files of {what}", "not to be had", "there", None, version.version_hash)
        return
    for name in sorted({*wanted, *found}):
        ours, theirs = wanted.get(name, "no file"), found.get(name, "no file")
        if ours != theirs:
            yield Drift("altered artifact", f"{name} of {what}", theirs, ours, None, version.version_hash)


def _downloaded(there: "Mirrored", folder: Path) -> dict[str, str] | None:
    import mlflow.artifacts
    from mlflow.exceptions import MlflowException

    folder.mkdir()
    try:
        return _comparable(Path(mlflow.artifacts.download_artifacts(artifact_uri=there.source, dst_path=str(folder))))
    except (MlflowException, OSError):
        return None


def _comparable(folder: Path) -> dict[str, str]:
    """What must be the same of each file: its hash, or the part of it that does not depend on when it was written."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "registered_model_meta")
    return {str(path.relative_to(folder)): _part(path) for path in files}


def _part(path: Path) -> str:
    if path.name in _ENVIRONMENT:  # names of packages; versions are those installed where it was mirrored
        return re.sub(r"(==|<=|>=)?v?\d[\w.+]*", "", path.read_text())
    if path.name != "MLmodel":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    from mlflow.models import Model

    try:  # names the code that MLflow runs
        flavours = Model.load(str(path)).flavors
        flavour = flavours.get("python_function", {})
        return repr([sorted(flavours), *(flavour.get(key) for key in ("loader_module", "data", "config", "code"))])
    except Exception as error:  # whatever a changed file makes of MLflow's reader
        return f"unreadable ({type(error).__name__})"
