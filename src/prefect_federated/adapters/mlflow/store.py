"""Opens an MLflow store: telemetry off, SQLite in an output folder or a server, errors of our own tree."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prefect_federated.core.errors import ConfigurationError, TransportError

if TYPE_CHECKING:
    from mlflow import MlflowClient

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",  # else a uv.lock in the working folder is copied into every model
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # the tasks retry; seven doublings here would take minutes
}
SQLITE = "sqlite:///"


def sqlite_uri(folder: Path) -> str:
    """Tracking URI of the SQLite store inside `folder`."""
    return f"{SQLITE}{folder.resolve() / 'mlflow.db'}"


def ui_command(tracking_uri: str, port: int = 5001) -> str:
    """Command that opens the MLflow UI on a store."""
    if tracking_uri.startswith(("http://", "https://")):
        return shlex.join([sys.executable, "-m", "webbrowser", tracking_uri])
    words = ["-m", "mlflow", "ui", "--backend-store-uri", tracking_uri, "--port", str(port), "--workers", "1"]
    return shlex.join([sys.executable, *words])


def open_client(tracking_uri: str, registry_uri: str | None = None) -> "MlflowClient":
    """Connect; a SQLite file and its folder are made when they are not there."""
    quieten()
    from mlflow import MlflowClient

    if tracking_uri.startswith(SQLITE):
        _sqlite_path(tracking_uri).parent.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri, registry_uri or tracking_uri)


def quieten() -> None:
    """Turn telemetry and chatter off unless the environment says otherwise; before MLflow is imported."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def ensure_experiment(client: "MlflowClient", name: str, tracking_uri: str) -> str:
    """Id of the experiment; somebody else may create it at the same moment."""
    from mlflow.exceptions import MlflowException

    if found := client.get_experiment_by_name(name):
        return _active(found.experiment_id, name, found.lifecycle_stage)
    try:
        return str(client.create_experiment(name, artifact_location=artifact_root(tracking_uri)))
    except MlflowException:
        if found := client.get_experiment_by_name(name):
            return str(found.experiment_id)
        raise


def artifact_root(tracking_uri: str) -> str | None:
    """Where artifacts lie: beside a SQLite file, else where the server says."""
    if not tracking_uri.startswith(SQLITE):
        return None
    return (_sqlite_path(tracking_uri).parent / "mlartifacts").as_uri()


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """Say in our own words that MLflow did not answer (worth a retry) or refused (not worth one)."""
    quieten()
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except (RequestException, OperationalError) as error:
        raise TransportError(f"MLflow at {without_password(uri)} did not answer: {error}") from error
    except MlflowException as error:
        if error.error_code == "TEMPORARILY_UNAVAILABLE" or "API request to" in str(error):
            raise TransportError(f"MLflow at {without_password(uri)} did not answer: {error}") from error
        raise ConfigurationError(f"MLflow at {without_password(uri)} refused: {error}") from error


def without_password(uri: str) -> str:
    """The URI as it may be shown."""
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":***@", 1) if password else uri


def _sqlite_path(uri: str) -> Path:
    return Path(uri.removeprefix(SQLITE)).resolve()


def _active(experiment_id: str, name: str, stage: str) -> str:
    if stage != "active":
        raise ConfigurationError(
            f"MLflow experiment {name!r} is {stage}: name another one, "
            f"or restore it with mlflow experiments restore -x {experiment_id}"
        )
    return str(experiment_id)
