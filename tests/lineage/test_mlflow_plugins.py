"""MLflow's own calls: models out of the content store by alias, and runs that know which Prefect run they are of."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from prefect_federated.adapters.mlflow.content import Place
from prefect_federated.adapters.mlflow.store import open_client, sqlite_uri
from prefect_federated.adapters.payloads import store_model
from prefect_federated.core.agreement import in_numbers
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.merkle import CHUNK_BYTES
from prefect_federated.core.payload import plain_header
from prefect_federated.core.spec import Column, DataSpec, ModelSpec, PlanSpec, RuleSpec, TaskSpec, Tensor, UpdateSpec
from prefect_federated.learning.plan import code_hash
from tests.cli.conftest import BOUNDS, ETHER, SIZE, WINDOWS, Cli, SmallFederation

PLAN = "prefect_federated.learning.tabular:TabularClassifier"
FRAC_BITS = 16


class PlannedFederation(SmallFederation):
    """The same with a plan that is really there: two columns, two labels, one linear layer of six numbers."""

    def make_spec(self, name: str = "small") -> TaskSpec:
        uri, root = store_model(self.store, plain_header("model", SIZE, FRAC_BITS), np.arange(SIZE, dtype=np.int32))
        tensors = (Tensor(name="0.weight", shape=(2, 2)), Tensor(name="0.bias", shape=(2,)))
        model, update = ModelSpec(tensors=tensors, genesis_uri=uri), UpdateSpec(clip_norm=1.0)
        columns = tuple(Column(name=one, minimum=0, maximum=120) for one in ("age", "stay"))
        settings = {"means": [0.0, 0.0], "scales": [1.0, 1.0]}
        return TaskSpec(
            name=name,
            purposes=("GRU",),
            data=DataSpec(columns=columns, target="ill", target_values=(0, 1)),
            model=model,
            update=update,
            plan=PlanSpec(ref=PLAN, code_hash=code_hash(PLAN), hyperparameters=settings),
            enforced=Enforced(
                genesis_root=root,
                **in_numbers(("GRU",), RuleSpec(), update, model, CHUNK_BYTES),
                **WINDOWS,
                **BOUNDS,
                bond=ETHER,
                **{"aggregator_bond": ETHER, "round_reward": ETHER // 100},
                aggregator=self.parties["aggregator"].address,
            ),
        )


@pytest.fixture
def planned(devnet: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlannedFederation:
    federation = PlannedFederation(devnet.url, tmp_path / "federation").set_up()
    federation.whole_round()
    monkeypatch.setenv("FEDERATED_CHAIN", devnet.url)
    monkeypatch.setenv("FEDERATED_STORE", federation.store_address)
    monkeypatch.setenv("FEDERATED_HOME", str(tmp_path / "home"))
    return federation


@pytest.fixture
def here(tmp_path: Path) -> Any:
    """MLflow's process-wide store, put back afterwards."""
    import mlflow

    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(sqlite_uri(tmp_path / "mlflow"))
    mlflow.set_registry_uri(sqlite_uri(tmp_path / "mlflow"))
    yield sqlite_uri(tmp_path / "mlflow")
    mlflow.set_tracking_uri(before[0])
    mlflow.set_registry_uri(before[1])


def test_model_is_loaded_by_alias_out_of_the_content_store(
    cli: Cli, planned: PlannedFederation, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.pyfunc
    import mlflow.pytorch
    import torch

    asked = [planned.task, *planned.options, "--store", planned.store_address, "--mlflow", here, "--files", "store"]
    built = cli("registry", "verify", *asked, "--repair")
    assert built.exit_code == 0, built.output
    version = open_client(here).get_model_version_by_alias("small", "champion")
    assert version.source.startswith("federated://")
    assert not list(Path(here.removeprefix("sqlite:///")).parent.rglob("*.safetensors"))

    files = Path(mlflow.artifacts.download_artifacts("models:/small@champion"))
    assert {"MLmodel", "data", "torch"} <= {path.name for path in files.iterdir()}
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")  # its pt2 check asks for torch 2.10 or newer
    module = mlflow.pytorch.load_model("models:/small@champion")
    value = 2 / 2**FRAC_BITS  # each of the six numbers of version 1
    rows = torch.tensor([[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]])
    assert torch.allclose(module(rows), torch.tensor([[4.0] * 2, [8.0] * 2, [1.0] * 2]) * value)
    frame = pandas.DataFrame({"age": [1.0, 2.0], "stay": [3.0, 4.0]})
    assert len(mlflow.pyfunc.load_model("models:/small@champion").predict(frame)) == 2

    model = next(path for path in (planned.folder / "store").rglob("*") if path.is_file() and is_model(planned, path))
    content = model.read_bytes()
    model.chmod(0o600)
    model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(Exception, match="hash"):
        mlflow.pytorch.load_model("models:/small@champion")


def is_model(federation: SmallFederation, path: Path) -> bool:
    from prefect_federated.core.merkle import chunks_of, root

    return root(chunks_of(path.read_bytes(), CHUNK_BYTES)) == federation.reader.versions(federation.task)[-1].model_root


def test_wrong_source_is_named_and_mended(cli: Cli, planned: PlannedFederation, here: str) -> None:
    asked = [planned.task, *planned.options, "--store", planned.store_address, "--mlflow", here, "--files", "store"]
    assert cli("registry", "verify", *asked, "--repair").exit_code == 0
    client = open_client(here)
    right = client.get_model_version("small", "1")
    client.delete_model_version("small", "1")
    client.create_model_version("small", "federated://1/0xab/1/0x" + "11" * 32, tags=right.tags, await_creation_for=0)
    found = cli("registry", "verify", *asked)
    assert found.exit_code == 6 and "altered artifact: source of version 1" in found.stdout
    assert cli("registry", "verify", *asked, "--repair").exit_code == 0


def test_node_and_store_must_be_named(planned: PlannedFederation, here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow.artifacts

    head = planned.reader.versions(planned.task)[-1]
    uri = f"federated://{planned.reader.chain_id}/{planned.coordinator}/{planned.task}/0x{head.version_hash.hex()}"
    assert Path(mlflow.artifacts.download_artifacts(uri)).joinpath("MLmodel").exists()
    monkeypatch.delenv("FEDERATED_STORE")
    with pytest.raises(ConfigurationError, match="FEDERATED_STORE"):
        mlflow.artifacts.download_artifacts(uri)


def test_place_of_something_else_is_refused() -> None:
    for uri in ("s3://bucket/model", "federated://1/0xab/x/0x" + "00" * 32, "federated://1/0xab/1/0x00"):
        with pytest.raises(ConfigurationError, match="mirror it again"):
            Place.parse(uri)


def test_runs_started_in_a_flow_know_it(prefect_server: str, here: str) -> None:
    import mlflow
    from prefect import flow, task

    from prefect_federated.flows.run_context import PrefectRunContext

    installed = {one.value for one in entry_points(group="mlflow.run_context_provider")}
    assert "prefect_federated.flows.run_context:PrefectRunContext" in installed
    assert not PrefectRunContext().in_context()

    @task
    def train() -> str:
        with mlflow.start_run() as run:
            return str(run.info.run_id)

    @flow(name="round")
    def outer() -> tuple[str, str, str]:
        from prefect.runtime import flow_run

        with mlflow.start_run() as run:
            own = str(run.info.run_id)
        return own, train(), str(flow_run.id)

    own, inner, flow_run_id = outer()
    client = open_client(here)
    tags = client.get_run(own).data.tags
    assert tags["prefect.flow_run_id"] == flow_run_id and tags["prefect.flow_name"] == "round"
    tags = client.get_run(inner).data.tags
    assert tags["prefect.flow_run_id"] == flow_run_id and tags["prefect.task_run_id"]
