"""What a simulated attacker knows and sends: the honest words of its round, its own dice, the attack of its name."""

from types import MappingProxyType

import numpy as np
import pytest

from prefect_federated.core.errors import NonFiniteUpdate
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario.simulation.attacking import Attack, attack_names

ALICE, BOB = "0x" + 40 * "a", "0x" + 40 * "b"
HONEST = np.arange(12, dtype=np.int32).reshape(3, 4)
OWN = EncodedUpdate(np.full(4, 5, np.int32), 7, dict(MappingProxyType({})))


def sent(name: str, account: str = ALICE, round: int = 1, seed: int = 0) -> list[int]:
    update = Attack(name, seed, 2**24).seeing(HONEST, None, round, 2).crafted(account, OWN)
    assert isinstance(update, EncodedUpdate) and update.weight == 7
    return [int(word) for word in update.words]


def test_copy_sends_what_an_honest_participant_sends() -> None:
    assert sent("copy") == HONEST[0].tolist()


def test_dice_follow_from_seed_round_and_attacker() -> None:
    assert sent("gaussian") == sent("gaussian")
    others = [sent("gaussian", BOB), sent("gaussian", round=2), sent("gaussian", seed=1)]
    assert all(other != sent("gaussian") for other in others)


def test_who_could_not_train_sends_nothing() -> None:
    error = NonFiniteUpdate("diverged")
    assert Attack("sign-flip", 0, 2**24).seeing(HONEST, None, 1, 1).crafted(ALICE, error) is error


@pytest.mark.parametrize("name", attack_names())
def test_every_attack_makes_words_of_the_models_size(name: str) -> None:
    assert len(sent(name)) == 4
