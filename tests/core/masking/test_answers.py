"""Answers of Unmask: forged, missing and malformed ones name who sent them, and nobody opens both masks of anybody."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.errors import (
    ContentMismatch,
    FederatedError,
    MalformedMessage,
    TooFewShares,
    UnknownParticipant,
    UnmaskRefused,
    WrongSeed,
    WrongShare,
    WrongSharing,
)
from prefect_federated.core.masking.answer import CHUNK, answer, parse_answer
from prefect_federated.core.masking.recovery import check_seeds, open_masks, recover
from prefect_federated.core.masking.sharing import MASKING_KEY, SELF_SEED, share
from prefect_federated.core.masking.turnout import Turnout
from tests.core.masking.masked_cohort import (
    Cohort,
    bent_entry,
    bent_envelope,
    roots_of,
    sealing_key,
    session_of,
    set_bytes,
)

N, THRESHOLD = 5, 3
COHORT = Cohort(session_of(range(N), THRESHOLD))
SESSION, SHARED = COHORT.session, COHORT.shared
SURVIVORS = (0, 1, 2, 3)
TURNOUT = COHORT.turnout(SURVIVORS)
MESSAGES = {i: COHORT.message(TURNOUT, i) for i in SURVIVORS}


def test_wrong_share_names_who_revealed_it_and_the_others_suffice() -> None:
    forged = set_bytes(MESSAGES[2], CHUNK + 8, bytes(32))
    with pytest.raises(WrongShare, match="name participant 2") as told:
        parse_answer(TURNOUT, SHARED, 2, forged)
    assert told.value.participant == 2
    opened = open_masks(TURNOUT, SHARED, MESSAGES | {2: forged})
    assert set(opened.faults) == {2} and isinstance(opened.faults[2], WrongShare)
    assert opened.self_seeds == open_masks(TURNOUT, SHARED, MESSAGES).self_seeds


def test_wrong_shares_beyond_what_can_be_spared_open_nothing() -> None:
    forged = {i: set_bytes(MESSAGES[i], CHUNK + 40, bytes(32)) for i in (1, 2)}
    with pytest.raises(TooFewShares, match=r"2 shares .* 3 are needed; 2 answers were not counted \[1, 2\]"):
        open_masks(TURNOUT, SHARED, MESSAGES | forged)


def test_missing_shares_are_counted_for_the_sharer_who_lacks_them() -> None:
    without = {}
    for i in (1, 2):
        made, _ = answer(TURNOUT, SHARED, i, sealing_key(i))
        without[i] = replace(made, shares=made.shares[:-1]).encoded()  # the last is of participant 4, who dropped
    with pytest.raises(TooFewShares, match="2 shares of the masking key of participant 4 are there, 3 are needed"):
        open_masks(TURNOUT, SHARED, MESSAGES | without)


@pytest.mark.parametrize("role", [MASKING_KEY, SELF_SEED])
def test_shares_as_committed_but_of_another_secret_name_the_sharer(role: int) -> None:
    """Participant 4 shares something else than it promises; nobody who reveals is to blame."""
    true = COHORT.secrets[4]
    field = ("masking_key", "self_seed")[role]
    lie = replace(share(SESSION, replace(true, **{field: bytes(31) + b"\x07"})), masking_public=true.masking_public)
    lie = replace(lie, seed_hash=SHARED[4].seed_hash)
    shared = SHARED | {4: lie}
    turnout = Turnout(SESSION, roots_of(shared), frozenset(SURVIVORS) | ({4} if role == SELF_SEED else set()))
    messages = {i: COHORT.message(turnout, i, shared) for i in SURVIVORS}
    with pytest.raises(WrongSharing, match="void the round and name participant 4") as told:
        open_masks(turnout, shared, messages)
    assert told.value.participant == 4


ANSWERS: dict[str, tuple[Callable[[bytes], bytes], type[FederatedError]]] = {
    "cut": (lambda m: m[:-1], MalformedMessage),
    "longer": (lambda m: m + bytes(CHUNK), MalformedMessage),
    "empty": (lambda m: b"", MalformedMessage),
    "another magic": (lambda m: b"PFU2" + m[4:], MalformedMessage),
    "another revealer": (lambda m: set_bytes(m, 36, b"\x00\x00\x00\x03"), MalformedMessage),
    "another count": (lambda m: set_bytes(m, 40, b"\xff\xff\xff\xff"), MalformedMessage),
    "something after the head": (lambda m: set_bytes(m, CHUNK - 1, b"\x01"), MalformedMessage),
    "something after an entry": (lambda m: m[:-1] + b"\x01", MalformedMessage),
    "a third role": (lambda m: set_bytes(m, CHUNK + 7, b"\x02"), MalformedMessage),
    "a stranger": (lambda m: set_bytes(m, len(m) - CHUNK, b"\x00\x00\x00\x09"), MalformedMessage),
    "one sharer twice": (lambda m: m[:-CHUNK] + m[-2 * CHUNK : -CHUNK], MalformedMessage),
    "another turnout": (lambda m: set_bytes(m, 4, bytes(32)), UnmaskRefused),
    "the other secret": (lambda m: set_bytes(m, CHUNK + 7, b"\x00"), UnmaskRefused),
}


@pytest.mark.parametrize(("bend", "error"), ANSWERS.values(), ids=ANSWERS)
def test_malformed_answer_is_refused_and_not_counted(
    bend: Callable[[bytes], bytes], error: type[FederatedError]
) -> None:
    with pytest.raises(error, match="round 2/3, answer of participant 2"):
        parse_answer(TURNOUT, SHARED, 2, bend(MESSAGES[2]))
    opened = open_masks(TURNOUT, SHARED, MESSAGES | {2: bend(MESSAGES[2])})
    assert isinstance(opened.faults[2], error)


def test_answer_longer_than_any_is_refused_before_it_is_cut_up() -> None:
    with pytest.raises(MalformedMessage, match="it has 80000000 bytes, at most 480 in chunks of 80"):
        parse_answer(TURNOUT, SHARED, 2, bytes(80_000_000))


def test_holder_given_an_odd_share_does_not_spoil_what_the_lowest_ones_open() -> None:
    """Participant 1 lies on two polynomials: to holder 3 on another than to the rest; each share is as committed."""
    twin = share(SESSION, replace(COHORT.secrets[1], coins=b"\x07" * 32))
    shared = SHARED | {1: bent_entry(SHARED[1], twin.entry(3))}
    turnout = Turnout(SESSION, roots_of(shared), frozenset(SURVIVORS))
    messages = {i: COHORT.message(turnout, i, shared) for i in SURVIVORS}
    assert open_masks(turnout, shared, messages).self_seeds[1] == COHORT.secrets[1].self_seed
    with pytest.raises(WrongSharing, match="name participant 1"):
        open_masks(turnout, shared, {i: messages[i] for i in (1, 2, 3)})


@given(st.binary(max_size=1000))
def test_garbage_is_no_answer(message: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_answer(TURNOUT, SHARED, 2, message)


# --- one answer a round


def test_answers_for_two_sets_of_survivors_are_never_joined() -> None:
    other = COHORT.turnout([0, 1, 2, 4])
    mixed = MESSAGES | {i: COHORT.message(other, i) for i in (0, 1)}
    with pytest.raises(TooFewShares, match=r"2 answers were not counted \[0, 1\]"):
        open_masks(TURNOUT, SHARED, mixed)
    with pytest.raises(UnmaskRefused, match="answers for different survivors are never joined"):
        parse_answer(TURNOUT, SHARED, 0, mixed[0])


def test_answers_over_other_messages_of_share_are_never_joined() -> None:
    """The sharers' roots are in the digest: a sharer that shows two messages cannot mix what they give."""
    shared = SHARED | {4: bent_envelope(SHARED[4], 0, lambda e: bytes(len(e)))}
    twin = Turnout(SESSION, roots_of(shared), frozenset(SURVIVORS))
    with pytest.raises(UnmaskRefused):
        parse_answer(twin, shared, 1, MESSAGES[1])


def test_no_participant_answers_for_two_sets_of_survivors() -> None:
    other = COHORT.turnout([0, 1, 2, 4])
    with pytest.raises(UnmaskRefused, match="both together would open both masks"):
        answer(other, SHARED, 0, sealing_key(0), answered=TURNOUT.digest)
    again, _ = answer(TURNOUT, SHARED, 0, sealing_key(0), answered=TURNOUT.digest)
    assert again.encoded() == MESSAGES[0]


def test_one_answer_holds_one_secret_of_each() -> None:
    made = parse_answer(TURNOUT, SHARED, 0, MESSAGES[0])
    assert {one.sharer: one.role for one in made.shares} == dict.fromkeys(SURVIVORS, SELF_SEED) | {4: MASKING_KEY}


def test_who_dropped_out_neither_answers_nor_is_counted() -> None:
    with pytest.raises(UnmaskRefused, match="participant 4 is none of the 4 survivors"):
        answer(TURNOUT, SHARED, 4, sealing_key(4))
    late = replace(parse_answer(TURNOUT, SHARED, 0, MESSAGES[0]), revealer=4).encoded()
    assert isinstance(open_masks(TURNOUT, SHARED, MESSAGES | {4: late}).faults[4], UnmaskRefused)


def test_late_answer_changes_nothing() -> None:
    first = {i: MESSAGES[i] for i in (1, 2, 3)}
    opened, later = open_masks(TURNOUT, SHARED, first), open_masks(TURNOUT, SHARED, MESSAGES)
    assert (opened.self_seeds, opened.pair_seeds) == (later.self_seeds, later.pair_seeds)


def test_answers_are_checked_against_the_messages_of_share_on_chain_and_all_of_them() -> None:
    twin = SHARED | {1: share(SESSION, replace(COHORT.secrets[1], coins=b"\x07" * 32))}
    for shared, told in ((twin, "has root 0x"), ({i: SHARED[i] for i in (0, 2, 3, 4)}, "is not there")):
        with pytest.raises(ContentMismatch, match=f"message of Share of participant 1 {told}"):
            open_masks(TURNOUT, shared, MESSAGES)
        with pytest.raises(ContentMismatch, match=f"message of Share of participant 1 {told}"):
            answer(TURNOUT, shared, 0, sealing_key(0))


def test_survivor_who_did_not_share_is_a_contradiction() -> None:
    with pytest.raises(UnknownParticipant, match=r"participants \[3\] did not share"):
        COHORT.turnout(SURVIVORS, sharers=[0, 1, 2, 4])


# --- what the payload bound


def test_opened_seeds_are_those_that_payloads_bound_or_the_owner_is_named() -> None:
    opened = open_masks(TURNOUT, SHARED, MESSAGES)
    notes = {i: COHORT.seeds(i).note for i in SURVIVORS}
    check_seeds(opened, notes)
    assert len(opened.self_seeds) == 4 and len(opened.pair_seeds) == 4
    for at, whose in ((1, "its own"), (4, "that with 4")):  # the last dropped out
        bent = list(notes[1].hashes)
        bent[at] = bytes(32)
        with pytest.raises(WrongSeed, match=f"participant 1 bound a seed, {whose}, that hashes to 0x00") as told:
            check_seeds(opened, notes | {1: replace(notes[1], hashes=tuple(bent))})
        assert told.value.participant == 1 and list(told.value.faults) == [1]


def test_everybody_who_bound_another_seed_or_masks_with_others_is_named() -> None:
    opened = open_masks(TURNOUT, SHARED, MESSAGES)
    notes = {i: COHORT.seeds(i).note for i in SURVIVORS}
    fewer = replace(notes[0], neighbours=(1, 2, 3), hashes=notes[0].hashes[:4])
    swapped = replace(notes[3], hashes=notes[3].hashes[::-1])
    with pytest.raises(WrongSeed) as told:
        check_seeds(opened, notes | {0: fewer, 3: swapped})
    assert sorted(told.value.faults) == [0, 3]
    why = "participant 0 says that it masks with [0, 1, 2, 3], those near it that shared are [0, 1, 2, 3, 4]"
    assert why in told.value.faults[0] and why in str(told.value)
    assert "participant 3 bound a seed, its own" in str(told.value)


def test_sum_needs_every_survivors_payload_and_no_other() -> None:
    opened = open_masks(TURNOUT, SHARED, MESSAGES)
    payloads = {i: COHORT.payload(i, np.arange(4, dtype=np.int32)) for i in SURVIVORS}
    assert recover(opened, payloads).tolist() == [0, 4, 8, 12]
    for some in ({i: payloads[i] for i in (0, 1, 2)}, payloads | {4: payloads[0]}):
        with pytest.raises(FederatedError, match=r"the survivors are \[0, 1, 2, 3\]"):
            recover(opened, some)
    with pytest.raises(FederatedError, match="of one length"):
        recover(opened, payloads | {2: payloads[2][:3]})
    for wrong in ({i: p.astype(np.int64) for i, p in payloads.items()}, {i: p[None] for i, p in payloads.items()}):
        with pytest.raises(FederatedError, match=r"expected int32 \[d\]"):
            recover(opened, wrong)
