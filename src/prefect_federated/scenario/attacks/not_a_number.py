"""NaN: what diverged training, or malice, leaves in the bytes of an update."""

from dataclasses import dataclass

import numpy as np

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class NotANumber(Attack):
    """Sends the bits of float32 NaN where its own update has words: 2143289344 as an int32, beyond any task's limit.

    An honest silo cannot send it: encoding refuses what is not finite.
    """

    share: float = 1.0

    def craft(self, scene: Scene) -> Words:
        """The own update with NaN in a share of its places, at least one."""
        words = scene.own.copy()
        count = max(1, int(self.share * words.size))
        words[scene.rng.permutation(words.size)[:count]] = np.full(1, np.nan, np.float32).view(np.int32)[0]
        return words
