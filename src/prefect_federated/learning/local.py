"""One participant's local work: from the base model and the consent view to a clipped update.

base [d] -> model -> train -> trained [d];   delta = clip(trained - base)

What the task's `local` section changes in this is in `learning.algorithms`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError, FederatedError, ShapeMismatch, TrainingFailed
from prefect_federated.core.local_spec import LocalSpec, Sgd, model_tensors
from prefect_federated.core.spec import Tensor
from prefect_federated.learning.algorithms.chosen import algorithm_of
from prefect_federated.learning.algorithms.plain import NOTHING, Personal, Plain, Start
from prefect_federated.learning.offers import Terms, require_stepping
from prefect_federated.learning.plan import Private, TrainingData, TrainingPlan, TrainResult, require_private
from prefect_federated.learning.vector import flatten, size_of, unflatten

_SGD = Sgd()


@dataclass(frozen=True, slots=True)
class LocalUpdate:
    """What local training yields. `delta` is trained minus base, after clipping."""

    delta: NDArray[np.float32]  # [d]
    examples: int
    metrics: dict[str, float]  # of the plan, with update_norm (before clipping) and clip_factor
    kept: Callable[[NDArray[np.float64]], Personal]  # what the silo keeps at home, of the delta as it was sent


def local_update(
    plan: TrainingPlan,
    manifest: tuple[Tensor, ...],
    base: NDArray[np.floating],
    data: TrainingData,
    seed: int,
    clip_norm: float,
    private: Private | None = None,
    local: LocalSpec = _SGD,
    personal: Personal = NOTHING,
) -> LocalUpdate:
    """Train from `base` on `data` and return the clipped difference.

    Args:
        base: the shared vector, [d] in manifest order.
        seed: decides batch order and everything random in the plan.
        clip_norm: L2 bound of the update.
        private: train by DP-SGD; what the plan measured of the rows on the way is then dropped, and the examples
            are the rows, whose number is public.
        local: the silos' algorithm.
        personal: what the silo kept from the round before; nothing in its first.

    Raises:
        ConfigurationError: the plan cannot train privately, or by this algorithm, or both are asked for.
        ShapeMismatch: the base does not fill the manifest, or the plan's model has other tensors.
        NonFiniteUpdate: training diverged.
        TrainingFailed: the plan's own code failed on these data.
    """
    if private is not None and not isinstance(local, Sgd):
        raise ConfigurationError(
            f"local {local.name} in private training: DP-SGD takes no other term; take local sgd, or train without"
            " privacy"
        )
    algorithm = algorithm_of(local)
    start = _start(plan, algorithm, model_tensors(local, manifest), manifest, base, len(data), personal)
    result = _trained(plan, start.model, data, seed, private, algorithm.terms(start))
    moved = flatten(_shared(plan, algorithm, start.model), start.tensors) - start.vector[: start.size]
    clipped = algorithm.update(start, moved, clip_norm)
    metrics = {**result.metrics, "update_norm": clipped.norm, "clip_factor": clipped.factor}
    return LocalUpdate(clipped.delta, result.examples, metrics, partial(algorithm.after, start))


def _start(
    plan: TrainingPlan,
    algorithm: Plain,
    tensors: tuple[Tensor, ...],
    shared: tuple[Tensor, ...],
    base: NDArray[np.floating],
    rows: int,
    personal: Personal,
) -> Start:
    vector = base.astype(np.float32)
    if vector.shape != (size_of(shared),):
        raise ShapeMismatch(f"a base of shape {vector.shape} does not fill the manifest's {size_of(shared)} numbers")
    model = model_of(plan, tensors, vector[: size_of(tensors)], algorithm.in_model(personal))
    algorithm.require(plan, model)
    return Start(plan, model, shared, tensors, vector, rows, personal)


def _shared(plan: TrainingPlan, algorithm: Plain, model: object) -> Personal:
    """The model's tensors that are shared."""
    kept = algorithm.at_home(plan, model)
    return {name: values for name, values in plan.parameters(model).items() if name not in kept}


def _trained(
    plan: TrainingPlan, model: object, data: TrainingData, seed: int, private: Private | None, terms: Terms
) -> TrainResult:
    """The plan's training. Of an error only the class is told: its message may quote a row."""
    try:
        if private is None and terms.any:
            return require_stepping(plan, "this task's local algorithm").train_with(model, data, seed, terms)
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


def model_of(
    plan: TrainingPlan, tensors: tuple[Tensor, ...], vector: NDArray[np.floating], personal: Personal = NOTHING
) -> object:
    """The plan's model with the parameters of `vector`, and what a silo kept at home; else a fresh model's.

    Args:
        tensors: of the model alone, `TaskSpec.model_tensors`.
    """
    model = plan.build_model(0)
    plan.load(model, {**unflatten(vector, tensors), **personal})
    return model


def initial_vector(
    plan: TrainingPlan, manifest: tuple[Tensor, ...], seed: int, local: LocalSpec = _SGD
) -> NDArray[np.float32]:
    """Version 0 of a task, [d]: the parameters of a fresh model, and 0 for what the algorithm adds."""
    model, tensors = plan.build_model(seed), model_tensors(local, manifest)
    own = flatten(_shared(plan, algorithm_of(local), model), tensors)
    return np.concatenate((own, np.zeros(size_of(manifest) - own.size, np.float32)))


def evaluate(
    plan: TrainingPlan,
    tensors: tuple[Tensor, ...],
    vector: NDArray[np.floating],
    data: TrainingData,
    personal: Personal = NOTHING,
) -> dict[str, float]:
    """Metrics on held-out data of the model `vector`, whose tensors are those of the model alone."""
    return plan.evaluate(model_of(plan, tensors, vector, personal), data)
