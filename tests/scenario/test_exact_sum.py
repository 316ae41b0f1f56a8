"""Any aggregate but the exact one of the updates heard is found, with its first wrong word and what is due."""

import numpy as np
import pytest

from prefect_federated.adapters.spool import Spool
from prefect_federated.core.combine import Words
from prefect_federated.core.errors import ProtocolError
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario.exact_sum import Difference, Unmasked, Witness, first_difference

D = 70_000  # more than one block
MEAN, MEDIAN = RuleSpec(), RuleSpec(name="median")


def drawn(count: int, noisy: bool = False) -> list[EncodedUpdate]:
    rng = np.random.default_rng(count)
    return [
        EncodedUpdate(
            rng.integers(-(2**17), 2**17, D).astype(np.int32),
            int(rng.integers(1, 500)),
            {},
            noise=rng.integers(-9999, 9999, D) if noisy else None,
        )
        for _ in range(count)
    ]


def heard(updates: list[EncodedUpdate], memory_bytes: int = 2**20) -> list[Unmasked]:
    """Kept in memory as far as there is room, then in the file."""
    spool = Spool(memory_bytes)
    return [Unmasked.kept(update, spool) for update in updates]


def mean(updates: list[EncodedUpdate]) -> Words:
    """By Python's own integers, of every word."""
    weights, noises = [one.weight for one in updates], [one.noise for one in updates if one.noise is not None]
    columns = zip(*(one.words.tolist() for one in updates), strict=True)
    parts = zip(*(noise.tolist() for noise in noises), strict=True) if noises else iter([()] * D)
    sums = (sum(w * x for w, x in zip(weights, column, strict=True)) + sum(next(parts)) for column in columns)
    return np.array([total // sum(weights) for total in sums], np.int32)


@pytest.mark.parametrize("noisy", [False, True])
def test_the_weighted_integer_mean_of_the_updates_and_their_noise_is_exact(noisy: bool) -> None:
    updates = drawn(5, noisy)
    assert first_difference([heard(updates)], MEAN, mean(updates)) is None


@pytest.mark.parametrize("place", [0, 65_535, 65_536, D - 1])
@pytest.mark.parametrize("off", [-1, 1])
def test_one_word_that_is_off_by_one_is_found_wherever_it_is(place: int, off: int) -> None:
    updates = drawn(3)
    due = mean(updates)
    aggregate = due.copy()
    aggregate[place] += off
    found = first_difference([heard(updates)], MEAN, aggregate)
    assert found == Difference(place, int(due[place]) + off, int(due[place]))


def test_another_weight_a_missing_update_and_forgotten_noise_are_found() -> None:
    updates = drawn(4, noisy=True)
    kept = heard(updates)
    for wrong in (
        [*updates[:3], EncodedUpdate(updates[3].words, updates[3].weight + 1, {}, noise=updates[3].noise)],
        updates[:3],
        [EncodedUpdate(one.words, one.weight, {}) for one in updates],
    ):
        assert first_difference([kept], MEAN, mean(wrong)) is not None


def test_under_a_rule_by_rank_the_groups_means_are_worked_out_apart() -> None:
    updates = drawn(9)
    groups = [updates[:3], updates[3:6], updates[6:]]
    middle = np.sort([mean(group) for group in groups], axis=0)[1].astype(np.int32)
    kept = [heard(group) for group in groups]
    assert first_difference(kept, MEDIAN, middle) is None
    assert first_difference([kept[1], kept[0], [*kept[2], kept[0][0]]], MEDIAN, middle) is not None


def test_a_run_with_a_wrong_sum_is_refused_and_one_that_compared_nothing_is_not() -> None:
    witness = Witness()
    witness.require_exact()
    assert witness.exact == {}
    witness._compared = {1: (32, None), 2: (30, Difference(7, -4, 12))}
    assert witness.exact == {1: True, 2: False}
    with pytest.raises(ProtocolError, match=r"round 2: word 7 .* is -4, of the 30 updates in it, .* it is 12; trust"):
        witness.require_exact()
