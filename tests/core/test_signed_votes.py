"""Files of votes survive being written and read; what is none is refused; what the chain would not take is named."""

import json
from dataclasses import replace

import pytest

from prefect_federated.core.committee import Ballot, Seat, VoteState
from prefect_federated.core.errors import ContractRefused, PayloadError
from prefect_federated.core.round import Phase
from prefect_federated.core.signed_votes import OpenVote, SignedVote, VoteFile, read_vote_file
from prefect_federated.core.vote import BallotContext, Vote
from prefect_federated.core.vote_checks import against, check_conflict, done

WHO = "0x" + "11" * 20
HERE = BallotContext(31337, "0x" + "22" * 20, 1, 3, WHO)
VOTE = Vote(True, -(2**63), b"\4" * 32, b"\5" * 32)
OPEN = OpenVote.of(HERE, VOTE, bytes(8))
SIGNED = SignedVote(
    **{name: getattr(HERE, name) for name in BallotContext.__dataclass_fields__},
    commitment=VOTE.digest(HERE),
    r=b"\6" * 32,
    vs=b"\7" * 32,
)
BALLOT = Ballot(3, 9, 3, 0, 0, 0, drawn=True, early=True, closed=False)
SEAT = Seat(0, WHO, VoteState.NONE, False, 0, bytes(32), bytes(32))
CAST = replace(SEAT, state=VoteState.CAST, commitment=SIGNED.commitment)
OTHER = replace(CAST, commitment=b"\1" * 32)


@pytest.mark.parametrize("file", [SIGNED, OPEN], ids=lambda file: file.form)
def test_a_file_comes_back_equal_and_always_has_the_same_bytes(file: SignedVote | OpenVote) -> None:
    back = read_vote_file("a.json", file.to_bytes())
    assert back == file and back.to_bytes() == file.to_bytes() and back.context == HERE
    read = read_vote_file("a.json", OPEN.to_bytes())
    assert isinstance(read, OpenVote) and read.vote == VOTE


@pytest.mark.parametrize(
    ("file", "field", "value"),
    [
        (SIGNED, "round", 0),
        (SIGNED, "task", 2**32),
        (SIGNED, "member", "somebody"),
        (SIGNED, "commitment", "0x00"),
        (SIGNED, "more", 1),
        (SIGNED, "form", "vote"),
        (SIGNED, "form", "open vote"),
        (OPEN, "metric", str(2**63)),
        (OPEN, "scores", "0xzz"),
        (OPEN, "chain_id", 2**53),
    ],
)
def test_a_file_with_a_wrong_field_is_refused_by_its_name(file: VoteFile, field: str, value: object) -> None:
    content = json.dumps({**json.loads(file.to_bytes()), field: value}).encode()
    with pytest.raises(PayloadError, match=r"^a\.json is no vote: "):
        read_vote_file("a.json", content)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"null", b"{}", b"[" * 2000])
def test_what_is_no_file_of_a_vote_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadError, match="write it again"):
        read_vote_file("a.json", content)


@pytest.mark.parametrize(
    ("file", "phase", "ballot", "seat", "words"),
    [
        (SIGNED, Phase.VOTE, BALLOT, SEAT, None),
        (SIGNED, Phase.VOTE, replace(BALLOT, round=4), SEAT, "counts in its own round alone"),
        (SIGNED, Phase.VOTE, replace(BALLOT, drawn=False), None, "not drawn yet"),
        (SIGNED, Phase.VOTE, BALLOT, None, "has no seat"),
        (SIGNED, Phase.REVEAL, BALLOT, SEAT, "is due in VOTE, the round is in REVEAL"),
        (SIGNED, Phase.VOTE_REVEAL, BALLOT, OTHER, "federated validator conflict"),
        (SIGNED, Phase.VOTE, BALLOT, replace(CAST, state=VoteState.VOID), "is void"),
        (OPEN, Phase.VOTE_REVEAL, BALLOT, CAST, None),
        (OPEN, Phase.VOTE, BALLOT, CAST, "is due in VOTE_REVEAL, the round is in VOTE"),
        (OPEN, Phase.VOTE_REVEAL, BALLOT, SEAT, "there is none to show"),
        (OPEN, Phase.VOTE_REVEAL, BALLOT, OTHER, "promised was 0x0101"),
    ],
)
def test_what_the_chain_would_not_take_is_named(
    file: SignedVote | OpenVote, phase: Phase, ballot: Ballot, seat: Seat | None, words: str | None
) -> None:
    reason = against(file, phase, ballot, seat)
    assert reason is None if words is None else words in str(reason)


def test_a_file_is_done_once_the_chain_has_its_vote_and_no_other() -> None:
    shown = replace(CAST, state=VoteState.REVEALED)
    assert done(SIGNED, BALLOT, CAST) and done(SIGNED, BALLOT, shown) and done(OPEN, BALLOT, shown)
    for seat in (None, SEAT, OTHER, replace(CAST, state=VoteState.VOID)):
        assert not done(SIGNED, BALLOT, seat) and not done(OPEN, BALLOT, seat)
    assert not done(OPEN, BALLOT, CAST) and not done(SIGNED, replace(BALLOT, round=4), CAST)


@pytest.mark.parametrize(
    "changes",
    [{"chain_id": 1}, {"committee": WHO}, {"task": 2}, {"round": 4}, {"member": "0x" + "33" * 20}, {}],
    ids=str,
)
def test_two_votes_conflict_only_if_all_but_the_promise_is_the_same(changes: dict[str, object]) -> None:
    other = SIGNED.model_copy(update={"commitment": b"\1" * 32})
    check_conflict(SIGNED, other)
    spoilt = other.model_copy(update=changes) if changes else SIGNED.model_copy(update={"r": b"\1" * 32})
    with pytest.raises(ContractRefused, match="one member in one round" if changes else "signed twice"):
        check_conflict(SIGNED, spoilt)
