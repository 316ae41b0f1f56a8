"""`federated registry verify --mlflow`: each drift is named, and --repair makes MLflow from chain and store."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.runs import KEY_TAG
from prefect_federated.adapters.mlflow.store import open_client, sqlite_uri
from prefect_federated.adapters.reconciling import Wanted, drifts, repair, wanted
from prefect_federated.cli.auditor import auditor
from tests.cli.conftest import Cli, SmallFederation


@pytest.fixture(scope="module")
def rolled(devnet: Any, tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    """Two rounds, back to version 1, one more round: versions 1 to 4."""
    federation = SmallFederation(devnet.url, tmp_path_factory.mktemp("rolled")).set_up()
    federation.whole_round()
    federation.whole_round()
    path = federation.reader.versions(federation.task)[:0:-1]
    federation.parties["sponsor"].federation.rollback(federation.task, path)
    federation.whole_round()
    return federation


@pytest.fixture(scope="module")
def should(rolled: SmallFederation) -> Wanted:
    """What MLflow should have."""
    mirror = Mirror("sqlite:///nowhere.db", "federated")
    return wanted(auditor(rolled.reader, rolled.store_address), mirror, rolled.task)


@pytest.fixture(scope="module")
def mirrored(should: Wanted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which MLflow was built from nothing."""
    folder = tmp_path_factory.mktemp("mlflow")
    mirror = Mirror(sqlite_uri(folder), "federated")
    found = drifts(mirror, should)
    assert {drift.kind for drift in found} == {"missing model", "missing run", "version only on chain"}
    repair(mirror, should, found)
    return folder


@pytest.fixture
def uri(mirrored: Path) -> Any:
    """The same database for each test; what a test changes is put back as it was."""
    kept = mirrored.with_name(mirrored.name + "-kept")
    shutil.copytree(mirrored, kept)
    yield sqlite_uri(mirrored)
    for path in mirrored.rglob("*"):
        if path.is_file() and not (kept / path.relative_to(mirrored)).exists():
            path.unlink()
    shutil.copytree(kept, mirrored, dirs_exist_ok=True)
    shutil.rmtree(kept)


def arguments(federation: SmallFederation, uri: str) -> list[Any]:
    return [federation.task, *federation.options, "--store", federation.store_address, "--mlflow", uri]


def test_empty_mlflow_is_built_from_chain_and_store_alone(cli: Cli, rolled: SmallFederation, tmp_path: Path) -> None:
    asked = arguments(rolled, sqlite_uri(tmp_path))
    before = cli("registry", "verify", *asked)
    assert before.exit_code == 6 and "--repair writes it again" in before.stderr
    mended = cli("registry", "verify", *asked, "--repair")
    assert mended.exit_code == 0, mended.output
    assert cli.json("registry", "verify", *asked)["drifts"] == []
    client = open_client(sqlite_uri(tmp_path))
    versions = client.search_model_versions("name = 'small'")
    numbers = {one.version: (one.tags["evm.version"], one.tags["federated.status"]) for one in versions}
    assert {str(one): told for one, told in numbers.items()} == {
        "1": ("1", "SUCCESS"),
        "2": ("2", "SUCCESS"),
        "3": ("3", "ROLLBACK"),
        "4": ("4", "SUCCESS"),
    }
    assert str(client.get_registered_model("small").aliases["champion"]) == "4"
    first, third = (next(one for one in versions if str(one.version) == number) for number in "13")
    assert first.tags["content.sha256"] == third.tags["content.sha256"]
    runs = client.search_runs([client.get_experiment_by_name("federated").experiment_id])
    assert len(runs) == 3 * (1 + len(rolled.silos))


def artifact(client: Any, version: str, name: str) -> Path:
    source = client.get_model_version("small", version).source
    return Path(source.removeprefix("file://")) / name


def altered(client: Any) -> None:
    path = artifact(client, "2", "data/weights/model.safetensors")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def other_code(client: Any) -> None:
    path = artifact(client, "2", "MLmodel")
    path.write_text(path.read_text().replace("prefect_federated.adapters.mlflow.loader", "evil.loader"))


def one_more_file(client: Any) -> None:
    artifact(client, "2", "data/more.pkl").write_bytes(b"x")


def lost_files(client: Any) -> None:
    shutil.rmtree(artifact(client, "2", ""))


def deleted_run(client: Any) -> None:
    client.delete_run(runs_of(client, 2)[0].info.run_id)


def parent_of(client: Any) -> Any:
    """The run of round 1 itself, not a participant's."""
    return next(run for run in runs_of(client, 1) if run.data.tags["federated.account"] == "")


def changed_run(client: Any) -> None:
    client.set_tag(parent_of(client).info.run_id, "federated.status", "VOIDED")


def changed_metric(client: Any) -> None:
    client.log_metric(parent_of(client).info.run_id, "accuracy", 1.0, step=99, timestamp=10**13)


def run_of_no_round(client: Any) -> None:
    tags = runs_of(client, 1)[0].data.tags
    key = tags[KEY_TAG].rpartition("/")[0] + "/77"
    client.create_run(runs_of(client, 1)[0].info.experiment_id, tags={**tags, KEY_TAG: key})


def runs_of(client: Any, round: int) -> list[Any]:
    experiment = client.get_experiment_by_name("federated").experiment_id
    return list(client.search_runs([experiment], f"tags.`federated.round` = '{round}'"))


def version_of_ours(client: Any) -> None:
    client.create_model_version("small", "file:///tmp/elsewhere", tags={"evm.version_hash": "0x" + "77" * 32})


DRIFTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "tag": (lambda c: c.set_model_version_tag("small", "2", "evm.tx_hash", "0x00"), "changed tag: evm.tx_hash"),
    "hash tag": (lambda c: c.set_model_version_tag("small", "2", "evm.version_hash", "0x00"), "version only in MLflow"),
    "stray tag": (
        lambda c: c.set_model_version_tag("small", "2", "federated.remedy", "open"),
        "tag only in MLflow: federated.remedy of version 2 on chain is 'open', chain and store say nothing",
    ),
    "owner": (
        lambda c: c.set_registered_model_tag("small", "federated.task_ref", "me"),
        "changed tag: federated.task_ref",
    ),
    "alias moved": (lambda c: c.set_registered_model_alias("small", "champion", "1"), "alias: 'champion'"),
    "alias lost": (lambda c: c.delete_registered_model_alias("small", "champion"), "alias: 'champion'"),
    "run lost": (deleted_run, "missing run"),
    "run tag": (changed_run, "changed tag: federated.status"),
    "run metric": (changed_metric, "changed metric: accuracy"),
    "run of no round": (run_of_no_round, "run only in MLflow"),
    "version lost": (lambda c: c.delete_model_version("small", "2"), "version only on chain: version 2"),
    "version of ours": (version_of_ours, "version only in MLflow"),
    "bytes": (altered, "altered artifact: data/weights/model.safetensors"),
    "code": (other_code, "altered artifact: MLmodel"),
    "extra file": (one_more_file, "altered artifact: data/more.pkl"),
    "files lost": (lost_files, "altered artifact: the files"),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_is_named_and_mended(should: Wanted, uri: str, name: str) -> None:
    change, said = DRIFTS[name]
    change(open_client(uri))
    mirror = Mirror(uri, "federated")
    found = drifts(mirror, should)
    assert any(said in drift.sentence for drift in found), found
    repair(mirror, should, found)
    assert drifts(mirror, should) == []


def test_remedies_since_the_last_mirroring_are_named_and_tagged(
    cli: Cli, fresh: SmallFederation, tmp_path: Path
) -> None:
    """Consent is withdrawn, and answered for, between two rounds: no mirroring would tell before the next."""
    fresh.whole_round()
    asked = arguments(fresh, sqlite_uri(tmp_path))
    assert cli("registry", "verify", *asked, "--repair").exit_code == 0

    def remedy_tags() -> list[str | None]:
        versions = open_client(sqlite_uri(tmp_path)).search_model_versions("name = 'small'")
        return [one.tags.get("federated.remedy") for one in versions]

    def named() -> str:
        result = cli("registry", "verify", *asked)
        assert result.exit_code == 6
        return result.stdout

    assert remedy_tags() == [None]
    silo, sponsor = fresh.silos[0], fresh.parties["sponsor"]
    silo.federation.withdraw_grant(silo.grant)
    assert "changed tag: federated.remedy of version 1 on chain is None, chain and store say 'open'" in named()
    assert cli("registry", "verify", *asked, "--repair").exit_code == 0
    assert remedy_tags() == ["open"]
    said = ["--grant", "0x" + silo.grant.hex(), "--action", "retire", "--reason", "asked for"]
    store = ["--store", fresh.store_address]
    answered = cli("remedy", "answer", fresh.task, 1, *said, *store, *sponsor.options, *fresh.options)
    assert answered.exit_code == 0, answered.output
    assert "is 'open', chain and store say 'retire'" in named()
    assert cli("registry", "verify", *asked, "--repair").exit_code == 0
    assert remedy_tags() == ["retire"] and cli("registry", "verify", *asked).exit_code == 0


def test_model_of_another_task_is_left_alone(cli: Cli, rolled: SmallFederation, uri: str) -> None:
    client = open_client(uri)
    client.set_registered_model_tag("small", "federated.task_ref", "eip155:1:0xab/1")
    result = cli("registry", "verify", *arguments(rolled, uri), "--repair")
    assert result.exit_code == 2 and "belongs to eip155:1:0xab/1" in result.stderr


def test_store_must_be_named_and_repair_needs_mlflow(cli: Cli, rolled: SmallFederation, uri: str) -> None:
    common = [rolled.task, *rolled.options]
    assert "--store" in cli("registry", "verify", *common, "--mlflow", uri).stderr
    assert "--mlflow" in cli("registry", "verify", *common, "--repair").stderr
