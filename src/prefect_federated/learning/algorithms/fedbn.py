"""FedBN: batch normalisation stays at home, so that each silo's features are normalised in that silo's own way.

model = shared tensors (averaged as ever) + tensors at home (kept from round to round, never sent)

Whoever has nothing at home, an aggregator, a validator, `mlflow.pyfunc`, fills them with those of a fresh model
(`build_model(0)`): what it measures of a shared model is not what a silo has. Tensors are floating-point ones;
the counter of batches starts anew each round, which BatchNorm with `momentum=None` would notice.

Source: Algorithm 1 of Li et al. 2021, https://arxiv.org/abs/2102.07623. Other layers may be named in place of
normalisation, as in Arivazhagan et al. 2019, https://arxiv.org/abs/1912.00818.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.algorithms.plain import Personal, Plain, Start
from prefect_federated.learning.offers import require_normalising
from prefect_federated.learning.plan import TrainingPlan


@dataclass(frozen=True, slots=True)
class FedBN(Plain):
    """Tensors whose names match `layers` stay at home; batch normalisation's where none are named."""

    layers: tuple[str, ...]

    def require(self, plan: TrainingPlan, model: Any) -> None:
        """Something stays at home, and something is shared."""
        self.at_home(plan, model)

    def at_home(self, plan: TrainingPlan, model: Any) -> frozenset[str]:
        """Names of the tensors that stay.

        Raises:
            ConfigurationError: there are none, or none are left to share.
        """
        names = list(plan.parameters(model))
        if self.layers:
            kept = frozenset(name for name in names if any(fnmatchcase(name, one) for one in self.layers))
        else:
            kept = frozenset(require_normalising(plan, "fedbn").normalisation(model))
        if not kept or len(kept) == len(names):
            named = ", ".join(self.layers) or "batch normalisation"
            raise ConfigurationError(
                f"local.layers names {named}: {len(kept)} of {len(names)} tensors ({', '.join(names[:4])} ...) would"
                " stay at home; name some and not all"
            )
        return kept

    def in_model(self, personal: Personal) -> Personal:
        """All of it."""
        return personal

    def after(self, start: Start, sent: NDArray[np.float64]) -> Personal:
        """The trained tensors at home."""
        kept = self.at_home(start.plan, start.model)
        return {name: values for name, values in start.plan.parameters(start.model).items() if name in kept}
