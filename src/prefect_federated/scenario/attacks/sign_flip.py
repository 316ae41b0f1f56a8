"""Sign flip: the honest update, backwards."""

from dataclasses import dataclass

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class SignFlip(Attack):
    """Sends -factor * own.

    Source: Li et al. 2019 (RSA), https://arxiv.org/abs/1811.03761
    """

    factor: float = 1.0

    def craft(self, scene: Scene) -> Words:
        """The flipped update."""
        return scene.words(-self.factor * scene.own.astype(float))
