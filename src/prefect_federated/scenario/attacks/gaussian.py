"""Gaussian: noise instead of an update."""

from dataclasses import dataclass

import numpy as np

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class Gaussian(Attack):
    """Sends independent normal words whose norm is `factor` times that of its own update.

    Source: Blanchard et al. 2017, https://arxiv.org/abs/1703.02757
    """

    factor: float = 3.0

    def craft(self, scene: Scene) -> Words:
        """The noise."""
        d = scene.own.size
        deviation = self.factor * float(np.linalg.norm(scene.own.astype(float))) / np.sqrt(max(d, 1))
        return scene.words(scene.rng.normal(0.0, deviation, d))
