"""The MLflow store itself: one folder, quiet, and errors in words of our own."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.records import RoundRecord
from prefect_federated.adapters.mlflow.store import QUIET, reaching, sqlite_uri, ui_command, without_password
from prefect_federated.core.errors import ConfigurationError, TransportError


def test_store_and_artifacts_lie_in_the_output_folder_and_nowhere_else(
    mirror: Mirror,
    record: RoundRecord,
    packaged: Any,
    make_version: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    mirror.record_round(record)
    mirror.register(make_version(), packaged)
    assert list(elsewhere.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"mlflow.db", "mlartifacts", "elsewhere"}


def test_server_that_does_not_answer_is_worth_a_retry(record: RoundRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TransportError, match=r"127\.0\.0\.1:9 did not answer"):
        Mirror("http://127.0.0.1:9", "federated").record_round(record)


def test_locked_database_is_worth_a_retry() -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    with pytest.raises(TransportError), reaching("sqlite:///x"):
        raise MlflowException("database is locked", TEMPORARILY_UNAVAILABLE)


def test_deleted_experiment_is_named_with_the_way_back(mirror: Mirror, client: Any, record: RoundRecord) -> None:
    client.delete_experiment(client.create_experiment("federated"))
    with pytest.raises(ConfigurationError, match="mlflow experiments restore"):
        mirror.record_round(record)


def test_password_of_a_database_is_never_shown() -> None:
    with pytest.raises(ConfigurationError) as caught, reaching("postgresql://mlflow:hunter2@db/mlflow"):
        from mlflow.exceptions import MlflowException

        raise MlflowException("no such table")
    assert "hunter2" not in str(caught.value)
    assert without_password("sqlite:////data/mlflow.db") == "sqlite:////data/mlflow.db"


def test_ui_command_names_the_store_and_survives_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / "out put"
    words = shlex.split(ui_command(sqlite_uri(folder), port=5123))
    assert words[:4] == [sys.executable, "-m", "mlflow", "ui"]
    assert f"sqlite:///{folder / 'mlflow.db'}" in words
    assert "5123" in words


def test_adapter_is_imported_without_mlflow_and_keeps_telemetry_off() -> None:
    code = (
        "import sys, os\n"
        "import prefect_federated.adapters.mlflow.mirror, prefect_federated.blocks.registry\n"
        "assert not {'mlflow', 'torch'} & set(sys.modules), 'heavy import'\n"
        "from prefect_federated.adapters.mlflow.store import quieten\n"
        "quieten()\n"
        "import mlflow\n"
        "from mlflow.telemetry.utils import is_telemetry_disabled\n"
        "assert is_telemetry_disabled()\n"
    )
    clean = {name: value for name, value in os.environ.items() if name not in QUIET}
    subprocess.run([sys.executable, "-c", code], check=True, env=clean)
