"""What a session refuses, who masks with whom, which degree is enough, and which sums fit."""

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest
from scipy.stats import hypergeom

from prefect_federated.core.errors import PayloadError, ShapeMismatch, SpecError, UnknownParticipant, WeightOverflow
from prefect_federated.core.masking.degree import choose, cut, exposed, unopenable
from prefect_federated.core.masking.graph import groups, neighbourhoods, parts, shuffled
from prefect_federated.core.masking.headroom import require_maskable
from prefect_federated.core.masking.masked import mask
from prefect_federated.core.masking.session import Member, Session, complete, usable_key
from prefect_federated.core.masking.turnout import Turnout, bitmap
from tests.core.masking.masked_cohort import CHAIN, COORDINATOR, Cohort, members, session_of

SEED = b"\x07" * 32
FIVE = members(range(5))


def session(some: tuple[Member, ...] = FIVE, threshold: int = 3, degree: int = 4, seed: bytes = SEED) -> Session:
    return Session(CHAIN, COORDINATOR, 1, 1, some, threshold, degree, seed)


# --- sessions


@pytest.mark.parametrize("threshold", [0, 1, 2, 6])
def test_threshold_is_above_half_of_the_holders_and_no_more_than_there_are(threshold: int) -> None:
    with pytest.raises(SpecError, match=f"threshold {threshold} of 5 holders; give one from 3 to 5"):
        session(threshold=threshold)


@pytest.mark.parametrize("degree", [0, 1, 3, 5, -2])
def test_degree_is_even_or_that_of_the_complete_graph(degree: int) -> None:
    with pytest.raises(SpecError, match=f"degree {degree} among 5 members; give an even degree below 4, or 4"):
        session(degree=degree)


def test_members_are_three_at_least_ascending_and_each_once() -> None:
    with pytest.raises(SpecError, match="2 members cannot mask, 3 at least"):
        session(FIVE[:2], 2, 1)
    for some in ((FIVE[1], FIVE[0], FIVE[2]), (FIVE[0], FIVE[0], FIVE[2])):
        with pytest.raises(SpecError, match="ascending"):
            session(some, 2, 2)
    for index in (-1, 2**32 - 1):
        with pytest.raises(SpecError, match="from 0 to 4294967294"):
            session((*FIVE[:2], replace(FIVE[2], index=index)), 2, 2)
    with pytest.raises(SpecError, match="two of 3 members have one account"):
        session((*FIVE[:2], replace(FIVE[2], account=FIVE[0].account.upper().replace("X", "x"))), 2, 2)


def test_sealing_key_that_gives_no_secret_is_refused_by_name() -> None:
    for key in (bytes(32), bytes([1]) + bytes(31), b"\xff" * 32, b"short"):
        assert not usable_key(key)
        with pytest.raises(SpecError, match=r"keys of participants \[2\] give no secret; leave these out"):
            session((*FIVE[:2], replace(FIVE[2], sealing_key=key)), 2, 2)


def test_seed_of_the_graph_has_32_bytes() -> None:
    with pytest.raises(SpecError, match="the seed of the graph has 5 bytes"):
        session(seed=b"short")


def test_whoever_is_no_member_has_no_place() -> None:
    with pytest.raises(UnknownParticipant, match="round 1/1: participant 9 is none of the 5"):
        session().holders(9)


def test_digest_binds_every_field() -> None:
    base = session()
    others = [
        base,
        replace(base, chain_id=1),
        replace(base, coordinator=FIVE[0].account),
        replace(base, task=2),
        replace(base, round=2),
        replace(base, threshold=4),
        replace(base, degree=2, threshold=2),
        replace(base, degree=2, threshold=3),
        replace(base, seed=bytes(32)),
        session(members(range(1, 6))),
        session((*FIVE[:4], replace(FIVE[4], index=5))),
        session((*FIVE[:4], replace(FIVE[4], account="0x" + "11" * 20))),
        session((*FIVE[:4], replace(FIVE[4], sealing_key=FIVE[0].sealing_key))),
    ]
    assert len({other.digest for other in others}) == len(others)
    assert complete(CHAIN, COORDINATOR, 1, 1, FIVE[::-1], 3, SEED) == base


# --- graphs


@pytest.mark.parametrize(("n", "degree"), [(5, 2), (9, 4), (40, 12), (129, 126), (130, 128)])
def test_neighbours_are_mutual_as_many_as_asked_and_in_one_piece(n: int, degree: int) -> None:
    indices = [3 * i for i in range(n)]
    around = neighbourhoods(indices, degree, SEED)
    assert list(around) == indices
    for index, some in around.items():
        assert len(set(some)) == degree + 1 and index in some and list(some) == sorted(some)
        assert all(index in around[other] for other in some)
    assert len(parts(indices, around)) == 1
    assert around != neighbourhoods(indices, degree, b"\x08" * 32)


def test_any_removal_of_fewer_than_k_leaves_the_ring_whole_and_two_gaps_part_it() -> None:
    indices = list(range(14))
    around, ring = neighbourhoods(indices, 4, SEED), shuffled(indices, SEED)
    rng = np.random.default_rng(1)
    for _ in range(200):
        left = set(indices) - set(rng.choice(14, 3, replace=False).tolist())
        assert len(parts(left, around)) == 1
    assert len(parts(set(indices) - {ring[1], ring[2], ring[7], ring[8]}, around)) == 2


def test_complete_graph_is_everybody() -> None:
    assert neighbourhoods([1, 5, 9], 2, SEED) == dict.fromkeys([1, 5, 9], (1, 5, 9))


@pytest.mark.parametrize(("n", "size"), [(3, 3), (5, 3), (100, 7), (128, 128), (11, 4)])
def test_groups_cover_everybody_once_and_none_is_below_the_size(n: int, size: int) -> None:
    made = groups(range(n), size, SEED)
    assert sorted(index for some in made for index in some) == list(range(n))
    assert len(made) == n // size and all(len(some) >= size for some in made)
    assert max(map(len, made)) - min(map(len, made)) <= 1
    assert n == size or len(made) == 1 or made != groups(range(n), size, b"\x08" * 32)


@pytest.mark.parametrize(("n", "size"), [(10, 2), (10, 0), (4, 5)])
def test_groups_too_small_to_hide_in_are_refused(n: int, size: int) -> None:
    with pytest.raises(SpecError, match=f"{n} participants in groups of {size}"):
        groups(range(n), size, SEED)
    with pytest.raises(SpecError, match="seed of the groups has 1 bytes"):
        groups(range(10), 5, b"x")


# --- degrees

# of another implementation (google-parfait/federated-compute, graph_parameter_finder_test.cc): an honest but curious
# server, 40 bits of security, 20 of correctness; (members, corrupt, dropping, degree)
PUBLISHED = [(1000, 0.33, 0.33, 286), (1000, 0.33, 0.05, 78), (10_000, 0.33, 0.05, 92)]


@pytest.mark.parametrize(("n", "corrupt", "dropping", "degree"), PUBLISHED)
def test_degrees_are_near_those_of_another_implementation(n: int, corrupt: float, dropping: float, degree: int) -> None:
    """It counts a member among its own neighbours' population and splits the chance in two; we do neither."""
    assert abs(choose(n, corrupt, dropping, correctness_bits=20).degree / degree - 1) <= 0.03


@pytest.mark.parametrize(("corrupt", "dropping"), [(0.1, 0.1), (0.2, 0.1), (0.3, 0.2), (0.5, 0)])
def test_chosen_degree_meets_both_chances_and_two_less_does_not(corrupt: float, dropping: float) -> None:
    n = 500
    found = choose(n, corrupt, dropping)
    bad, gone = round(corrupt * n), round(dropping * n)
    sure = hypergeom(n - 1, bad, found.degree).sf(found.threshold - 1) * n + float(cut(n, found.degree, bad + gone))
    stuck = hypergeom(n - 1, n - 1 - gone, found.degree).cdf(found.threshold - 1) * n
    assert sure <= 2**-40 and stuck <= 2**-30
    assert sure == pytest.approx(2**-found.security_bits, rel=1e-6)
    assert stuck == pytest.approx(2**-found.correctness_bits, rel=1e-6)
    assert found.threshold == found.degree or unopenable(n, found.degree, found.threshold + 1, gone) > 2**-30
    less = found.degree - 2
    for threshold in range((less + 1) // 2 + 1, less + 1):
        insecure = exposed(n, less, threshold, bad) + cut(n, less, bad + gone)
        assert insecure > 2**-40 or unopenable(n, less, threshold, gone) > 2**-30


def test_chance_to_be_cut_bounds_what_random_losses_do() -> None:
    n, degree, lost, rng = 30, 4, 10, np.random.default_rng(9)
    around = neighbourhoods(range(n), degree, SEED)
    tried = 4000
    apart = sum(
        len(parts(set(range(n)) - set(rng.choice(n, lost, replace=False).tolist()), around)) > 1 for _ in range(tried)
    )
    assert 0 < apart / tried <= float(cut(n, degree, lost))


def test_up_to_128_the_graph_is_complete_and_nothing_is_left_to_chance() -> None:
    found = choose(128, corrupt=0.3, dropping=0.25)
    assert (found.degree, found.threshold, found.security_bits, found.correctness_bits) == (127, 96, inf, inf)
    assert choose(129, corrupt=0.05, dropping=0.05).degree < 128
    assert choose(100, corrupt=0.29, dropping=0.29).threshold == 71  # 0.29 of 100 is 29, not 28.999...


@pytest.mark.parametrize(("n", "corrupt", "dropping"), [(10, 0.8, 0.2), (10, 0, 0.5), (300, 0.5, 0.5)])
def test_what_no_threshold_can_hold_is_refused(n: int, corrupt: float, dropping: float) -> None:
    with pytest.raises(SpecError, match=f"{n} members of whom {round(corrupt * n)} collude"):
        choose(n, corrupt, dropping)


@pytest.mark.parametrize(("corrupt", "dropping"), [(0.33, 0.45), (0.99, 0.0)])
def test_fractions_that_ask_for_too_many_neighbours_are_refused_and_take_no_reader_long(
    corrupt: float, dropping: float
) -> None:
    """Whoever makes a task names them, and all who read it count: up to 9,998 neighbours that took hours."""
    with pytest.raises(SpecError, match="with up to 2048 neighbours; enrol more, or allow fewer"):
        choose(10_000, corrupt, dropping)


def test_where_everybody_may_collude_nothing_is_kept_and_that_is_said() -> None:
    assert exposed(10, 4, 3, corrupt=10) == exposed(10, 4, 3, corrupt=9) == 10
    with pytest.raises(SpecError, match="129 members of whom 129 collude"):
        choose(129, 0.99999, 0)


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5])
def test_fraction_outside_its_range_is_refused(fraction: float) -> None:
    with pytest.raises(SpecError, match="give one from 0 up to"):
        choose(100, fraction, 0.1)


# --- sums that fit


def test_weighted_sum_that_could_reach_2_to_the_31_is_refused_and_the_message_says_what_fits() -> None:
    require_maskable(limit=2**31 - 1, max_weight=1, participants=1)
    require_maskable(limit=21_474, max_weight=1000, participants=100)
    with pytest.raises(WeightOverflow, match=r"100 participants \* weight 1000 \* limit 21475 = 2147500000 .* 21474"):
        require_maskable(limit=21_475, max_weight=1000, participants=100)
    with pytest.raises(WeightOverflow, match="= 2147483648 reaches 2147483648"):
        require_maskable(limit=2**20, max_weight=2**9, participants=4)


def test_only_words_under_a_weight_that_fits_are_masked() -> None:
    seeds, words = Cohort(session_of(range(3), 2)).seeds(0), np.zeros(4, np.int32)
    for weight in (-1, 2**31):
        with pytest.raises(PayloadError, match=f"weight {weight} of participant 0"):
            mask(seeds, words, weight)
    unencoded: tuple[Any, ...] = (words.astype(np.int64), words.astype(np.uint32), words.reshape(2, 2))
    for wrong in unencoded:
        with pytest.raises(ShapeMismatch, match="encode the update first"):
            mask(seeds, wrong, 1)


def test_bitmap_is_as_a_contract_has_it() -> None:
    assert bitmap([0, 255], 2) == ((1 << 255) | 1).to_bytes(32, "big") + bytes(32)
    assert bitmap([256], 2) == bytes(32) + (1).to_bytes(32, "big")


def test_digest_of_a_turnout_binds_session_sharers_roots_and_survivors() -> None:
    here, roots, some = session(), {0: b"\x01" * 32, 1: b"\x02" * 32, 2: b"\x03" * 32}, frozenset({0, 1})
    turnouts = [
        Turnout(here, roots, some),
        Turnout(replace(here, round=2), roots, some),
        Turnout(here, {0: roots[0], 1: roots[1], 3: roots[2]}, some),
        Turnout(here, roots | {2: bytes(32)}, some),
        Turnout(here, roots, frozenset({0, 2})),
        Turnout(here, roots, frozenset(roots)),
    ]
    assert len({turnout.digest for turnout in turnouts}) == len(turnouts)
