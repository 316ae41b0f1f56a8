"""The updates of many participants of one round: as one program where the plan allows it, one by one elsewhere.

base words --decode--> base vector --train_batched | plan.train--> trained --clip, encode--> words of each
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import FederatedError
from prefect_federated.core.fixed_point import decode
from prefect_federated.core.local_spec import FedBN
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning.algorithms.chosen import algorithm_of
from prefect_federated.learning.algorithms.plain import Personal, Start
from prefect_federated.learning.local import LocalUpdate, model_of
from prefect_federated.learning.plan import TrainingData, TrainingPlan, load_plan
from prefect_federated.learning.update import EncodedUpdate, encoded, train_update, training_seed
from prefect_federated.learning.vector import flatten, size_of, unflatten

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pupil:
    """A participant and the rows that it trains on."""

    account: str
    data: TrainingData
    personal: Personal = field(default_factory=dict, repr=False)  # what it kept at home


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

    if spec.spec.privacy is not None:
        return "the task trains privately"
    if isinstance(spec.spec.local, FedBN):
        return "under fedbn everybody has layers of its own"
    return why_not_batched(plan)


def _alone(spec: RoundSpec, base: NDArray[np.int32], pupil: Pupil) -> EncodedUpdate | FederatedError:
    try:
        return train_update(spec, pupil.account, base, pupil.data, personal=pupil.personal)
    except FederatedError as error:
        return error


def _together(
    spec: RoundSpec, plan: TrainingPlan, base: NDArray[np.int32], pupils: Sequence[Pupil], device: str
) -> list[EncodedUpdate | FederatedError]:
    from prefect_federated.learning.batched_training import train_batched
    from prefect_federated.learning.torch_plan import TorchPlan

    assert isinstance(plan, TorchPlan)  # or `why_not_batched` had something against it
    agreed, tensors = spec.spec, spec.spec.model_tensors
    vector = decode(base, spec.header("model").parts[0].encoding).astype(np.float32)
    own, algorithm = vector[: size_of(tensors)], algorithm_of(agreed.local)
    model = model_of(plan, tensors, own)
    algorithm.require(plan, model)
    starts = [Start(plan, model, agreed.model.tensors, tensors, vector, len(one.data), one.personal) for one in pupils]
    seeds, tables = [training_seed(spec, one.account) for one in pupils], [one.data for one in pupils]
    terms = [algorithm.terms(start) for start in starts]
    updates: list[EncodedUpdate | FederatedError] = []
    for start, done in zip(
        starts, train_batched(plan, unflatten(own, tensors), tables, seeds, device, terms), strict=True
    ):
        try:
            clipped = algorithm.update(start, flatten(done.tensors, tensors) - own, agreed.update.clip_norm)
            metrics = {**done.result.metrics, "update_norm": clipped.norm, "clip_factor": clipped.factor}
            update = LocalUpdate(clipped.delta, done.result.examples, metrics, partial(algorithm.after, start))
            updates.append(encoded(spec, update, start.rows))
        except FederatedError as error:
            updates.append(error)
    return updates
