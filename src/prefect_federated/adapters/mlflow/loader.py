"""MLflow's way back to a model: checks the folder, loads the plan at its hash, fills the model, predicts.

files -> digest -> plan (code hash) -> safetensors (manifest) -> predict(DataFrame)

Nothing is ever unpickled. Assumes that whoever can write MLflow's own MLmodel file is trusted: it names the
code that MLflow runs.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from prefect_federated.core.errors import ContentMismatch, PayloadError, PlanNotApproved
from prefect_federated.core.spec import Tensor
from prefect_federated.learning.plan import TrainingPlan, load_plan
from prefect_federated.learning.tensors import load_safetensors, unflatten

if TYPE_CHECKING:
    from pandas import DataFrame

FORMAT = "prefect-federated/model/1"
PLAN_FILE = "plan.json"
TENSOR_FILE = "model.safetensors"
PICKLED = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".ckpt", ".npy", ".npz")


@dataclass(frozen=True, slots=True)
class PlanModel:
    """A plan with its trained model, as MLflow calls it."""

    plan: TrainingPlan
    model: Any

    def predict(self, frame: "DataFrame") -> NDArray[Any]:
        """One prediction a row, as the training plan defines it."""
        return self.plan.predict(self.model, frame)


def _load_pyfunc(data_path: str, model_config: Mapping[str, str] | None = None) -> PlanModel:
    """Entry point that `mlflow.pyfunc.load_model` calls with the folder of weights.

    Its own `model_config={"code_hash": ...}` names a later version of the plan that the caller has reviewed.
    """
    return load_weights(Path(data_path), (model_config or {}).get("code_hash"))


def load_weights(folder: Path, approved_code: str | None = None) -> PlanModel:
    """Load a model folder after checking its bytes.

    Args:
        approved_code: hex hash of the plan's source, where it is not the one the model was trained with.

    Raises:
        PayloadError: another file lies in it, or a pickle beside it, or the tensors are no safetensors.
        ContentMismatch: the tensors are not those that were written.
        ShapeMismatch: names, shapes or types differ from the manifest.
        PlanNotApproved: the plan installed here is not the one that the model was trained with.
    """
    _require_files(folder)
    described = json.loads((folder / PLAN_FILE).read_text())
    if described.get("format") != FORMAT:
        raise PayloadError(f"{PLAN_FILE} has format {described.get('format')!r}, this code reads {FORMAT!r}")
    content = (folder / TENSOR_FILE).read_bytes()
    _require_digest(content, described["sha256"])
    manifest = [Tensor(name=one["name"], shape=tuple(one["shape"])) for one in described["tensors"]]
    tensors = unflatten(load_safetensors(content, manifest), manifest)
    plan = _plan(described["plan"], described["hyperparameters"], approved_code or described["code_hash"])
    model = plan.build_model(0)
    plan.load(model, tensors)
    return PlanModel(plan, model)


def _require_files(folder: Path) -> None:
    """Refuse whatever we did not write: other files here, pickles anywhere in the MLflow folder around it."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
    if names != sorted((PLAN_FILE, TENSOR_FILE)):
        raise PayloadError(f"{folder} holds {names}; only {PLAN_FILE} and {TENSOR_FILE} belong there")
    around = next((parent for parent in folder.parents if (parent / "MLmodel").is_file()), folder)
    for path in around.rglob("*"):
        if path.suffix.lower() in PICKLED:
            raise PayloadError(f"{path} may be a pickle, which can execute code; only safetensors is read")


def _require_digest(content: bytes, expected: str) -> None:
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise ContentMismatch(f"{TENSOR_FILE} hashes to {actual}, {PLAN_FILE} says {expected}; mirror it again")


def _plan(reference: str, hyperparameters: dict[str, Any], code_hash: str) -> TrainingPlan:
    try:
        return load_plan(reference, hyperparameters, bytes.fromhex(code_hash.removeprefix("0x")))
    except PlanNotApproved as error:
        raise PlanNotApproved(
            f"plan {reference} is not the code the model was trained with ({error}); install what its"
            " requirements.txt names, or review the change and load with model_config={'code_hash': '0x...'}"
        ) from error
