"""Scaling: the honest update, made large, so that a mean follows it."""

from dataclasses import dataclass

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class Scaling(Attack):
    """Sends factor * own, as model replacement does.

    Source: Bagdasaryan et al. 2020, https://arxiv.org/abs/1807.00459
    """

    factor: float = 10.0

    def craft(self, scene: Scene) -> Words:
        """The scaled update."""
        return scene.words(self.factor * scene.own.astype(float))
