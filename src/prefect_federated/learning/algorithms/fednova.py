"""FedNova: silos that take different numbers of steps share their update per step, and how many steps there were.

moved / units --> [d_i | units];   server: x + (mean units) (mean d_i);   units = a_i / nominal_steps

a_i is the number of local steps, and with momentum what they sum up to: the L1 norm of the gradients' weights. The
server's tau_eff is the mean of a_i under the round's weights, as in the paper's experiments; its side is
`core.optimizers.fednova`. `nominal_steps` changes nothing but the resolution of the words: near the usual a_i, the
units are near 1. Where all silos take just that many steps the round is FedAvg's, to the last bit.

The bound `clip_norm` is that of d_i; the number of units lies outside of it.

Source: equations 5 and 8 and section 4.1 of Wang et al. 2020, https://arxiv.org/abs/2007.07481
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.algorithms.plain import NOTHING, Personal, Plain, Start
from prefect_federated.learning.clip import Clipped, clip
from prefect_federated.learning.offers import require_stepping
from prefect_federated.learning.plan import TrainingPlan


@dataclass(frozen=True, slots=True)
class FedNova(Plain):
    """Normalised updates. Every shared tensor must be one that gradients move: a running variance could turn negative
    where it is moved by more than one silo's way.
    """

    nominal_steps: float

    def require(self, plan: TrainingPlan, model: Any) -> None:
        """The plan counts its steps, and shares trained tensors alone."""
        stepping = require_stepping(plan, "fednova")
        stepping.local_steps(1)
        if untrained := sorted(set(plan.parameters(model)) - set(stepping.trained(model))):
            raise ConfigurationError(
                f"fednova scales what steps have moved, the model also shares {', '.join(untrained[:3])}, which no"
                " gradient moves; take GroupNorm or LayerNorm in place of BatchNorm, or local fedbn"
            )

    def update(self, start: Start, moved: NDArray[np.float32], clip_norm: float) -> Clipped:
        """`[moved / units | units]`, of which the first part is clipped."""
        units = self._units(start)
        if not units:
            raise ConfigurationError(
                f"fednova divides by the number of local steps, 0 on {start.rows} rows; set epochs to 1 or more"
            )
        clipped = clip((moved / units).astype(np.float32), clip_norm)
        return Clipped(np.append(clipped.delta, np.float32(units)), clipped.norm, clipped.factor)

    def after(self, start: Start, sent: NDArray[np.float64]) -> Personal:
        """Nothing; but the number of units must have come through the rounding.

        Raises:
            ConfigurationError: so many units do not fit a word of the task.
        """
        units = self._units(start)
        if abs(sent[-1] - units) > 0.01 * units:
            raise ConfigurationError(
                f"{units:g} units of local steps are {sent[-1]:g} in a word of the task; set local.nominal_steps,"
                f" now {self.nominal_steps:g}, to about the number of local steps"
            )
        return NOTHING

    def _units(self, start: Start) -> float:
        return require_stepping(start.plan, "fednova").local_steps(start.rows).effective / self.nominal_steps
