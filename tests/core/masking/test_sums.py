"""Whoever drops out in whatever phase, the survivors' sum is exact; and below the threshold nothing opens."""

import itertools
import random
import tracemalloc

import numpy as np
import pytest

from prefect_federated.core.errors import TooFewShares, UnmaskRefused
from prefect_federated.core.masking.degree import choose
from prefect_federated.core.masking.graph import groups
from prefect_federated.core.masking.keystream import COLUMNS
from prefect_federated.core.masking.masked import mask
from prefect_federated.core.masking.recovery import check_seeds, open_masks, recover
from prefect_federated.core.stream import StreamWords
from tests.core.masking.masked_cohort import Cohort, Words, plain_sum, session_of

EXTREMES = np.array([2**31 - 1, -(2**31 - 1), 0, 1, -1, 12345, -(2**20)], np.int32)


def updates_of(indices: list[int], size: int = 7, bound: int = 1000, seed: int = 1) -> dict[int, Words]:
    rng = np.random.default_rng(seed)
    return {i: rng.integers(-bound, bound, size, dtype=np.int32) for i in indices}


@pytest.mark.parametrize(("n", "threshold"), [(3, 2), (4, 3), (5, 3)])
def test_every_way_to_drop_out_that_leaves_the_threshold_gives_the_survivors_sum(n: int, threshold: int) -> None:
    """Each of n is lost before Share, before Reveal, before Unmask, or never: all 4^n ways."""
    indices = [2 * i + 1 for i in range(n)]  # the cohort of a round is some of a task's participants
    cohort = Cohort(session_of(indices, threshold))
    updates = updates_of(indices)
    weights = {i: 3 * i + 1 for i in indices}
    tried = 0
    for fates in itertools.product(["share", "reveal", "unmask", "never"], repeat=n):
        fate = dict(zip(indices, fates, strict=True))
        answering = [i for i in indices if fate[i] == "never"]
        survivors = [i for i in indices if fate[i] in ("unmask", "never")]
        sharers = [i for i in indices if fate[i] != "share"]
        if len(answering) >= threshold:
            made = cohort.masked_sum(updates, weights, sharers, survivors, answering)
            assert made.tolist() == plain_sum(updates, weights, survivors), fate
            tried += 1
    lost = range(n - threshold + 1)
    assert tried == sum(len(list(itertools.combinations(indices, f))) * 3**f for f in lost)


@pytest.mark.parametrize("n", [12, 29, 40])
def test_random_dropouts_of_larger_cohorts(n: int) -> None:
    rng = random.Random(n)
    indices = sorted(rng.sample(range(1000), n))
    threshold = n // 2 + 1 + rng.randrange(n // 4)
    cohort = Cohort(session_of(indices, threshold))
    updates = updates_of(indices, bound=2**20)
    weights = {i: rng.randrange(40) for i in indices}
    for _ in range(3):
        sharers = sorted(rng.sample(indices, rng.randint(threshold, n)))
        survivors = sorted(rng.sample(sharers, rng.randint(threshold, len(sharers))))
        answering = rng.sample(survivors, rng.randint(threshold, len(survivors)))
        made = cohort.masked_sum(updates, weights, sharers, survivors, answering)
        assert made.tolist() == plain_sum(updates, weights, survivors)


def test_below_the_threshold_nothing_opens_and_the_error_counts() -> None:
    indices = list(range(6))
    cohort = Cohort(session_of(indices, 4))
    turnout = cohort.turnout(indices[:5])
    messages = {i: cohort.message(turnout, i) for i in indices[:5]}
    for kept in (3, 2, 1, 0):
        some = dict(itertools.islice(messages.items(), kept))
        with pytest.raises(TooFewShares, match=rf"{kept} shares of the self seed of participant 0 are there, 4 are"):
            open_masks(turnout, cohort.shared, some)
    assert set(open_masks(turnout, cohort.shared, dict(itertools.islice(messages.items(), 4))).self_seeds) == set(
        indices[:5]
    )


def test_too_few_survivors_are_neither_answered_for_nor_opened() -> None:
    cohort = Cohort(session_of(range(6), 4))
    turnout = cohort.turnout([0, 1, 2])
    with pytest.raises(TooFewShares, match="3 survive, 4 are needed"):
        cohort.message(turnout, 0)
    with pytest.raises(TooFewShares, match="3 survive, 4 are needed"):
        open_masks(turnout, cohort.shared, {})


def test_who_has_too_few_sharing_neighbours_does_not_mask() -> None:
    cohort = Cohort(session_of(range(6), 4))
    with pytest.raises(TooFewShares, match=r"3 of those who hold shares of participant 1 .* 4 are needed"):
        cohort.seeds(1, sharers=[0, 1, 2])


def test_signs_and_the_ends_of_the_range_come_back() -> None:
    cohort = Cohort(session_of(range(5), 3))
    zero = np.zeros_like(EXTREMES)
    for index in range(5):
        updates = dict.fromkeys(range(5), zero) | {index: EXTREMES}
        made = cohort.masked_sum(updates, dict.fromkeys(range(5), 1), range(5), range(4), range(1, 4))
        assert made.tolist() == (EXTREMES if index < 4 else zero).tolist()


def test_sums_that_pass_the_ends_on_the_way_come_back_when_they_end_within() -> None:
    cohort = Cohort(session_of(range(4), 3))
    big = np.array([2**31 - 1], np.int32)
    updates = {0: big, 1: big, 2: -big, 3: np.array([-5], np.int32)}
    made = cohort.masked_sum(updates, {0: 1, 1: 1, 2: 2, 3: 1}, range(4), range(4), range(4))
    assert made.tolist() == [-5]


def test_vectors_longer_than_one_step_of_columns() -> None:
    size = 2 * COLUMNS + 17
    cohort = Cohort(session_of(range(4), 3))
    updates = updates_of(list(range(4)), size)
    made = cohort.masked_sum(updates, dict.fromkeys(range(4), 7), range(4), [0, 2, 3], [0, 2, 3])
    assert (made == 7 * (updates[0] + updates[2] + updates[3])).all()


def test_sparse_graph_with_dropouts_in_every_phase() -> None:
    found = choose(140, corrupt=0.05, dropping=0.05)
    indices = list(range(0, 280, 2))
    cohort = Cohort(session_of(indices, found.threshold, found.degree))
    rng = random.Random(5)
    lost = rng.sample(indices, 7)
    sharers = [i for i in indices if i not in lost[:2]]
    survivors = [i for i in sharers if i not in lost[2:5]]
    answering = [i for i in survivors if i not in lost[5:]]
    updates, weights = updates_of(indices), {i: i % 5 for i in indices}
    made = cohort.masked_sum(updates, weights, sharers, survivors, answering)
    assert made.tolist() == plain_sum(updates, weights, survivors)


def test_small_sparse_graph_with_any_one_lost_before_reveal_and_any_before_unmask() -> None:
    cohort = Cohort(session_of(range(9), 3, degree=4))
    updates, weights = updates_of(list(range(9))), dict.fromkeys(range(9), 2)
    payloads = {i: cohort.payload(i, updates[i], 2) for i in range(9)}
    for gone, silent in itertools.permutations(range(9), 2):
        survivors = [i for i in range(9) if i != gone]
        turnout = cohort.turnout(survivors)
        opened = cohort.opened(turnout, [i for i in survivors if i != silent])
        made = recover(opened, {i: payloads[i] for i in survivors})
        assert made.tolist() == plain_sum(updates, weights, survivors)
        check_seeds(opened, {i: cohort.seeds(i).note for i in survivors})


def test_survivors_that_fall_apart_answer_nothing() -> None:
    """With two gaps in the ring, the sums of both parts would show one by one."""
    cohort = Cohort(session_of(range(12), 2, degree=2))
    ring = [0]
    while len(ring) < 12:
        ring.append(next(i for i in cohort.session.holders(ring[-1]) if i not in ring[-2:]))
    turnout = cohort.turnout(set(range(12)) - {ring[3], ring[8]})
    with pytest.raises(UnmaskRefused, match="fall apart into 2 parts, the smallest of 4"):
        cohort.message(turnout, ring[0])
    assert cohort.message(cohort.turnout(set(range(12)) - {ring[3]}), ring[0])


def test_groups_mask_within_themselves_and_their_sums_add_up() -> None:
    indices = list(range(11))
    updates, weights = updates_of(indices), dict.fromkeys(indices, 1)
    total = np.zeros(7, np.int32)
    for some in groups(indices, 3, b"\x08" * 32):
        made = Cohort(session_of(some, len(some) // 2 + 1)).masked_sum(updates, weights, some, some[1:], some[1:])
        assert made.tolist() == plain_sum(updates, weights, some[1:])
        total += made
        total += updates[some[0]]
    assert total.tolist() == plain_sum(updates, weights, indices)


def test_masking_and_recovering_hold_their_result_and_little_beside_it() -> None:
    """Payloads lie in a store; some columns of them are read at a time."""
    size = 1_000_000
    cohort = Cohort(session_of(range(4), 3))
    stored = {i: StreamWords(cohort.payload(i, np.full(size, i, np.int32)).tobytes(), 0, size) for i in range(3)}
    opened, seeds = cohort.opened(cohort.turnout(range(3))), cohort.seeds(0)
    for work, result in ((lambda: recover(opened, stored), 3), (lambda: mask(seeds, stored[0], 1), None)):
        tracemalloc.start()
        made = work()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 * size * 1.2
        assert result is None or (made == result).all()
