"""One scheduled round on PostgreSQL and S3, and a browser for its pages; run by `make test-services`.

PostgreSQL (Prefect, MLflow, a silo's rows) + S3 (payloads, artifacts) --> the round of tests/deployments --> Chromium
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from prefect_federated.blocks import ModelRegistryMirror, S3Store
from tests.deployments.federation import PLOT, Played, Services, scheduled_round
from tests.deployments.orchestra import await_answer, background, environment, free_port
from tests.fakes.s3 import ACCESS_KEY, REGION, SECRET, s3_client, s3_server
from tests.services import browser, postgres

PAYLOADS, ARTIFACTS = "payloads", "artifacts"


@dataclass(frozen=True)
class Installed:
    """The finished round and the services it ran on."""

    played: Played
    postgres: postgres.Postgres
    mlflow: str
    s3: Any


@pytest.fixture(scope="session")
def services() -> None:
    """Left out where PostgreSQL or Chromium is missing; a failure where they are asked for."""
    needs = {"PostgreSQL": postgres.programs(), "Chromium with its driver": browser.programs()}
    if missing := [name for name, found in needs.items() if found is None]:
        asked = os.environ.get("FEDERATED_REQUIRE_SERVICES")
        (pytest.fail if asked else pytest.skip)(f"no {' and no '.join(missing)} here: make test-services installs it")


@pytest.fixture(scope="session")
def installed(services: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Everything up, one round played by schedule."""
    out = tmp_path_factory.mktemp("services")
    with ExitStack() as stack:
        database = stack.enter_context(postgres.cluster())
        s3_url = stack.enter_context(s3_server())
        client = s3_client(s3_url)
        for bucket in (PAYLOADS, ARTIFACTS):
            client.create_bucket(Bucket=bucket)
        mlflow = stack.enter_context(mlflow_server(out / "mlflow", database.database("mlflow"), s3_url))
        services = Services(
            database=database.database("prefect").replace("postgresql://", "postgresql+asyncpg://"),
            store=S3Store(
                bucket=PAYLOADS,
                endpoint_url=s3_url,
                region=REGION,
                access_key_id=ACCESS_KEY,
                secret_access_key=SecretStr(SECRET),
            ),
            mirror=ModelRegistryMirror(tracking_uri=mlflow, experiment="federated"),
            plot=replace(PLOT, data_docs=True),
            data={"hospital-a": database.database("hospital-a")},
        )
        yield Installed(stack.enter_context(scheduled_round(out, services)), database, mlflow, client)


@pytest.fixture(scope="session")
def chromium(services: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    """A browser for all tests."""
    with browser.chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@contextmanager
def mlflow_server(home: Path, database: str, s3_url: str) -> Iterator[str]:
    """An MLflow server that keeps runs in PostgreSQL and files in S3; its address."""
    port, log = str(free_port()), home / "server.log"
    url = f"http://127.0.0.1:{port}"
    keys = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "MLFLOW_S3_ENDPOINT_URL": s3_url,
    }
    command = ("mlflow", "server", "--backend-store-uri", database, "--artifacts-destination", f"s3://{ARTIFACTS}")
    where = ("--host", "127.0.0.1", "--port", port, "--workers", "1")
    with background(log, environment(home, **keys), *command, *where) as process:
        await_answer(f"{url}/health", process, log)
        yield url
