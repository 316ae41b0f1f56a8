"""What an attacker knows when it makes its update, and what an attack is.

own data --Attack.poison--> what is trained on;   scene --Attack.craft--> the words that are sent
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.learning.plan import TrainingData

Words = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Scene:
    """One round as an omniscient attacker sees it: the worst case, since commit-reveal hides updates in time."""

    own: Words  # [d]: what honest training on the attacker's own data gives
    honest: Words  # [h, d]: what the others send
    limit: int  # largest magnitude of a word
    rng: np.random.Generator
    last: Words | None = None  # [d]: the aggregate of the round before; None in the first round
    attackers: int = 1  # how many act together, this one among them

    def words(self, reals: NDArray[np.floating]) -> Words:
        """Rounded and held within the limit, int32 `[d]`: what passes every check of range."""
        held: Words = np.clip(np.rint(reals), -self.limit, self.limit).astype(np.int32)
        return held


class Attack:
    """Honest behaviour; an attack overrides what it does otherwise."""

    def poison(self, data: TrainingData, rng: np.random.Generator) -> TrainingData:
        """The data that the attacker trains on."""
        return data

    def craft(self, scene: Scene) -> Words:
        """The update that it sends, int32 `[d]`."""
        return scene.own
