"""Somebody tampers with a mirrored model's folder: it is refused by name before anything of it is used."""

import hashlib
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.mlflow.loader import PLAN_FILE, TENSOR_FILE, load_weights
from prefect_federated.adapters.mlflow.package import save_package, write_weights
from prefect_federated.adapters.mlflow.records import PackagedModel
from prefect_federated.core.errors import ContentMismatch, PayloadError, PlanNotApproved, ShapeMismatch


class Bomb:
    """Unpickling this would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.fixture
def weights(packaged: PackagedModel, tmp_path: Path) -> Path:
    return write_weights(packaged, tmp_path / "weights")


def edit_plan(folder: Path, **changes: Any) -> None:
    plan = json.loads((folder / PLAN_FILE).read_text())
    (folder / PLAN_FILE).write_text(json.dumps({**plan, **changes}))


def test_untouched_folder_loads_and_holds_the_tensors_to_the_bit(weights: Path, packaged: PackagedModel) -> None:
    state = load_weights(weights).model.state_dict()
    assert set(state) == set(packaged.tensors)
    for name, values in packaged.tensors.items():
        assert np.array_equal(state[name].numpy(), values)


def test_changed_tensor_is_refused(weights: Path) -> None:
    content = bytearray((weights / TENSOR_FILE).read_bytes())
    content[-1] ^= 1
    (weights / TENSOR_FILE).write_bytes(content)
    with pytest.raises(ContentMismatch, match="hashes to"):
        load_weights(weights)


def test_tensor_of_another_shape_is_refused_even_when_the_digest_was_changed_with_it(
    weights: Path, packaged: PackagedModel, tmp_path: Path
) -> None:
    longer = replace(packaged, tensors={**packaged.tensors, "2.bias": np.zeros(3, np.float32)})
    content = (write_weights(longer, tmp_path / "longer") / TENSOR_FILE).read_bytes()
    (weights / TENSOR_FILE).write_bytes(content)
    edit_plan(weights, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(ShapeMismatch, match=r"2\.bias"):
        load_weights(weights)


def test_pickle_under_the_name_of_the_tensors_is_refused_and_not_run(weights: Path, tmp_path: Path) -> None:
    content = pickle.dumps(Bomb(tmp_path / "boom"))
    (weights / TENSOR_FILE).write_bytes(content)
    edit_plan(weights, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(PayloadError, match="pickle"):
        load_weights(weights)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("name", ["python_model.pkl", "state.pt", "notes.txt"])
def test_extra_file_beside_the_tensors_is_refused(weights: Path, name: str) -> None:
    (weights / name).write_bytes(b"")
    with pytest.raises(PayloadError, match=name):
        load_weights(weights)


def test_pickle_elsewhere_in_the_mlflow_folder_is_refused(packaged: PackagedModel, tmp_path: Path) -> None:
    import mlflow.pyfunc

    folder = save_package(packaged, tmp_path, "m-1", "", {})
    mlflow.pyfunc.load_model(str(folder))
    (folder / "python_model.pkl").write_bytes(b"")
    with pytest.raises(PayloadError, match=r"python_model\.pkl"):
        mlflow.pyfunc.load_model(str(folder))


def test_plan_whose_code_changed_since_training_is_refused(weights: Path) -> None:
    edit_plan(weights, code_hash="00" * 32)
    with pytest.raises(PlanNotApproved, match=r"requirements\.txt"):
        load_weights(weights)


def test_changed_plan_loads_once_the_caller_names_the_hash_it_reviewed(packaged: PackagedModel, tmp_path: Path) -> None:
    import mlflow.pyfunc

    from prefect_federated.learning.plan import code_hash

    older = replace(packaged, code_hash="0x" + "00" * 32)
    folder = str(save_package(older, tmp_path, "m-1", "", {}))
    with pytest.raises(PlanNotApproved, match="model_config"):
        mlflow.pyfunc.load_model(folder)
    reviewed = {"code_hash": "0x" + code_hash(packaged.plan).hex()}
    mlflow.pyfunc.load_model(folder, model_config=reviewed)


def test_plan_written_by_another_format_is_refused_by_its_name(weights: Path) -> None:
    edit_plan(weights, format="prefect-federated/model/9")
    with pytest.raises(PayloadError, match="model/9"):
        load_weights(weights)
