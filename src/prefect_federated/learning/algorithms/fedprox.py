"""FedProx: local training is held near the base model, so that unlike silos do not drift apart.

gradient of the loss --+ mu (w - w_base)--> gradient of  loss(w) + mu/2 |w - w_base|^2  --> the plan's optimizer

Source: Algorithm 2 and equation 2 of Li et al. 2020, https://arxiv.org/abs/1812.06127. The paper lets each silo
solve this inexactly, with as much work as it can do; here all do the passes that the task says.
"""

from dataclasses import dataclass
from typing import Any

from prefect_federated.learning.algorithms.plain import Plain, Start
from prefect_federated.learning.offers import Terms, require_stepping
from prefect_federated.learning.plan import TrainingPlan


@dataclass(frozen=True, slots=True)
class FedProx(Plain):
    """Every silo minimises its own loss plus `mu/2 |w - w_base|^2` over all trained parameters; mu 0 is FedAvg."""

    mu: float

    def require(self, plan: TrainingPlan, model: Any) -> None:
        """The plan's steps take another term."""
        require_stepping(plan, "fedprox")

    def terms(self, start: Start) -> Terms:
        """The proximal term."""
        return Terms(mu=self.mu)
