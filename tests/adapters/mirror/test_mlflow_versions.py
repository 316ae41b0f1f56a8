"""Versions of the on-chain registry in MLflow: mirrored once, loadable, the alias where the head is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.records import ModelVersion, PackagedModel, RoundRecord
from prefect_federated.core.errors import ConfigurationError

NAME = "readmission"
ROWS = {"visits": [1.0, 2.0, 9.0], "age": [40.0, 0.5, -3.0], "stay": [2.0, 7.0, 1.5]}  # in another order


def torch_predictions(model: PackagedModel) -> list[int]:
    """The same forward pass written with torch's own calls."""
    import torch

    names, settings = list(model.columns), model.hyperparameters
    raw = np.array([ROWS[name] for name in names]).T
    x = torch.tensor(((raw - settings["means"]) / settings["scales"]).astype(np.float32))
    t = {name: torch.tensor(values) for name, values in model.tensors.items()}
    hidden = torch.relu(x @ t["0.weight"].T + t["0.bias"])
    labels: list[int] = (hidden @ t["2.weight"].T + t["2.bias"]).argmax(1).tolist()
    return labels


def test_champion_loads_from_mlflow_and_predicts_what_the_torch_model_predicts(
    mirror: Mirror, make_version: Callable[..., ModelVersion], make_model: Callable[..., PackagedModel]
) -> None:
    import mlflow
    import pandas

    seen = set()
    for seed in range(1, 6):
        version = make_version(seed)
        mirror.register(version, make_model(seed))
        assert mirror.promote(NAME, version.version_hash, confirmations_seen=2)
        mlflow.set_tracking_uri(mirror.tracking_uri)
        champion = mlflow.pyfunc.load_model(f"models:/{NAME}@champion")
        predictions = champion.predict(pandas.DataFrame(ROWS)).tolist()
        assert predictions == torch_predictions(make_model(seed))
        seen |= set(predictions)
    assert seen == {0, 1}


def test_loaded_model_refuses_a_frame_that_lacks_a_column(
    mirror: Mirror, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    import mlflow
    import pandas
    from mlflow.exceptions import MlflowException

    number = mirror.register(make_version(), packaged)
    mlflow.set_tracking_uri(mirror.tracking_uri)
    model = mlflow.pyfunc.load_model(f"models:/{NAME}/{number}")
    with pytest.raises(MlflowException, match="stay"):
        model.predict(pandas.DataFrame({"age": [1.0], "visits": [1.0]}))


def test_mirrored_version_is_tied_to_the_chain_by_its_tags_and_says_so_in_words(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    version = make_version(7, links={"Prefect run": "http://127.0.0.1:4200/runs/1"})
    number = mirror.register(version, packaged)
    mirrored = client.get_model_version(NAME, str(number))
    wanted = {
        "evm.chain_id": "31337",
        "evm.registry": version.registry,
        "evm.version": "7",
        "evm.version_hash": version.version_hash,
        "evm.tx_hash": version.tx_hash,
        "content.sha256": version.model_root,
        "content.uri": version.content_uri,
        "federated.task": "readmission",
        "federated.round": "7",
        "federated.status": "SUCCESS",
    }
    assert wanted.items() <= mirrored.tags.items()
    for said in (
        version.parent_hash,
        version.version_hash,
        "hospital-a, hospital-b",
        "[Prefect run](http://127",
    ):
        assert said in mirrored.description


def test_what_a_version_may_be_used_for_stands_in_its_description_and_tags(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    version = make_version(rights="GRU until chain time 1900000000", tags={"federated.purposes": "GRU"})
    mirrored = client.get_model_version(NAME, str(mirror.register(version, packaged)))
    assert "| May be used for | GRU until chain time 1900000000 |" in mirrored.description
    assert mirrored.tags["federated.purposes"] == "GRU"


def test_a_tag_follows_what_became_of_a_version_and_survives_its_refresh(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    version = make_version()
    number = mirror.register(version, packaged)
    for state in ("open", "accept"):
        assert mirror.tag(NAME, version.version_hash, {"federated.remedy": state})
        mirror.register(version, packaged)
        assert client.get_model_version(NAME, str(number)).tags["federated.remedy"] == state
    assert not mirror.tag(NAME, "0x" + "77" * 32, {"federated.remedy": "open"})


def test_version_with_the_same_hash_is_found_and_not_doubled(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    first = mirror.register(make_version(1), packaged)
    second = mirror.register(make_version(2), packaged)
    assert [mirror.register(make_version(number), packaged) for number in (1, 2, 1)] == [first, second, first]
    assert len(client.search_model_versions(f"name = '{NAME}'")) == 2


def test_transaction_that_moved_in_a_reorganisation_is_corrected_in_tags_and_description(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    number = mirror.register(make_version(), packaged)
    moved = make_version(tx_hash="0x" + "ee" * 32)
    assert mirror.register(moved, packaged) == number
    mirrored = client.get_model_version(NAME, str(number))
    assert mirrored.tags["evm.tx_hash"] == moved.tx_hash
    assert moved.tx_hash in mirrored.description


STEPS = [
    "create_registered_model",
    "create_logged_model",
    "log_model_artifacts",
    "finalize_logged_model",
    "log_outputs",
    "log_batch",
    "create_model_version",
    "set_logged_model_tags",
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_registration_that_died_at_any_step_is_completed_by_the_next(
    mirror: Mirror,
    client: Any,
    record: RoundRecord,
    make_version: Callable[..., ModelVersion],
    packaged: PackagedModel,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    after: bool,
) -> None:
    import mlflow

    ids = mirror.record_round(record)
    version = make_version(3, run_id=ids.round)
    real = getattr(mlflow.MlflowClient, step)

    def dying(*args: Any, **named: Any) -> Any:
        if after:
            real(*args, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(mlflow.MlflowClient, step, dying)
        mirror.register(version, packaged)
    number = mirror.register(version, packaged)
    assert [int(one.version) for one in client.search_model_versions(f"name = '{NAME}'")] == [number]
    run = client.get_run(ids.round)
    assert len(client.search_logged_models([run.info.experiment_id])) == 1
    assert len(run.outputs.model_outputs) == 1
    assert len(client.get_metric_history(ids.round, "accuracy")) == 1
    mlflow.set_tracking_uri(mirror.tracking_uri)
    mlflow.pyfunc.load_model(f"models:/{NAME}/{number}")


def test_version_that_two_mirrors_registered_at_once_keeps_the_first_number(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    number = mirror.register(make_version(), packaged)
    original = client.get_model_version(NAME, str(number))
    client.create_model_version(NAME, original.source, tags=original.tags)
    assert mirror.register(make_version(), packaged) == number
    assert len(client.search_model_versions(f"name = '{NAME}'")) == 1


def test_alias_does_not_move_before_enough_confirmations(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    head = make_version(1)
    mirror.register(head, packaged)
    assert "champion" not in client.get_registered_model(NAME).aliases
    assert not mirror.promote(NAME, head.version_hash, confirmations_seen=1)
    assert "champion" not in client.get_registered_model(NAME).aliases
    assert mirror.promote(NAME, head.version_hash, confirmations_seen=2)
    assert int(client.get_registered_model(NAME).aliases["champion"]) == 1


def test_registering_a_later_version_leaves_the_alias_where_it_is(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    mirror.register(make_version(1), packaged)
    mirror.promote(NAME, make_version(1).version_hash, confirmations_seen=2)
    mirror.register(make_version(2), packaged)
    assert int(client.get_registered_model(NAME).aliases["champion"]) == 1


def test_late_call_for_an_older_head_does_not_move_the_alias_back(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    heads = [make_version(number) for number in (2, 1)]  # MLflow numbers them 1 and 2
    for head in heads:
        mirror.register(head, packaged)
    assert mirror.promote(NAME, heads[0].version_hash, confirmations_seen=9)
    assert not mirror.promote(NAME, heads[1].version_hash, confirmations_seen=9)
    assert int(client.get_registered_model(NAME).aliases["champion"]) == 1


def test_alias_follows_a_reorganised_head_of_the_same_number(
    mirror: Mirror, client: Any, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    orphan, head = make_version(1), make_version(1, version_hash="0x" + "99" * 32)
    for version in (orphan, head):
        mirror.register(version, packaged)
    assert mirror.promote(NAME, orphan.version_hash, confirmations_seen=2)
    assert mirror.promote(NAME, head.version_hash, confirmations_seen=2)
    assert int(client.get_registered_model(NAME).aliases["champion"]) == 2


def test_promoting_a_version_that_was_never_mirrored_is_refused_by_name(
    mirror: Mirror, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    mirror.register(make_version(1), packaged)
    with pytest.raises(ConfigurationError, match="has no version 0xdead"):
        mirror.promote(NAME, "0xdead", confirmations_seen=9)


def test_task_of_the_same_name_on_another_chain_cannot_take_over_a_registered_model(
    mirror: Mirror, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    version = make_version(1)
    mirror.register(version, packaged)
    foreign = make_version(9, key=replace(version.key, chain_id=1))
    with pytest.raises(ConfigurationError, match=r"eip155:31337.*eip155:1:.*prefix"):
        mirror.register(foreign, packaged)
    elsewhere = Mirror(mirror.tracking_uri, "federated", model_prefix="mainnet-")
    assert elsewhere.register(foreign, packaged) == 1
    assert elsewhere.promote(NAME, foreign.version_hash, confirmations_seen=0)


def test_model_folder_holds_neither_pickle_nor_any_value_of_the_data(
    mirror: Mirror,
    client: Any,
    make_version: Callable[..., ModelVersion],
    packaged: PackagedModel,
    tmp_path: Any,
) -> None:
    mirror.register(make_version(), packaged)
    files = {path.name for path in (tmp_path / "mlartifacts").rglob("*") if path.is_file()}
    assert {"model.safetensors", "plan.json", "MLmodel"} <= files
    assert not [name for name in files if name.endswith((".pkl", ".pth", ".pt", ".bin"))]
    example = next((tmp_path / "mlartifacts").rglob("input_example.json")).read_text()
    assert set(example) & set("123456789") == set()


def test_mirror_follows_only_once_the_alias_stands_on_the_version(
    mirror: Mirror, make_version: Callable[..., ModelVersion], packaged: PackagedModel
) -> None:
    version = make_version(1)
    assert not mirror.follows(NAME, version.version_hash)
    mirror.register(version, packaged)
    assert not mirror.follows(NAME, version.version_hash)
    mirror.promote(NAME, version.version_hash, confirmations_seen=2)
    assert mirror.follows(NAME, version.version_hash)
