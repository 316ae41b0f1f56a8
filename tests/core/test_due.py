"""What is due follows from the chain alone: nobody acts twice, too early, or loses a bond that could be saved."""

from dataclasses import replace

import pytest

from prefect_federated.core.due import (
    Duty,
    Standing,
    aggregator_due,
    participant_due,
    seconds_to_next,
    shares_due,
    shares_until,
)
from prefect_federated.core.round import Phase, RoundState, Status

COMMITTED = Standing(in_cohort=True, committed=True, revealed=False)
STATE = RoundState(1, 3, Phase.COMMIT, Status.NONE, 100, 160, 0, 4, 0, 0, 0, 0, 0, b"", b"", "")
REVEAL = replace(STATE, phase=Phase.REVEAL, opens_at=170, deadline=230, reveal_deadline=230)
SHARE = replace(STATE, phase=Phase.SHARE)
AGGREGATE = replace(REVEAL, phase=Phase.AGGREGATE, opens_at=230, deadline=290)


def test_who_is_not_in_the_cohort_has_nothing_to_do() -> None:
    assert participant_due(STATE, Standing(False, False, False), now_s=120) is None


def test_nobody_commits_twice_or_reveals_twice() -> None:
    assert participant_due(STATE, COMMITTED, now_s=120) is None
    assert participant_due(REVEAL, replace(COMMITTED, revealed=True), now_s=200) is None


def test_who_missed_the_commit_cannot_reveal() -> None:
    assert participant_due(REVEAL, replace(COMMITTED, committed=False), now_s=200) is None


def test_nobody_reveals_before_the_commits_are_final() -> None:
    assert participant_due(REVEAL, COMMITTED, now_s=169) is None
    assert participant_due(REVEAL, COMMITTED, now_s=170) == "reveal"


@pytest.mark.parametrize("phase", [Phase.AGGREGATE, Phase.CHALLENGE, Phase.SETTLED, Phase.VOIDED])
def test_late_reveal_saves_the_bond_however_far_the_round_has_moved(phase: Phase) -> None:
    late = replace(AGGREGATE, phase=phase)
    assert participant_due(late, COMMITTED, now_s=240, grace_s=10) == "reveal"
    assert participant_due(late, COMMITTED, now_s=241, grace_s=10) is None


def test_who_stands_in_a_roll_alone_owes_no_late_reveal() -> None:
    rolled = replace(COMMITTED, owes=False)
    assert participant_due(REVEAL, rolled, now_s=200) == "reveal"
    assert participant_due(AGGREGATE, rolled, now_s=240, grace_s=10) is None


def test_round_voided_before_anybody_could_reveal_owes_nothing() -> None:
    assert participant_due(replace(STATE, phase=Phase.VOIDED), COMMITTED, now_s=5, grace_s=10) is None


@pytest.mark.parametrize("phase", Phase)
def test_members_release_shares_from_vote_on_until_something_is_proposed(phase: Phase) -> None:
    now = replace(AGGREGATE, phase=phase)
    assert shares_due(now, now_s=230, gap_s=0) == (phase in (Phase.VOTE, Phase.VOTE_REVEAL, Phase.AGGREGATE))
    assert not shares_due(now, now_s=229, gap_s=0)


def test_members_release_nothing_before_reveals_are_final() -> None:
    now = replace(AGGREGATE, phase=Phase.VOTE)
    assert not shares_due(now, now_s=249, gap_s=20) and shares_due(now, now_s=250, gap_s=20)
    assert shares_due(replace(now, phase=Phase.VOTE_REVEAL), now_s=230, gap_s=20)  # which opens a gap after Vote


def test_members_wait_for_half_of_what_vote_leaves_and_who_proposes_for_a_quarter_of_its_window() -> None:
    assert shares_until(replace(AGGREGATE, phase=Phase.VOTE), gap_s=0) == 261
    assert shares_until(replace(AGGREGATE, phase=Phase.VOTE), gap_s=20) == 271
    assert shares_until(AGGREGATE, gap_s=20) == 246
    assert not shares_until(replace(AGGREGATE, phase=Phase.VOTE_REVEAL), gap_s=20)


LEADER, WAITING = Duty("0xA"), Duty("0xB", waits=True)


def test_standby_waits_for_half_of_the_window_and_the_aggregator_does_not() -> None:
    assert aggregator_due(AGGREGATE, 230, LEADER, window_s=60) == "aggregate"
    assert aggregator_due(AGGREGATE, 259, WAITING, window_s=60) is None
    assert aggregator_due(AGGREGATE, 260, WAITING, window_s=60) == "aggregate"


def test_standby_of_an_aggregator_without_a_bond_does_not_wait() -> None:
    assert aggregator_due(AGGREGATE, 230, replace(WAITING, waits=False), window_s=60) == "aggregate"


def test_whose_proposal_was_proven_wrong_proposes_no_more_in_the_round() -> None:
    assert aggregator_due(AGGREGATE, 230, replace(LEADER, fallen=True), window_s=60) is None


def test_anothers_proposal_is_judged_and_nothing_settles_while_it_may_be_challenged() -> None:
    challenge = replace(AGGREGATE, phase=Phase.CHALLENGE, deadline=350, proposer=LEADER.account)
    assert aggregator_due(challenge, 350, LEADER, window_s=60) is None
    assert aggregator_due(challenge, 350, WAITING, window_s=60) == "judge"
    assert [aggregator_due(challenge, 351, duty, window_s=60) for duty in (LEADER, WAITING)] == ["settle", "settle"]


@pytest.mark.parametrize("phase", [Phase.NONE, Phase.SETTLED, Phase.VOIDED])
def test_nothing_is_scheduled_after_the_end(phase: Phase) -> None:
    assert seconds_to_next(replace(STATE, phase=phase), now_s=120) is None


def test_next_window_is_never_now_or_in_the_past() -> None:
    assert seconds_to_next(REVEAL, now_s=165) == 5
    assert seconds_to_next(REVEAL, now_s=200) == 31
    assert seconds_to_next(REVEAL, now_s=999) == 1


def test_a_pause_holds_up_commits_alone_and_wakes_whoever_waits() -> None:
    waiting = replace(COMMITTED, committed=False)
    assert participant_due(STATE, waiting, now_s=120, paused_until=120) is None
    assert participant_due(STATE, waiting, now_s=121, paused_until=120) == "commit"
    assert participant_due(REVEAL, COMMITTED, now_s=200, paused_until=220) == "reveal"
    assert seconds_to_next(STATE, now_s=120, paused_until=130) == 11
    assert seconds_to_next(STATE, now_s=120, paused_until=119) == 41


def test_nobody_deals_before_the_opening_of_the_round_is_final() -> None:
    dealing = Standing(in_cohort=True, committed=False, revealed=False, masked=True, deals_from=112)
    assert participant_due(SHARE, dealing, now_s=111) is None
    assert participant_due(SHARE, dealing, now_s=112) == "share"
    assert seconds_to_next(SHARE, now_s=105, deals_from=112) == 7
    assert seconds_to_next(SHARE, now_s=112, deals_from=112) == 49
