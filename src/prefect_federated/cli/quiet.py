"""Environment of a self-contained run: everything under one folder, no telemetry, no chatter.

It must be applied before Prefect or MLflow is imported, since both read it then.
"""

import logging
import os
from pathlib import Path

CHATTY = ("alembic", "great_expectations", "mlflow")


def apply(out: Path, keep_server: bool = False) -> None:
    """Point Prefect and MLflow into `out` and switch their telemetry off.

    Args:
        keep_server: leave it at the Prefect server that the environment names, where it names one.
    """
    home = out.absolute() / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        PREFECT_HOME=str(home),
        PREFECT_API_DATABASE_CONNECTION_URL=f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        PREFECT_PROFILES_PATH=str(home / "profiles.toml"),
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE="true",
        PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="180",
        PREFECT_LOGGING_LEVEL=os.environ.get("PREFECT_LOGGING_LEVEL", "CRITICAL"),
        PREFECT_LOGGING_TO_API_ENABLED="false",
        PREFECT_SERVER_LOGGING_LEVEL="ERROR",
        PREFECT_CLI_PROMPT="false",
        MLFLOW_DISABLE_TELEMETRY="true",
        MLFLOW_ENABLE_ASYNC_LOGGING="false",
        GX_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
    )
    if not keep_server:
        os.environ.pop("PREFECT_API_URL", None)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
