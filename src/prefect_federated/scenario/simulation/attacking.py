"""How a simulated attacker comes by its update: it sees what the honest trained in the same round, and crafts its own.

own rows --poison--> other rows --train--> own words --craft, knowing the honest words--> what is sent

This is the worst case: no real participant sees another's update before it commits. An attack names either what it
does to data or what it does to updates.
"""

from dataclasses import dataclass, replace

import numpy as np

from prefect_federated.core.combine import Words
from prefect_federated.core.errors import ConfigurationError, FederatedError
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario.attacks import ATTACKS, Scene


def attack_names() -> tuple[str, ...]:
    """Every attack that can be simulated."""
    return tuple(ATTACKS)


def require_attack(name: str) -> None:
    """Refuse an unknown attack.

    Raises:
        ConfigurationError: naming those there are.
    """
    if name not in attack_names():
        raise ConfigurationError(f"there is no attack {name!r}; --attack takes one of {', '.join(attack_names())}")


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack by name; everything random in it follows from the seed, the round and the attacker."""

    name: str
    seed: int
    limit: int  # largest magnitude of one word

    def seeing(self, honest: Words, last: Words | None, round: int, attackers: int) -> "Sight":
        """The attack in one round.

        Args:
            honest: int32 `[h, d]`, the honest updates of the round.
            last: int32 `[d]`, how the model moved in the round before; None in the first.
        """
        return Sight(self, honest, last, round, attackers)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the attackers of a round know."""

    attack: Attack
    honest: Words
    last: Words | None
    round: int
    attackers: int

    def poisoned(self, account: str, data: TrainingData) -> TrainingData:
        """The rows that an attacker trains on."""
        return ATTACKS[self.attack.name].poison(data, self._rng(account))

    def crafted(self, account: str, update: EncodedUpdate | FederatedError) -> EncodedUpdate | FederatedError:
        """The update that an attacker sends; one that could not train sends none."""
        if isinstance(update, FederatedError):
            return update
        scene = Scene(update.words, self.honest, self.attack.limit, self._rng(account), self.last, self.attackers)
        return replace(update, words=ATTACKS[self.attack.name].craft(scene))

    def _rng(self, account: str) -> np.random.Generator:
        return np.random.default_rng([self.attack.seed, self.round, int(account, 16) % 2**64])
