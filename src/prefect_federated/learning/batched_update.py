"""The updates of many participants of one round: as one program where the plan allows it, one by one elsewhere.

base words --decode--> base vector --train_batched | plan.train--> trained --clip, encode--> words of each
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import FederatedError
from prefect_federated.core.fixed_point import decode
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning.clip import clip
from prefect_federated.learning.local import LocalUpdate
from prefect_federated.learning.plan import TrainingData, TrainingPlan, load_plan
from prefect_federated.learning.update import EncodedUpdate, encoded, train_update, training_seed
from prefect_federated.learning.vector import flatten, unflatten

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pupil:
    """A participant and the rows that it trains on."""

    account: str
    data: TrainingData


def train_updates(
    spec: RoundSpec, base: NDArray[np.int32], pupils: Sequence[Pupil], device: str = "cpu"
) -> list[EncodedUpdate | FederatedError]:
    """Everybody's update, or the error that it would have met alone.

    Which way is gone follows from the spec; the other gives the same words up to rounding.

    Args:
        base: int32 `[d]`, the model everybody starts from.
        device: where a batched program runs, "cpu" or "cuda".
    """
    agreed = spec.spec
    plan = load_plan(agreed.plan.ref, agreed.plan.hyperparameters, agreed.plan.code_hash)
    if against := _why_alone(spec, plan):
        LOG.warning("%s participants train one after the other: %s", len(pupils), against)
        return [_alone(spec, base, pupil) for pupil in pupils]
    return _together(spec, plan, base, pupils, device)


def _why_alone(spec: RoundSpec, plan: TrainingPlan) -> str | None:
    from prefect_federated.learning.batched_training import why_not_batched

    return "the task trains privately" if spec.spec.privacy is not None else why_not_batched(plan)


def _alone(spec: RoundSpec, base: NDArray[np.int32], pupil: Pupil) -> EncodedUpdate | FederatedError:
    try:
        return train_update(spec, pupil.account, base, pupil.data)
    except FederatedError as error:
        return error


def _together(
    spec: RoundSpec, plan: TrainingPlan, base: NDArray[np.int32], pupils: Sequence[Pupil], device: str
) -> list[EncodedUpdate | FederatedError]:
    from prefect_federated.learning.batched_training import train_batched
    from prefect_federated.learning.torch_plan import TorchPlan

    assert isinstance(plan, TorchPlan)  # or `why_not_batched` had something against it
    tensors = spec.spec.model.tensors
    start = decode(base, spec.header("model").parts[0].encoding).astype(np.float32)
    seeds = [training_seed(spec, pupil.account) for pupil in pupils]
    done = train_batched(plan, unflatten(start, tensors), [pupil.data for pupil in pupils], seeds, device)
    updates: list[EncodedUpdate | FederatedError] = []
    for one in done:
        try:
            clipped = clip(flatten(one.tensors, tensors) - start, spec.spec.update.clip_norm)
            metrics = {**one.result.metrics, "update_norm": clipped.norm, "clip_factor": clipped.factor}
            updates.append(encoded(spec, LocalUpdate(clipped.delta, one.result.examples, metrics), one.result.examples))
        except FederatedError as error:
            updates.append(error)
    return updates
