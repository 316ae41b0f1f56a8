"""Stale base: a true update, of the model before the one that the round starts from."""

from dataclasses import dataclass

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class StaleBase(Attack):
    """Ends where honest training ends and starts one round too early: own + last aggregate. Honest in the first round.

    The commitment binds the base version, so that a participant cannot do this by mistake; who lies about it can.

    Source: Xie et al. 2019 (staleness in asynchronous learning), https://arxiv.org/abs/1903.03934
    """

    def craft(self, scene: Scene) -> Words:
        """The way from the older base to the same end."""
        return scene.own if scene.last is None else scene.words(scene.own.astype(float) + scene.last)
