"""What a validator promises, measures and has to do: bound to its place, exact, and never twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.committee import Ballot, Seat, Validator, VoteState, seat_of
from prefect_federated.core.due import validator_due
from prefect_federated.core.errors import CommitmentMismatch, PayloadError, SpecError
from prefect_federated.core.opinion import LEAST, MOST, Opinion, in_units, weigh
from prefect_federated.core.round import Phase, RoundState, Status
from prefect_federated.core.scoring.improvement import improvement
from prefect_federated.core.scoring.score_vector import pack_scores, scores_hash, unpack_scores
from prefect_federated.core.spec import CommitteeSpec
from prefect_federated.core.vote import BallotContext, Vote, check_vote
from prefect_federated.core.words import keccak256

MEMBER, OTHER = "0x" + "11" * 20, "0x" + "22" * 20
PLACE = BallotContext(31337, "0x" + "c3" * 20, 3, 7, MEMBER)
VOTE = Vote(True, -5, bytes(32), b"\x07" * 32)
STATE = RoundState(1, 7, Phase.COMMIT, Status.NONE, 100, 160, 0, 4, 4, 0, 0, 0, 0, b"", b"", "")
BALLOT = Ballot(7, 40, 3, 0, 0, 0, drawn=False, early=False, closed=False)
DRAWN = replace(BALLOT, drawn=True)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, chain_id=1),
        replace(PLACE, committee=OTHER),
        replace(PLACE, task=4),
        replace(PLACE, round=8),
        replace(PLACE, member=OTHER),
    ],
)
def test_vote_copied_to_another_place_is_not_behind_its_promise(elsewhere: BallotContext) -> None:
    with pytest.raises(CommitmentMismatch, match="recall the vote that was sealed"):
        check_vote(VOTE.digest(PLACE), VOTE, elsewhere)
    check_vote(VOTE.digest(PLACE), VOTE, PLACE)


@pytest.mark.parametrize(
    "changed",
    [
        replace(VOTE, accept=False),
        replace(VOTE, metric=5),
        replace(VOTE, scores_hash=b"\x01" * 32),
        replace(VOTE, salt=bytes(32)),
    ],
)
def test_vote_changed_after_the_promise_is_refused(changed: Vote) -> None:
    with pytest.raises(CommitmentMismatch):
        check_vote(VOTE.digest(PLACE), changed, PLACE)


def test_salt_of_a_vote_is_not_printed() -> None:
    assert "07" * 32 not in repr(VOTE) and "salt" not in repr(VOTE)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=40).map(tuple))
def test_scores_come_back_as_they_were_packed(scores: tuple[int, ...]) -> None:
    assert unpack_scores(pack_scores(scores)) == scores
    assert scores_hash(pack_scores(scores)) == keccak256(b"".join(score.to_bytes(4, "big") for score in scores))


def test_scores_cut_short_are_refused() -> None:
    with pytest.raises(ValueError, match="no scores"):
        unpack_scores(b"\x00" * 6)


def test_update_that_makes_the_base_worse_scores_nothing_and_costs_nobody_else() -> None:
    assert improvement(50, {0: 53, 1: 20, 3: 50}, 5) == (3, 0, 0, 0, 0)


def test_candidate_within_the_tolerance_is_accepted_and_one_beyond_it_rejected() -> None:
    terms = CommitteeSpec(tolerance=0.02)
    assert weigh(terms, {"accuracy": 0.9}, {"accuracy": 0.88})[0]
    assert not weigh(terms, {"accuracy": 0.9}, {"accuracy": 0.879999999})[0]
    assert weigh(terms, {"accuracy": 0.9}, {"accuracy": 0.95}) == (True, 950_000_000, 900_000_000)


def test_where_lower_is_better_a_risen_loss_is_rejected() -> None:
    terms = CommitteeSpec(metric="loss", better="lower", tolerance=0.1)
    assert weigh(terms, {"loss": 0.5}, {"loss": 0.6})[0] and weigh(terms, {"loss": 0.5}, {"loss": 0.1})[0]
    assert not weigh(terms, {"loss": 0.5}, {"loss": 0.61})[0]


@pytest.mark.parametrize(("better", "worst"), [("higher", LEAST), ("lower", MOST)])
def test_candidate_that_yields_no_number_is_rejected_with_the_worst_metric(better: str, worst: int) -> None:
    terms = CommitteeSpec(metric="loss", better=better)
    assert weigh(terms, {"loss": 0.5}, {}) == (False, worst, 500_000_000)


def test_metric_that_the_plan_does_not_report_is_named_with_those_it_does() -> None:
    with pytest.raises(SpecError, match="measures accuracy, the training plan reports loss"):
        weigh(CommitteeSpec(), {"loss": 0.5}, {"loss": 0.5})


def test_metric_beyond_int64_is_held_at_its_ends() -> None:
    assert (in_units(1e300), in_units(-1e300)) == (MOST, LEAST)


@given(st.booleans(), st.integers(LEAST, MOST), st.integers(LEAST, MOST), st.lists(st.integers(0, 2**32 - 1)))
def test_kept_opinion_is_read_as_it_was(accept: bool, metric: int, base: int, scores: list[int]) -> None:
    opinion = Opinion(accept, metric, base, tuple(scores))
    assert Opinion.from_bytes(opinion.to_bytes()) == opinion


@pytest.mark.parametrize("content", [b"", b"[]", b'{"accept": true}', b'{"accept":"x","scores":""}'])
def test_damaged_opinion_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadError, match="restore the validator's store"):
        Opinion.from_bytes(content)


def test_draw_waits_for_a_block_on_top_of_the_fixed_one() -> None:
    assert validator_due(STATE, BALLOT, None, now_s=120, height=40) is None
    assert validator_due(STATE, BALLOT, None, now_s=120, height=41) == "draw"


@pytest.mark.parametrize("phase", [Phase.VOTE_REVEAL, Phase.AGGREGATE, Phase.CHALLENGE, Phase.VOIDED])
def test_nobody_draws_once_votes_are_over(phase: Phase) -> None:
    assert validator_due(replace(STATE, phase=phase), BALLOT, None, now_s=120, height=99) != "draw"


def test_nobody_casts_without_a_seat_or_twice() -> None:
    vote = replace(STATE, phase=Phase.VOTE)
    assert validator_due(vote, DRAWN, VoteState.NONE, now_s=120, height=99) == "cast"
    for state in (None, VoteState.CAST, VoteState.REVEALED, VoteState.VOID):
        assert validator_due(vote, DRAWN, state, now_s=120, height=99) is None


def test_nobody_shows_a_vote_before_the_promises_are_final() -> None:
    reveal = replace(STATE, phase=Phase.VOTE_REVEAL)
    assert validator_due(reveal, DRAWN, VoteState.CAST, now_s=99, height=99) is None
    assert validator_due(reveal, DRAWN, VoteState.CAST, now_s=100, height=99) == "reveal"
    assert validator_due(reveal, DRAWN, VoteState.REVEALED, now_s=100, height=99) is None


def test_members_judge_the_proposal_and_others_do_not() -> None:
    challenge = replace(STATE, phase=Phase.CHALLENGE)
    assert validator_due(challenge, DRAWN, VoteState.REVEALED, now_s=120, height=99) == "judge"
    assert validator_due(challenge, DRAWN, None, now_s=120, height=99) is None


def test_ballot_is_closed_only_where_somebody_was_silent_and_once() -> None:
    over = replace(STATE, phase=Phase.VOIDED)
    assert validator_due(over, DRAWN, None, now_s=120, height=99, silent=True) == "close"
    assert validator_due(over, DRAWN, None, now_s=120, height=99) is None
    assert validator_due(over, replace(DRAWN, closed=True), None, now_s=120, height=99, silent=True) is None


def test_task_without_a_committee_and_the_ballot_of_another_round_ask_for_nothing() -> None:
    vote = replace(STATE, phase=Phase.VOTE)
    assert validator_due(vote, replace(BALLOT, round=7, size=0), None, now_s=120, height=99) is None
    assert validator_due(vote, replace(DRAWN, round=6), VoteState.NONE, now_s=120, height=99) is None


def test_seat_is_found_by_its_member() -> None:
    seats = tuple(Seat(n, who, VoteState.NONE, False, 0, b"", b"") for n, who in enumerate((OTHER, MEMBER)))
    found = seat_of(seats, MEMBER)
    assert found is not None and found.number == 1
    assert seat_of(seats, "0x" + "33" * 20) is None


def test_freed_place_serves_in_no_round() -> None:
    assert not Validator("0x" + "0" * 40, 0, 9, 0, 1, 1).may_serve(1)
