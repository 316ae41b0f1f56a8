"""The class that MLflow finds by its entry point for `federated://`; import `content` for anything else.

MLflow loads it while it is imported itself, so importing it before MLflow would come in a circle.
"""

import tempfile
from pathlib import Path
from typing import Any

from mlflow.entities import FileInfo
from mlflow.store.artifact.artifact_repo import ArtifactRepository

from prefect_federated.adapters.mlflow.content import Place, folder_of
from prefect_federated.core.errors import ConfigurationError


class ContentRepository(ArtifactRepository):
    """Files of model versions, made from chain and store when they are first asked for; nothing can be written.

    Rooted at a version, or at a task with the version's hash as first folder: MLflow splits a URI at its last slash.
    """

    def __init__(self, artifact_uri: str, *more: Any, **options: Any) -> None:
        """Name the version or the task; nothing is read yet."""
        super().__init__(artifact_uri, *more, **options)
        self._made = tempfile.TemporaryDirectory(prefix="federated-model-")
        self._folders: dict[str, Path] = {}

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """Files and folders in a folder; empty for a file, and at a task's root."""
        if not self._at_version and not path:
            return []
        top, place = self._found(path or "")
        found = sorted(place.iterdir()) if place.is_dir() else []
        return [
            FileInfo(str(one.relative_to(top)), one.is_dir(), None if one.is_dir() else one.stat().st_size)
            for one in found
        ]

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        Path(local_path).write_bytes(self._found(remote_file_path)[1].read_bytes())

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Refused: what lies here follows from the chain."""
        raise ConfigurationError(f"{self.artifact_uri} cannot be written to: its files follow from chain and store")

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Refused: what lies here follows from the chain."""
        self.log_artifact(local_dir, artifact_path)

    @property
    def _at_version(self) -> bool:
        return self.artifact_uri.rstrip("/").count("/") == 5

    def _found(self, path: str) -> tuple[Path, Path]:
        """The folder that paths count from, and what lies at one of them."""
        version, _, rest = ("", "", path) if self._at_version else path.partition("/")
        if version not in self._folders:
            place = Place.parse(f"{self.artifact_uri}/{version}" if version else self.artifact_uri)
            into = Path(self._made.name) / str(len(self._folders))
            self._folders[version] = (
                folder_of(place, into).rename(into / version) if version else folder_of(place, into)
            )
        folder = self._folders[version].resolve()
        place_of = (folder / rest).resolve()
        if not place_of.is_relative_to(folder):
            raise ConfigurationError(f"{path!r} leads out of {self.artifact_uri}")
        return (folder.parent if version else folder), place_of
