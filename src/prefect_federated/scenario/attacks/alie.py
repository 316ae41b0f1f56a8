"""ALIE, "a little is enough": as far from the honest mean as their own scatter hides."""

from dataclasses import dataclass
from statistics import NormalDist

from prefect_federated.scenario.attacks.scene import Attack, Scene, Words


@dataclass(frozen=True, slots=True)
class Alie(Attack):
    """Sends mean - z * std of the honest updates, coordinate by coordinate.

    z is the largest for which a majority still lies closer to the mean than the attackers, if updates are normal:
    Phi(z) = (n - m - s) / (n - m) with s = floor(n / 2 + 1) - m, of n updates m by attackers.

    The paper's attackers all send one vector, which any search for copies finds; these scatter by `jitter` * std.

    Source: Algorithm 3 of Baruch et al. 2019, https://arxiv.org/abs/1902.06156
    """

    z: float | None = None
    jitter: float = 0.2

    def craft(self, scene: Scene) -> Words:
        """The shifted mean."""
        mean, deviation = scene.honest.mean(axis=0), scene.honest.std(axis=0)
        shift = self._largest(len(scene.honest), scene.attackers) if self.z is None else self.z
        return scene.words(mean + deviation * (self.jitter * scene.rng.normal(size=mean.size) - shift))

    @staticmethod
    def _largest(honest: int, attackers: int) -> float:
        n = honest + attackers
        supporters = n // 2 + 1 - attackers
        share = (honest - supporters) / honest
        return NormalDist().inv_cdf(min(max(share, 0.5), 1 - 1e-6))
