"""SCAFFOLD: control variates tell each silo how its gradients differ from everybody's, and take the difference out.

shared [x | c], kept c_i --steps along g - c_i + c--> y;   c_i' = c_i - c + (x - y) / (K rate)
sent   [y - x | c_i' - c_i] --mean--> x and c both move by the plain step, which the contract can prove

Source: Algorithm 1 with option II of Karimireddy et al. 2020, https://arxiv.org/abs/1910.06378. It differs from the
paper in this: the means are weighted by examples, as all means here are; the server's rate is 1; and c moves by the
mean of those aggregated as if nobody else was enrolled, |S| / N = 1 in line 17, since a round does not know who else
keeps a control variate. A silo that is not in a round keeps its own one, which then is from an older round. The sent
vector is clipped as one, and c_i moves by what was sent, after clipping and rounding: while everybody is in every
round with the same weight, c is the mean of all c_i but for the last rounding.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.local_spec import CONTROL
from prefect_federated.learning.algorithms.plain import Personal, Plain, Start
from prefect_federated.learning.clip import Clipped, clip
from prefect_federated.learning.offers import LocalSteps, Terms, require_stepping
from prefect_federated.learning.plan import TrainingPlan
from prefect_federated.learning.vector import require_tensors


@dataclass(frozen=True, slots=True)
class Scaffold(Plain):
    """Own and server control variates start at 0, as the paper proposes; without momentum, whose steps are no mean."""

    def require(self, plan: TrainingPlan, model: Any) -> None:
        """The plan takes steps of plain SGD, one at least."""
        _plain_steps(plan, 1)

    def terms(self, start: Start) -> Terms:
        """`c - c_i` of every trained tensor, float32."""
        server, own = _server(start), _own(start)
        return Terms(drift={name: (server[name] - own[name]).astype(np.float32) for name in server})

    def update(self, start: Start, moved: NDArray[np.float32], clip_norm: float) -> Clipped:
        """`[y - x | c_i' - c_i]` within one bound; the second part is `-c - (y - x) / (K rate)`."""
        steps, server, at = _plain_steps(start.plan, start.rows), _server(start), 0
        change = []
        for tensor in start.tensors:
            if tensor.name in server:
                away = moved[at : at + tensor.size].astype(np.float64) / (steps.count * steps.rate)
                change.append(-server[tensor.name].ravel() - away)
            at += tensor.size
        return clip(np.concatenate((moved, *change)).astype(np.float32), clip_norm)

    def after(self, start: Start, sent: NDArray[np.float64]) -> Personal:
        """`c_i'`, float64, by name of the tensor."""
        moved = _controls(start, sent)
        return {name: values + moved[name] for name, values in _own(start).items()}


def _plain_steps(plan: TrainingPlan, rows: int) -> LocalSteps:
    steps = require_stepping(plan, "scaffold").local_steps(rows)
    if steps.count < 1 or steps.effective != steps.count:
        raise ConfigurationError(
            f"scaffold divides by the steps of plain SGD, the plan takes {steps.count} that weigh {steps.effective:g};"
            " set momentum to 0 and at least one step a round"
        )
    return steps


def _server(start: Start) -> dict[str, NDArray[np.float64]]:
    return _controls(start, start.vector.astype(np.float64))


def _own(start: Start) -> Personal:
    zeros = {name: np.zeros(values.shape) for name, values in _server(start).items()}
    if not start.personal:
        return zeros
    names = [tensor for tensor in start.tensors if tensor.name in zeros]
    require_tensors({name: values.shape for name, values in start.personal.items()}, names)
    return start.personal


def _controls(start: Start, vector: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The part of a vector `[d]` behind the model, by name of the tensor that it belongs to."""
    found, at = {}, start.size
    for tensor in start.shared[len(start.tensors) :]:
        found[tensor.name.removeprefix(CONTROL)] = vector[at : at + tensor.size].reshape(tensor.shape)
        at += tensor.size
    return found
