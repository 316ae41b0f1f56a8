"""What a round leaves in real services, and what a reader sees of it in the browser."""

import re
from pathlib import Path

import pytest

from prefect_federated.core.round import Status
from tests.deployments.federation import SILOS, until
from tests.services.browser import Browser
from tests.services.conftest import ARTIFACTS, PAYLOADS, Installed

pytestmark = [pytest.mark.services, pytest.mark.timeout(1800)]

SUBJECT = re.compile(r"subject-\d{6}")


@pytest.fixture(scope="module")
def mirrored(installed: Installed) -> Installed:
    """The round, once MLflow has its version under the alias."""
    homes = installed.played.homes.values()
    until(lambda: bool(installed.postgres.ask("mlflow", "SELECT 1 FROM registered_model_aliases")), 240, *homes)
    return installed


def test_round_is_settled_with_everybody_aggregated(installed: Installed) -> None:
    assert installed.played.log.status is Status.SUCCESS
    assert len(installed.played.log.aggregated) == len(SILOS)


def test_rows_of_one_silo_lie_in_postgres_and_nowhere_else(installed: Installed) -> None:
    ((rows,),) = installed.postgres.ask("hospital-a", "SELECT count(*) FROM ward")
    assert rows == len(installed.played.consortium.ground.tables["hospital-a"])
    assert not list(installed.played.consortium.ground.out.glob("silos/hospital-a/*.csv"))


def test_prefect_keeps_its_runs_in_postgres(mirrored: Installed) -> None:
    rows = mirrored.postgres.ask("prefect", "SELECT name FROM task_run WHERE state_type = 'COMPLETED'")
    names = {str(name) for (name,) in rows}
    assert {f"round-1/{silo}/{stage}" for silo in SILOS for stage in ("validate", "train", "commit")} <= names


def test_payloads_lie_in_the_bucket_under_their_hash(mirrored: Installed) -> None:
    keys = [entry["Key"] for entry in mirrored.s3.list_objects_v2(Bucket=PAYLOADS)["Contents"]]
    assert len(keys) > len(SILOS) and all(key.startswith(("sha256/", "links/")) for key in keys)


def test_mlflow_keeps_versions_in_postgres_and_files_in_the_bucket(mirrored: Installed) -> None:
    (version,) = mirrored.postgres.ask(
        "mlflow", "SELECT value FROM model_version_tags WHERE key = 'evm.version_hash' AND version = 1"
    )
    assert version == ("0x" + mirrored.played.log.version_hash.hex(),)
    keys = [entry["Key"] for entry in mirrored.s3.list_objects_v2(Bucket=ARTIFACTS)["Contents"]]
    assert any(key.endswith("MLmodel") for key in keys)


def test_mlflow_page_shows_alias_and_where_the_version_comes_from(mirrored: Installed, chromium: Browser) -> None:
    name = mirrored.played.consortium.spec.name
    page = chromium.read(f"{mirrored.mlflow}/#/models/{name}/versions/1", "evm.version_hash", "champion")
    assert "evm.parent_hash" in page


def test_data_docs_page_shows_checks_and_no_subject(mirrored: Installed, chromium: Browser) -> None:
    for silo in SILOS:
        docs = mirrored.played.consortium.ground.out / "data-docs" / silo
        (checked,) = docs.rglob(f"validations/**/{silo}-round-1/**/*.html")
        page = chromium.read(checked.as_uri(), "Status: Succeeded", "_consent_active")
        assert not SUBJECT.search(page)


def test_lineage_page_in_the_bucket_draws_where_the_version_comes_from(
    mirrored: Installed, chromium: Browser, tmp_path: Path
) -> None:
    keys = [entry["Key"] for entry in mirrored.s3.list_objects_v2(Bucket=ARTIFACTS)["Contents"]]
    (key,) = [key for key in keys if key.endswith("lineage.html")]
    (tmp_path / "lineage.html").write_bytes(mirrored.s3.get_object(Bucket=ARTIFACTS, Key=key)["Body"].read())
    page = chromium.read((tmp_path / "lineage.html").as_uri(), "Where it comes from", "Grants, as they stand")
    assert page.lower().count("live") >= len(SILOS) and not SUBJECT.search(page)
