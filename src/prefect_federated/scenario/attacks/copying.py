"""Copies of somebody's update, exact or nearly so: pay for work that another did.

Only who knows another's update before it commits can do this: partners, or one owner behind two accounts.
"""

from dataclasses import dataclass

import numpy as np

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class Copy(Attack):
    """Sends the update of another, with noise of `noise` times its norm.

    Source: Fung et al. 2018 (sybils that send alike updates), https://arxiv.org/abs/1808.04866
    """

    noise: float = 0.0
    victim: int = 0

    def craft(self, scene: Scene) -> Words:
        """The copy."""
        theirs = scene.honest[self.victim % len(scene.honest)].astype(float)
        deviation = self.noise * float(np.linalg.norm(theirs)) / np.sqrt(max(theirs.size, 1))
        return scene.words(theirs + scene.rng.normal(0.0, 1.0, theirs.size) * deviation)
