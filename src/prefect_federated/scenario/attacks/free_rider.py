"""Free rider: no training; what the others did in the last round, with a little noise."""

from dataclasses import dataclass

import numpy as np

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class FreeRider(Attack):
    """Sends the last aggregate with noise of `noise` times its norm; noise of one word in the first round.

    Source: Fraboni et al. 2021 ("disguised" free riders), https://arxiv.org/abs/2006.11901
    """

    noise: float = 0.1

    def craft(self, scene: Scene) -> Words:
        """What looks like an update."""
        start = np.zeros(scene.own.size) if scene.last is None else scene.last.astype(float)
        deviation = max(self.noise * float(np.linalg.norm(start)) / np.sqrt(max(start.size, 1)), 1.0)
        return scene.words(start + scene.rng.normal(0.0, deviation, start.size))
