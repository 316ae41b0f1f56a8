"""MLflow as a mirror of the chain: a round becomes runs, a registry version a model version with an alias.

    mirror = Mirror(sqlite_uri(folder), "federated")
    runs = mirror.record_round(record)
    mirror.register(version, model)
    mirror.promote("readmission", version.version_hash, confirmations_seen=12)

Every call may be repeated, by another process too: it finds what is there and adds what is missing. The chain
stays the truth; nothing is ever read back from here to decide something.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from prefect_federated.adapters.mlflow import runs, versions
from prefect_federated.adapters.mlflow.records import ModelVersion, PackagedModel, RoundKey, RoundRecord, RunIds
from prefect_federated.adapters.mlflow.store import ensure_experiment, open_client, reaching, ui_command

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
_LOCKS: dict[str, threading.RLock] = {}  # by store: SQLite refuses a second writer


class Mirror:
    """Writes rounds and model versions into one MLflow experiment and registry; threads may share it."""

    def __init__(
        self,
        tracking_uri: str,
        experiment: str,
        registry_uri: str | None = None,
        model_prefix: str = "",
        confirmations: int = 0,
        files: Literal["mlflow", "store"] = "mlflow",
        participant_runs: bool = True,
    ) -> None:
        self.tracking_uri = tracking_uri
        self.registry_uri = registry_uri or tracking_uri
        self.experiment = experiment
        self.model_prefix = model_prefix
        self.confirmations = confirmations
        self.files = files
        self.participant_runs = participant_runs
        self._lock = _LOCKS.setdefault(tracking_uri, threading.RLock())
        self._opened: tuple[MlflowClient, str] | None = None

    def record_round(self, record: RoundRecord, again: bool = False) -> RunIds:
        """Mirror a round as a parent run and one child run per participant; `again` writes over what looks whole."""
        with self._lock, reaching(self.tracking_uri):
            return runs.record_round(*self._open(), record, again, self.participant_runs)

    def has_round(self, key: RoundKey) -> bool:
        """Whether a round's runs are there, all written to the end."""
        with self._lock, reaching(self.tracking_uri):
            return runs.has_round(*self._open(), key)

    def attach_lineage(self, run_id: str, page: str) -> None:
        """Put the lineage page on a round's run, over one that lies there."""
        with self._lock, reaching(self.tracking_uri):
            self._open()[0].log_text(run_id, page, runs.LINEAGE_FILE)

    def attach_files(self, run_id: str, write: Callable[[Path], list[Path]]) -> None:
        """Put files on a round's run, over those that lie there; `write` writes them into a folder that then goes."""
        with TemporaryDirectory() as folder, self._lock, reaching(self.tracking_uri):
            for path in write(Path(folder)):
                self._open()[0].log_artifact(run_id, str(path))

    def lineage_link(self, key: RoundKey) -> str:
        """Where the lineage page of a round is read: in MLflow's pages, or as a file; empty where there is none."""
        with self._lock, reaching(self.tracking_uri):
            return runs.lineage_link(*self._open(), key)

    def run_of(self, key: RoundKey) -> str:
        """Id of a round's run; empty where there is none."""
        with self._lock, reaching(self.tracking_uri):
            return runs.run_of(*self._open(), key)

    def register(self, version: ModelVersion, model: PackagedModel) -> int:
        """Mirror a version of the on-chain registry with its files; returns MLflow's own number for it."""
        with self._lock, reaching(self.registry_uri):
            name = self.model_name(version.task_name)
            if self.files == "store":
                return versions.point(self._open()[0], name, version)
            return versions.register(*self._open(), name, version, model)

    def promote(self, task_name: str, version_hash: str, confirmations_seen: int, alias: str = CHAMPION) -> bool:
        """Let the alias of a task's model follow the chain's head, once enough blocks lie on it.

        Returns whether the alias stands on that version: False while it waits for confirmations, or when it
        already stands on a later version of the chain.
        """
        if confirmations_seen < self.confirmations:
            return False
        with self._lock, reaching(self.registry_uri):
            client, _ = self._open()
            return versions.promote(client, self.model_name(task_name), version_hash, alias)

    def tag(self, task_name: str, version_hash: str, tags: Mapping[str, str]) -> bool:
        """Set tags of a mirrored version; returns False where it is not mirrored."""
        with self._lock, reaching(self.registry_uri):
            client, _ = self._open()
            return versions.tag(client, self.model_name(task_name), version_hash, tags)

    def follows(self, task_name: str, version_hash: str, alias: str = CHAMPION) -> bool:
        """Whether a version is mirrored and the alias stands on it: there is nothing left to write."""
        with self._lock, reaching(self.registry_uri):
            client, _ = self._open()
            return versions.stands(client, self.model_name(task_name), version_hash, alias)

    def owner(self, model: str) -> str:
        """Which task a registered model mirrors, as `eip155:chain:coordinator/task`; empty if it mirrors none.

        Raises:
            ConfigurationError: there is no such model.
        """
        with self._lock, reaching(self.registry_uri):
            client, _ = self._open()
            return str(client.get_registered_model(model).tags.get(versions.OWNER_TAG, ""))

    def aliased(self, model: str, alias: str) -> str:
        """Hash of the version that an alias stands on, 0x-hex, as MLflow has it.

        Raises:
            ConfigurationError: there is no such model or alias.
        """
        with self._lock, reaching(self.registry_uri):
            client, _ = self._open()
            return str(client.get_model_version_by_alias(model, alias).tags.get(versions.HASH_TAG, ""))

    @contextmanager
    def connected(self) -> "Iterator[tuple[MlflowClient, str]]":
        """The client and the experiment's id, alone until the block ends; errors come in our words."""
        with self._lock, reaching(self.tracking_uri):
            yield self._open()

    def model_name(self, task_name: str) -> str:
        """Name of a task's registered model."""
        return versions.model_name(self.model_prefix, task_name)

    def ui_command(self, port: int = 5001) -> str:
        """Command that opens the MLflow UI on this store."""
        return ui_command(self.tracking_uri, port)

    def _open(self) -> "tuple[MlflowClient, str]":
        if self._opened is None:
            client = open_client(self.tracking_uri, self.registry_uri)
            self._opened = client, ensure_experiment(client, self.experiment, self.tracking_uri)
        return self._opened
