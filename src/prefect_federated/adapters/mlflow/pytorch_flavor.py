"""A module for `mlflow.pytorch.load_model`, exported without a pickle by torch.export, beside the plan's own files.

plan.build_model, plan.load --torch.export--> torch/model.pt2;   MLmodel gets the flavour `pytorch`
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.mlflow.records import PackagedModel
from prefect_federated.core.errors import FederatedError
from prefect_federated.learning.plan import load_plan

if TYPE_CHECKING:
    import torch

FOLDER, FILE = "torch", "model.pt2"  # names that MLflow's flavour looks for
_log = logging.getLogger(__name__)


def add_pytorch(folder: Path, model: PackagedModel) -> bool:
    """Add the flavour to an MLflow folder where the plan, approved by its hash, makes a torch module; tells whether.

    The module takes what the plan's `tensors` makes of the columns: floats, standardised where the plan does so.
    """
    import torch
    from mlflow.models import Model

    exported = _exported(model)
    if exported is None:
        return False
    (folder / FOLDER).mkdir()
    torch.export.save(exported, folder / FOLDER / FILE)
    described = Model.load(str(folder))
    described.add_flavor("pytorch", model_data=FOLDER, pytorch_version=str(torch.__version__), code=None)
    described.save(str(folder / "MLmodel"))
    return True


def _exported(model: PackagedModel) -> "torch.export.ExportedProgram | None":
    import torch
    from torch.export import Dim

    try:
        plan: Any = load_plan(model.plan, model.hyperparameters, bytes.fromhex(model.code_hash.removeprefix("0x")))
    except FederatedError as error:
        _log.warning("no module for mlflow.pytorch: %s", error)
        return None
    module = plan.build_model(0)
    if not isinstance(module, torch.nn.Module):
        return None
    plan.load(module, model.tensors)
    blank = torch.zeros((2, len(model.columns)), dtype=torch.float32)
    return torch.export.export(module.eval(), (blank,), dynamic_shapes=({0: Dim("rows")},))
