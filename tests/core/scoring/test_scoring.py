"""What an update is worth, against the definitions written out."""

from itertools import permutations
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.scoring.cosine import cosine
from prefect_federated.core.scoring.leave_one_out import leave_one_out
from prefect_federated.core.scoring.loss import MOST, loss
from prefect_federated.core.scoring.shapley import shapley


def game(some: frozenset[int]) -> int:
    """Who is worth what: 0 and 1 overlap, 2 stands alone, 3 adds nothing, 4 harms."""
    return 10 * bool(some & {0, 1}) + 4 * (2 in some) - 3 * (4 in some)


EVERYBODY = [0, 1, 2, 3, 4]


def test_leave_one_out_gives_nothing_to_a_copy_a_bystander_and_whoever_harms() -> None:
    assert leave_one_out(game, EVERYBODY, 7) == (0, 0, 4, 0, 0, 0, 0)
    assert leave_one_out(game, [], 2) == (0, 0)


def test_shapley_shares_between_copies_and_gives_nothing_to_a_bystander() -> None:
    scores = shapley(game, EVERYBODY, 6, b"seed")
    assert scores[3] == scores[4] == scores[5] == 0
    assert scores[0] > 0 and scores[1] > 0 and scores[2] > 0


def test_walks_without_an_end_before_the_last_give_the_exact_values_when_all_orders_are_led_alike() -> None:
    """Of an additive game every walk gives the same: as many times one's own worth as there are walks."""
    worth = {0: 5, 1: 7, 2: 1}
    assert shapley(lambda some: sum(worth[index] for index in some), worth, 3, b"any") == (15, 21, 3)


def test_shapley_is_near_the_mean_over_all_orders() -> None:
    exact = dict.fromkeys(EVERYBODY, 0.0)
    orders = list(permutations(EVERYBODY))
    for order in orders:
        before: frozenset[int] = frozenset()
        for index in order:
            exact[index] += (game(before | {index}) - game(before)) / len(orders)
            before |= {index}
    sums = np.sum([shapley(game, EVERYBODY, 5, bytes([seed])) for seed in range(60)], axis=0) / (60 * 5)
    assert sums[:3] == pytest.approx([exact[0], exact[1], exact[2]], abs=0.8)


def test_round_in_which_nothing_is_gained_is_not_walked() -> None:
    asked: list[frozenset[int]] = []

    def flat(some: frozenset[int]) -> int:
        asked.append(some)
        return 3

    assert shapley(flat, EVERYBODY, 5, b"") == (0,) * 5
    assert sorted(asked, key=len) == [frozenset(), frozenset(EVERYBODY)]


def test_every_set_is_measured_once_and_a_walk_ends_where_nothing_is_left() -> None:
    asked: list[frozenset[int]] = []

    def first_is_enough(some: frozenset[int]) -> int:
        asked.append(some)
        return 9 * bool(some)

    assert shapley(first_is_enough, EVERYBODY, 5, b"x") == (9,) * 5
    assert len(asked) == len(set(asked)) == 2 + 5


def test_seed_decides_the_walks_and_large_cohorts_are_walked_at_most_so_often() -> None:
    members = range(200)
    worth = {index: index % 7 for index in members}
    first = shapley(lambda some: max((worth[i] for i in some), default=0), members, 200, b"a", most=8)
    again = shapley(lambda some: max((worth[i] for i in some), default=0), members, 200, b"a", most=8)
    other = shapley(lambda some: max((worth[i] for i in some), default=0), members, 200, b"b", most=8)
    assert first == again != other
    assert sum(first) <= 8 * 6


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=3, max_size=3), st.integers(1, 2**20))
def test_cosine_is_the_floor_of_the_real_one(words: list[int], scale: int) -> None:
    aggregate = np.array([scale, -2 * scale, 3], np.int32)
    update = np.array(words, np.int32)
    (score,) = cosine(aggregate, {0: update}, 1)
    lengths = float(np.linalg.norm(update.astype(float)) * np.linalg.norm(aggregate.astype(float)))
    real = float(update.astype(float) @ aggregate.astype(float)) / lengths if lengths else 0.0
    assert abs(score - max(0, floor(65536 * real))) <= 1


def test_cosine_scores_nobody_without_an_aggregate_and_itself_in_full() -> None:
    own = np.array([3, 4], np.int32)
    assert cosine(np.zeros(2, np.int32), {0: own}, 2) == (0, 0)
    assert cosine(7 * own, {1: own}, 2) == (0, 65536)


def test_loss_counts_millionths_and_holds_what_no_word_can() -> None:
    assert loss(1.0, {0: 0.9999985, 2: 1.5}, 3) == (1, 0, 0)
    assert loss(1e9, {0: 0.0}, 1) == (MOST,)
    assert loss(float("inf"), {0: float("nan")}, 1) == (0,)
