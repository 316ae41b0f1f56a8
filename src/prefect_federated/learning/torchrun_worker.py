"""One process of a training in several: `python -m torch.distributed.run ... -m THIS FOLDER`, as `torchrun` does.

RANK, WORLD_SIZE + folder --> plan (its hash again), model, rows --train--> outcome of rank 0 | failed-RANK.json
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from prefect_federated.core.errors import FederatedError
from prefect_federated.learning.lifeline import end_with_parent


def main(folder: Path) -> int:
    """Train; of an error that is not this package's only the class is told, for its message may quote a row."""
    from prefect_federated.learning.crew import OthersLost

    rank = int(os.environ["RANK"])
    end_with_parent(folder)
    try:
        _train(folder, json.loads((folder / "request.json").read_text()), rank)
    except OthersLost:
        return 1  # whoever failed first tells, if it still can
    except Exception as error:
        words = str(error) if isinstance(error, FederatedError) else ""
        told = {"kind": type(error).__name__, "words": words, "rank": rank}
        (folder / f"failed-{rank}.json").write_text(json.dumps(told))
        return 1
    return 0


def _train(folder: Path, request: dict[str, Any], rank: int) -> None:
    import torch
    import torch.distributed as dist

    from prefect_federated.learning.crew import Together
    from prefect_federated.learning.offers import Terms
    from prefect_federated.learning.plan import load_plan
    from prefect_federated.learning.torch_plan import TorchPlan

    plan = load_plan(request["ref"], request["hyperparameters"], bytes.fromhex(request["code_hash"]))
    assert isinstance(plan, TorchPlan)  # its own `train_with` started this
    cuda = request["device"] == "cuda"
    device = f"cuda:{os.environ['LOCAL_RANK']}" if cuda else "cpu"
    if cuda:
        torch.cuda.set_device(device)
    dist.init_process_group(
        "nccl" if cuda else "gloo",
        init_method=f"file://{folder}/meeting",
        rank=rank,
        world_size=int(os.environ["WORLD_SIZE"]),
    )
    model = plan.build_model(0)
    plan.load(model, _arrays(folder / "given.npz", request["names"]))
    terms = Terms(request["mu"], _arrays(folder / "drift.npz", request["drift"]))
    crew = Together(request["seed"])
    result = plan.train_in(crew, model, _view(folder, request), request["seed"], terms, device)
    if rank == 0:
        np.savez(folder / "result.npz", *(plan.parameters(model)[name] for name in request["names"]))
        outcome = {"examples": result.examples, "metrics": result.metrics}
        (folder / "outcome.json").write_text(json.dumps(outcome))
    if cuda:
        dist.destroy_process_group()


def _arrays(path: Path, names: list[str]) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as kept:
        return {name: kept[f"arr_{place}"] for place, name in enumerate(names)}


def _view(folder: Path, request: dict[str, Any]) -> Any:
    from pandas import DataFrame

    from prefect_federated.learning.plan import TrainingData

    with np.load(folder / "view.npz", allow_pickle=False) as view:
        frame = DataFrame(view["x"], columns=request["features"]).assign(**{request["target"]: view["y"]})
    return TrainingData(frame, tuple(request["features"]), request["target"])


if __name__ == "__main__":
    status = main(Path(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # a thread of gloo's that still runs would abort a process that ends in the usual way
