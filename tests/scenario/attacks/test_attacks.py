"""Each attack does what its paper says, in words that a payload can hold."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from prefect_federated.learning.plan import TrainingData
from prefect_federated.scenario.attacks import ATTACKS, Scene
from prefect_federated.scenario.attacks.alie import Alie
from prefect_federated.scenario.attacks.backdoor import Backdoor
from prefect_federated.scenario.attacks.copying import Copy
from prefect_federated.scenario.attacks.free_rider import FreeRider
from prefect_federated.scenario.attacks.gaussian import Gaussian
from prefect_federated.scenario.attacks.ipm import InnerProduct
from prefect_federated.scenario.attacks.label_flip import LabelFlip
from prefect_federated.scenario.attacks.min_max import MinMax
from prefect_federated.scenario.attacks.not_a_number import NotANumber
from prefect_federated.scenario.attacks.scaling import Scaling
from prefect_federated.scenario.attacks.sign_flip import SignFlip
from prefect_federated.scenario.attacks.stale_base import StaleBase

LIMIT = 2**20
D = 4000


def scene(last: bool = True, attackers: int = 3) -> Scene:
    rng = np.random.default_rng(5)
    honest = rng.normal(300, 1000, (9, D)).round().astype(np.int32)
    own = rng.normal(300, 1000, D).round().astype(np.int32)
    before = rng.normal(0, 800, D).round().astype(np.int32) if last else None
    return Scene(own, honest, LIMIT, np.random.default_rng(1), before, attackers)


def table() -> TrainingData:
    frame = pd.DataFrame({"a": [1, 2, 3, 4, 5, 6], "b": [0, 0, 9, 0, 0, 0], "y": [0, 1, 2, 2, 1, 0]})
    return TrainingData(frame, ("a", "b"), "y")


@pytest.mark.parametrize("name", sorted(ATTACKS))
@pytest.mark.parametrize("last", [True, False])
def test_every_attack_sends_words_of_the_right_shape_and_leaves_the_scene_alone(name: str, last: bool) -> None:
    before = scene(last)
    own, honest = before.own.copy(), before.honest.copy()
    sent = ATTACKS[name].craft(before)
    assert sent.dtype == np.int32 and sent.shape == (D,)
    assert (before.own == own).all() and (before.honest == honest).all()
    assert name == "nan" or np.abs(sent.astype(np.int64)).max() <= LIMIT


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_same_seed_sends_the_same_words(name: str) -> None:
    assert (ATTACKS[name].craft(scene()) == ATTACKS[name].craft(scene())).all()


def test_flipped_and_scaled_updates_are_multiples_held_within_the_limit() -> None:
    shown = scene()
    assert (SignFlip().craft(shown) == -shown.own).all()
    assert (Scaling(10).craft(shown) == 10 * shown.own).all()
    held = Scaling(1e7).craft(shown)
    assert set(np.unique(np.abs(held[shown.own != 0]))) == {LIMIT}


def test_gaussian_noise_has_the_stated_norm() -> None:
    shown = scene()
    assert norm(Gaussian(3).craft(shown)) == pytest.approx(3 * norm(shown.own), rel=0.05)


def test_alie_lies_z_deviations_below_the_mean_with_z_of_the_paper() -> None:
    # n = 50, m = 24: s = 2, Phi(z) = 24 / 26 ... the value that Algorithm 3 gives by hand.
    assert Alie._largest(26, 24) == pytest.approx(1.4261, abs=1e-3)
    shown = scene()
    expected = shown.honest.mean(axis=0) - 1.5 * shown.honest.std(axis=0)
    assert np.abs(Alie(z=1.5, jitter=0).craft(shown) - expected).max() <= 0.5


def test_ipm_is_half_the_mean_backwards() -> None:
    shown = scene()
    assert np.abs(InnerProduct(0.5).craft(shown) + 0.5 * shown.honest.mean(axis=0)).max() <= 0.5


def test_min_max_is_as_far_as_two_honest_updates_are_and_no_further() -> None:
    shown = scene()
    sent = MinMax(jitter=0).craft(shown).astype(float)
    honest = shown.honest.astype(float)
    widest = max(norm(one - other) for one in honest for other in honest)
    furthest = max(norm(sent - one) for one in honest)
    assert furthest == pytest.approx(widest, rel=1e-3)
    assert (sent < honest.mean(axis=0)).mean() > 0.99


def test_copy_is_exact_and_near_copy_differs_by_a_hundredth() -> None:
    shown = scene()
    assert (Copy().craft(shown) == shown.honest[0]).all()
    near = Copy(noise=0.01).craft(shown)
    assert norm(near - shown.honest[0]) / norm(shown.honest[0]) == pytest.approx(0.01, rel=0.1)


def test_free_rider_sends_last_rounds_aggregate_and_next_to_nothing_in_the_first() -> None:
    shown = scene()
    assert shown.last is not None
    assert norm(FreeRider(0.1).craft(shown) - shown.last) / norm(shown.last) == pytest.approx(0.1, rel=0.1)
    assert norm(FreeRider().craft(scene(last=False))) < 2 * D**0.5


def test_stale_update_ends_where_the_honest_one_does() -> None:
    shown = scene()
    assert shown.last is not None
    older_base = -shown.last  # the base of the round is 0
    assert (older_base + StaleBase().craft(shown) == shown.own).all()
    assert (StaleBase().craft(scene(last=False)) == shown.own).all()


def test_nan_bits_are_beyond_the_limit_of_any_task() -> None:
    sent = NotANumber(share=0.001).craft(scene())
    odd = sent[sent == 2143289344]
    assert len(odd) == 4 and np.isnan(odd.view(np.float32)).all()


def test_labels_are_turned_around_and_rows_stay() -> None:
    flipped = LabelFlip().poison(table(), np.random.default_rng(0))
    assert flipped.y.tolist() == [2, 1, 0, 0, 1, 2] and (flipped.x == table().x).all()
    assert LabelFlip(labels=(0, 1, 2, 3)).poison(table(), np.random.default_rng(0)).y.tolist() == [3, 2, 1, 1, 2, 3]
    assert table().y.tolist() == [0, 1, 2, 2, 1, 0]


def test_backdoor_marks_a_share_of_the_rows_and_their_label() -> None:
    attack = Backdoor(features=1, share=0.5, target=2)
    poisoned = attack.poison(table(), np.random.default_rng(0))
    marked = poisoned.x[:, 1] == 9
    assert marked.sum() in (3, 4)  # the third row has a 9 of its own
    assert (poisoned.y[marked] == 2).all() and (poisoned.x[:, 0] == table().x[:, 0]).all()
    assert (attack.patched(table()).y == 2).all()


def norm(values: NDArray[np.generic]) -> float:
    return float(np.linalg.norm(values.astype(float)))
