"""Who leaves letters, until when, and when a relayer brings them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from prefect_federated.core.due import seconds_to_next
from prefect_federated.core.relaying import leaves_letter, middle, poster_due, relayer_due
from prefect_federated.core.round import Masks, Phase, RoundState, Status

COMMIT = RoundState(1, 1, Phase.COMMIT, Status.NONE, 1000, 2000, 0, 4, 1, 0, 0, 0, 0, b"", b"", "")
REVEAL = replace(COMMIT, phase=Phase.REVEAL, committed=4, revealed=1)
SHARE = replace(COMMIT, phase=Phase.SHARE, committed=0)
UNMASK = replace(REVEAL, phase=Phase.UNMASK, revealed=3)


@pytest.mark.parametrize("state", [SHARE, COMMIT, REVEAL, UNMASK])
def test_letters_are_left_in_the_first_half_of_a_window_only(state: RoundState) -> None:
    assert leaves_letter(state, 1500, "relayed", allowed=True)
    assert not leaves_letter(state, 1501, "relayed", allowed=True)
    assert leaves_letter(state, 1499, "rolled", allowed=True)
    assert middle(state) == 1501


def test_nothing_is_left_by_who_sends_directly_or_where_the_task_does_not_relay() -> None:
    assert not leaves_letter(COMMIT, 1001, "direct", allowed=True)
    assert not leaves_letter(COMMIT, 1001, "relayed", allowed=False)
    assert not leaves_letter(replace(COMMIT, phase=Phase.AGGREGATE), 1001, "relayed", allowed=True)


def test_relayer_waits_for_late_letters_unless_all_are_there() -> None:
    assert relayer_due(COMMIT, 1399, lambda kind: 2) is None
    assert relayer_due(COMMIT, 1399, {"commits": 3}.__getitem__) == "commits"
    assert relayer_due(COMMIT, 1400, lambda kind: 0) == "commits"
    assert relayer_due(REVEAL, 1100, {"openings": 3}.__getitem__) == "openings"
    assert relayer_due(REVEAL, 1100, lambda kind: 2) is None


def test_relayer_shows_no_opening_before_reveal_opens_and_nothing_in_other_phases() -> None:
    assert relayer_due(REVEAL, 999, lambda kind: 9) is None
    assert relayer_due(replace(COMMIT, phase=Phase.CHALLENGE), 1500, lambda kind: 9) is None


def test_relayer_of_a_masked_round_waits_for_whom_each_phase_still_misses() -> None:
    assert relayer_due(SHARE, 1100, {"dealings": 3}.__getitem__, Masks(1, 0)) == "dealings"
    assert relayer_due(SHARE, 1100, lambda kind: 2, Masks(1, 0)) is None
    assert relayer_due(COMMIT, 1100, {"commits": 2}.__getitem__, Masks(3, 0)) == "commits", "of three who dealt"
    assert relayer_due(UNMASK, 1100, {"shown shares": 2}.__getitem__, Masks(4, 1)) == "shown shares"
    assert relayer_due(UNMASK, 1100, lambda kind: 1, Masks(4, 1)) is None
    assert relayer_due(UNMASK, 1400, lambda kind: 0, Masks(4, 1)) == "shown shares"


@pytest.mark.parametrize("state", [COMMIT, REVEAL, UNMASK])
def test_relayer_of_a_masked_round_brings_nothing_before_a_phase_opens(state: RoundState) -> None:
    assert relayer_due(state, 999, lambda kind: 9, Masks(4, 0)) is None


@pytest.mark.parametrize("state", [COMMIT, REVEAL])
def test_poster_posts_once_in_the_first_half_when_all_are_there_or_at_two_fifths(state: RoundState) -> None:
    def waiting(count: int) -> Callable[[str], tuple[int, int]]:
        return lambda kind: (count, 3)

    kind = "commits" if state.phase == Phase.COMMIT else "openings"
    assert poster_due(state, 1399, False, waiting(2)) is None
    assert poster_due(state, 1000, False, waiting(3)) == kind
    assert poster_due(state, 1400, False, waiting(1)) == kind
    assert poster_due(state, 1499, False, waiting(1)) == kind
    assert poster_due(state, 1500, False, waiting(3)) is None  # the next block is too late for a root
    assert poster_due(state, 1400, False, waiting(0)) is None  # a roll of nobody is none
    assert poster_due(state, 1400, True, waiting(3)) is None
    assert poster_due(state, 999, False, waiting(3)) is None
    assert poster_due(replace(state, phase=Phase.CHALLENGE), 1400, False, waiting(3)) is None


def test_who_waits_for_a_relayer_runs_again_in_the_middle_of_the_window() -> None:
    assert [seconds_to_next(one, 1100, halfway=True) for one in (SHARE, COMMIT, REVEAL, UNMASK)] == [401] * 4
    assert seconds_to_next(COMMIT, 1501, halfway=True) == seconds_to_next(COMMIT, 1501) == 500
    assert seconds_to_next(replace(COMMIT, phase=Phase.CHALLENGE), 1100, halfway=True) == 901
