"""IPM, inner product manipulation: against the honest mean, at a length that raises no suspicion."""

from dataclasses import dataclass

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class InnerProduct(Attack):
    """Sends -epsilon * mean of the honest updates.

    Source: Xie et al. 2020, https://arxiv.org/abs/1903.03936
    """

    epsilon: float = 0.5

    def craft(self, scene: Scene) -> Words:
        """A piece of the mean, backwards."""
        return scene.words(-self.epsilon * scene.honest.mean(axis=0))
