"""Min-max: as far off as two honest updates are from each other, so that no distance gives it away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class MinMax(Attack):
    """Sends mean - gamma * std, no further from any honest update than two honest ones are from each other.

    The largest such gamma is found by bisection to `precision`.

    Source: Shejwalkar and Houmansadr 2021, https://doi.org/10.14722/ndss.2021.24498
    """

    precision: float = 1e-3
    jitter: float = 0.2  # of the std: one vector sent by all attackers would be found as a copy

    def craft(self, scene: Scene) -> Words:
        """The furthest point that stays among the honest."""
        honest = scene.honest.astype(float)
        mean, deviation = honest.mean(axis=0), honest.std(axis=0)
        widest = max(_furthest(one, honest) for one in honest)
        low, high = 0.0, 1.0
        while high < 1e6 and _furthest(mean - high * deviation, honest) <= widest:
            high *= 2
        while high - low > self.precision:
            middle = (low + high) / 2
            if _furthest(mean - middle * deviation, honest) <= widest:
                low = middle
            else:
                high = middle
        return scene.words(mean + deviation * (self.jitter * scene.rng.normal(size=mean.size) - low))


def _furthest(point: NDArray[np.floating], honest: NDArray[np.floating]) -> float:
    return float(((honest - point) ** 2).sum(axis=1).max())
