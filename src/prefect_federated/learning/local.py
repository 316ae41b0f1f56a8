"""One participant's local work: from the base model and the consent view to a clipped update.

base [d] -> model -> train -> trained [d];   delta = clip(trained - base)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import FederatedError, TrainingFailed
from prefect_federated.core.spec import Tensor
from prefect_federated.learning.clip import clip
from prefect_federated.learning.plan import Private, TrainingData, TrainingPlan, TrainResult, require_private
from prefect_federated.learning.vector import flatten, unflatten


@dataclass(frozen=True, slots=True)
class LocalUpdate:
    """What local training yields. `delta` is trained minus base, after clipping."""

    delta: NDArray[np.float32]  # [d]
    examples: int
    metrics: dict[str, float]  # of the plan, with update_norm (before clipping) and clip_factor


def local_update(
    plan: TrainingPlan,
    manifest: tuple[Tensor, ...],
    base: NDArray[np.floating],
    data: TrainingData,
    seed: int,
    clip_norm: float,
    private: Private | None = None,
) -> LocalUpdate:
    """Train from `base` on `data` and return the clipped difference.

    Args:
        base: the global model, [d] in manifest order.
        seed: decides batch order and everything random in the plan.
        clip_norm: L2 bound of the update.
        private: train by DP-SGD; what the plan measured of the rows on the way is then dropped, and the examples
            are the rows, whose number is public.

    Raises:
        ConfigurationError: the plan cannot train privately.
        ShapeMismatch: the base does not fill the manifest, or the plan's model has other tensors.
        NonFiniteUpdate: training diverged.
        TrainingFailed: the plan's own code failed on these data.
    """
    start = base.astype(np.float32)
    model = model_of(plan, manifest, start)
    result = _trained(plan, model, data, seed, private)
    clipped = clip(flatten(plan.parameters(model), manifest) - start, clip_norm)
    metrics = {**result.metrics, "update_norm": clipped.norm, "clip_factor": clipped.factor}
    return LocalUpdate(clipped.delta, result.examples, metrics)


def _trained(plan: TrainingPlan, model: object, data: TrainingData, seed: int, private: Private | None) -> TrainResult:
    """The plan's training. Of an error only the class is told: its message may quote a row."""
    try:
        if private is None:
            return plan.train(model, data, seed)
        require_private(plan).train_privately(model, data, private.secret, private.privacy)
        return TrainResult(len(data))
    except FederatedError:
        raise
    except Exception as error:
        kind = type(error).__name__
    # Raised outside the handler, so that no traceback chains to a message that quotes a row.
    raise TrainingFailed(
        f"the training plan ended with {kind} on {len(data)} rows of this silo; run the plan on them in the silo"
        " to see why, then mend data or plan"
    )


def model_of(plan: TrainingPlan, manifest: tuple[Tensor, ...], vector: NDArray[np.floating]) -> object:
    """The plan's model with the parameters of `vector` [d]."""
    model = plan.build_model(0)
    plan.load(model, unflatten(vector, manifest))
    return model


def initial_vector(plan: TrainingPlan, manifest: tuple[Tensor, ...], seed: int) -> NDArray[np.float32]:
    """Parameters of a fresh model, [d]: version 0 of a task."""
    return flatten(plan.parameters(plan.build_model(seed)), manifest)


def evaluate(
    plan: TrainingPlan, manifest: tuple[Tensor, ...], vector: NDArray[np.floating], data: TrainingData
) -> dict[str, float]:
    """Metrics of the model `vector` [d] on held-out data."""
    return plan.evaluate(model_of(plan, manifest, vector), data)
