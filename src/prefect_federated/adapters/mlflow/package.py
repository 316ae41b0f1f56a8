"""Writes a model as an MLflow python_function folder: safetensors and the name of its plan, no pickle.

tensors -> weights/model.safetensors; plan, settings, code hash, manifest, digest -> weights/plan.json
"""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from prefect_federated.adapters.mlflow.loader import FORMAT, PLAN_FILE, TENSOR_FILE
from prefect_federated.adapters.mlflow.records import PackagedModel
from prefect_federated.core.spec import Tensor
from prefect_federated.learning.plan import code_hash
from prefect_federated.learning.tensors import flatten, save_safetensors

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from pandas import DataFrame

LOADER = "prefect_federated.adapters.mlflow.loader"
REQUIREMENTS = ("mlflow", "torch", "safetensors", "numpy", "pandas", "prefect-federated")


def save_package(model: PackagedModel, folder: Path, model_id: str, run_id: str, metadata: Mapping[str, str]) -> Path:
    """Write the MLflow model folder and return it; requirements are named, inferring takes seconds."""
    import mlflow.pyfunc
    from mlflow.models import Model

    weights = write_weights(model, folder / "weights")
    target = folder / "model"
    mlflow.pyfunc.save_model(
        str(target),
        loader_module=LOADER,
        data_path=str(weights),
        mlflow_model=Model(model_id=model_id, run_id=run_id or None, metadata=dict(metadata)),
        signature=_signature(model),
        input_example=_blank_row(model),
        pip_requirements=requirements(),
        model_config={"code_hash": _code_hash(model)},
    )
    return target


def write_weights(model: PackagedModel, folder: Path) -> Path:
    """Write the two files that the loader accepts, and nothing else."""
    folder.mkdir(parents=True)
    manifest = [Tensor(name=name, shape=values.shape) for name, values in model.tensors.items()]
    content = save_safetensors(flatten(model.tensors, manifest), manifest)
    described = {
        "format": FORMAT,
        "plan": model.plan,
        "hyperparameters": dict(model.hyperparameters),
        "code_hash": _code_hash(model),
        "sha256": hashlib.sha256(content).hexdigest(),
        "tensors": [{"name": tensor.name, "shape": list(tensor.shape)} for tensor in manifest],
    }
    (folder / TENSOR_FILE).write_bytes(content)
    (folder / PLAN_FILE).write_text(json.dumps(described, indent=2, sort_keys=True))
    return folder


def requirements() -> list[str]:
    """The packages that prediction needs, at the versions installed here."""
    return [f"{name}=={found}" for name in REQUIREMENTS if (found := _installed(name))]


def _code_hash(model: PackagedModel) -> str:
    return model.code_hash.removeprefix("0x") or code_hash(model.plan).hex()


def _installed(name: str) -> str:
    """Public part of an installed version (`2.13.0` of `2.13.0+cpu`), empty when the package is not there."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return ""


def _signature(model: PackagedModel) -> "ModelSignature":
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema, TensorSpec

    inputs = Schema([ColSpec(kind, name) for name, kind in model.columns.items()])
    outputs = Schema([TensorSpec(np.dtype(model.output_dtype), model.output_shape)])
    return ModelSignature(inputs=inputs, outputs=outputs)


def _blank_row(model: PackagedModel) -> "DataFrame":
    """An input example of zeros and empty text: a real row would carry a subject's values into MLflow."""
    import pandas

    return pandas.DataFrame({name: [_BLANK.get(kind, 0.0)] for name, kind in model.columns.items()})


_BLANK = {"string": "", "long": 0, "integer": 0, "boolean": False}
