"""A real MLflow in SQLite per test; its tables are created once and copied, since that takes two seconds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.records import (
    DatasetUse,
    ModelVersion,
    PackagedModel,
    ParticipantRecord,
    RoundKey,
    RoundRecord,
)
from prefect_federated.adapters.mlflow.store import open_client, sqlite_uri

COORDINATOR = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
TASK_ID = "0x" + "11" * 32
SETTINGS = {"means": [1.0, 2.0, 3.0], "scales": [1.0, 0.5, 2.0], "hidden": [4]}


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mlflow-template")
    open_client(sqlite_uri(folder)).search_experiments()
    return folder / "mlflow.db"


@pytest.fixture
def tracking_uri(empty_store: Path, tmp_path: Path) -> str:
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return sqlite_uri(tmp_path)


@pytest.fixture
def mirror(tracking_uri: str) -> Mirror:
    return Mirror(tracking_uri, "federated", confirmations=2)


@pytest.fixture
def client(tracking_uri: str) -> Any:
    return open_client(tracking_uri)


@pytest.fixture
def record() -> RoundRecord:
    return round_record()


def round_record(number: int = 3, **changes: Any) -> RoundRecord:
    """Three hospitals, of which the last one's opening was not its commitment's."""
    hospitals = [participant(name, at) for at, name in enumerate(["hospital-a", "hospital-b"])]
    excluded = ParticipantRecord(
        "copycat",
        "0x" + "C0" * 20,
        {"commit": "0x02"},
        excluded_stage="reveal",
        excluded_reason="CommitmentMismatch",
    )
    values: dict[str, Any] = {
        "key": RoundKey(31337, COORDINATOR, 1, number),
        "task_name": "readmission",
        "task_id": TASK_ID,
        "status": "DEGRADED",
        "started_ms": 1_700_000_000_000,
        "ended_ms": 1_700_000_060_000,
        "metrics": {"accuracy": 0.9, "loss": 0.25},
        "counts": {"expected": 3, "aggregated": 2},
        "params": {"rule": "multi_krum"},
        "participants": (*hospitals, excluded),
        "flow_run_id": "7f0c",
    }
    return RoundRecord(**{**values, **changes})


def participant(name: str, at: int) -> ParticipantRecord:
    return ParticipantRecord(
        name,
        f"0x{at + 0xA0:02X}" + "Ab" * 19,
        {"validate": "passed", "commit": "0x01"},
        {"loss": 0.3},
        {"rows": 120},
        DatasetUse(f"{name}/view", "0x" + f"{at:02x}" * 32, 120, ("age", "stay")),
    )


def model_version(number: int = 1, **changes: Any) -> ModelVersion:
    values: dict[str, Any] = {
        "key": RoundKey(31337, COORDINATOR, 1, number),
        "task_name": "readmission",
        "task_id": TASK_ID,
        "registry": "0x" + "22" * 20,
        "number": number,
        "version_hash": f"0x{number:064x}",
        "parent_hash": f"0x{number - 1:064x}",
        "model_root": "ab" * 32,
        "content_uri": f"cas://sha256/{number:064x}",
        "tx_hash": f"0x{number + 77:064x}",
        "status": "SUCCESS",
        "contributors": ("hospital-a", "hospital-b"),
        "metrics": {"accuracy": 0.9},
    }
    return ModelVersion(**{**values, **changes})


@pytest.fixture
def packaged() -> PackagedModel:
    return packaged_model()


def packaged_model(seed: int = 1) -> PackagedModel:
    rng = np.random.default_rng(seed)
    shapes = {"0.weight": (4, 3), "0.bias": (4,), "2.weight": (2, 4), "2.bias": (2,)}
    return PackagedModel(
        plan="prefect_federated.learning.tabular:TabularClassifier",
        hyperparameters=SETTINGS,
        tensors={name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()},
        columns={"age": "double", "stay": "double", "visits": "double"},
    )


@pytest.fixture
def make_record() -> Callable[..., RoundRecord]:
    return round_record


@pytest.fixture
def make_version() -> Callable[..., ModelVersion]:
    return model_version


@pytest.fixture
def make_model() -> Callable[..., PackagedModel]:
    return packaged_model
