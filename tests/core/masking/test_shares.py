"""The message of Share: envelopes of another round or pair, altered and malformed ones are told, and by whose fault."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.errors import (
    ContentMismatch,
    KeyUnavailable,
    MalformedMessage,
    Undecryptable,
    UnknownParticipant,
    WrongSharing,
)
from prefect_federated.core.masking.answer import answer
from prefect_federated.core.masking.masked import seeds_of
from prefect_federated.core.masking.own_secrets import OwnSecrets, secrets_of
from prefect_federated.core.masking.recovery import open_masks
from prefect_federated.core.masking.sharing import open_entry
from prefect_federated.core.masking.transcript import CHUNK, parse_sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.merkle import chunks_of, leaf_hash, leaf_hashes, proof, verify
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


def test_envelope_of_another_round_does_not_open() -> None:
    old = Cohort(session_of(range(N), THRESHOLD, round=2)).shared[1]
    replayed = bent_envelope(SHARED[1], 0, lambda _: old.entry(0).envelope)
    with pytest.raises(Undecryptable, match="round 2/3: the envelope of participant 1 to 0"):
        open_entry(SESSION, replayed, 0, sealing_key(0))


@pytest.mark.parametrize(("sharer", "holder"), [(2, 0), (1, 3), (0, 1)])
def test_envelope_of_another_pair_does_not_open(sharer: int, holder: int) -> None:
    replayed = bent_envelope(SHARED[1], 0, lambda _: SHARED[sharer].entry(holder).envelope)
    for reader in (0, holder):
        with pytest.raises(Undecryptable):
            open_entry(SESSION, replayed, 0, sealing_key(reader))


def test_envelope_of_a_session_with_another_threshold_does_not_open() -> None:
    other = Cohort(session_of(range(N), THRESHOLD + 1)).shared[1]
    with pytest.raises(Undecryptable):
        open_entry(SESSION, bent_envelope(SHARED[1], 0, lambda _: other.entry(0).envelope), 0, sealing_key(0))


@given(at=st.integers(0, 175), flip=st.integers(1, 255))
def test_no_altered_byte_of_an_envelope_goes_unseen(at: int, flip: int) -> None:
    bent = bent_envelope(SHARED[1], 0, lambda e: set_bytes(e, at, bytes([e[at] ^ flip])))
    with pytest.raises(Undecryptable):
        open_entry(SESSION, bent, 0, sealing_key(0))


def test_share_that_is_not_the_one_committed_to_names_the_sharer() -> None:
    entry = replace(SHARED[1].entry(0), seed_hash=bytes(32))
    with pytest.raises(WrongSharing, match="self seed that participant 1 sealed to 0") as told:
        open_entry(SESSION, bent_entry(SHARED[1], entry), 0, sealing_key(0))
    assert told.value.participant == 1


def test_who_is_no_neighbour_holds_nothing() -> None:
    sparse = Cohort(session_of(range(7), 2, degree=2))
    stranger = next(i for i in range(7) if i not in sparse.session.holders(0))
    with pytest.raises(UnknownParticipant, match=f"participant {stranger} holds no share of 0"):
        open_entry(sparse.session, sparse.shared[0], stranger, sealing_key(stranger))


def test_holder_answers_without_an_envelope_that_does_not_open_and_the_rest_suffices() -> None:
    shared = SHARED | {1: bent_envelope(SHARED[1], 0, lambda e: bytes(len(e)))}
    bent = Turnout(SESSION, roots_of(shared), frozenset(SURVIVORS))
    made = {i: answer(bent, shared, i, sealing_key(i)) for i in SURVIVORS}
    assert isinstance(made[0][1][1], Undecryptable) and not made[1][1]
    assert [one.sharer for one in made[0][0].shares] == [0, 2, 3, 4]
    opened = open_masks(bent, shared, {i: one.encoded() for i, (one, _) in made.items()})
    assert opened.self_seeds == {i: COHORT.secrets[i].self_seed for i in SURVIVORS}


def test_holder_answers_without_a_share_that_is_not_as_committed() -> None:
    shared = SHARED | {1: bent_entry(SHARED[1], replace(SHARED[1].entry(0), key_hash=bytes(32)))}
    made, unopened = answer(Turnout(SESSION, roots_of(shared), frozenset(SURVIVORS)), shared, 0, sealing_key(0))
    assert isinstance(unopened[1], WrongSharing)
    assert [one.sharer for one in made.shares] == [0, 2, 3, 4]


def test_message_of_share_comes_back_and_one_leaf_proves_one_entry() -> None:
    message = SHARED[2].encoded()
    assert parse_sharing(SESSION, 2, message) == SHARED[2] and len(message) == CHUNK * (1 + N)
    leaves = leaf_hashes(chunks_of(message, CHUNK))
    third = leaf_hash(message[3 * CHUNK : 4 * CHUNK])
    assert verify(SHARED[2].root, third, 3, 1 + N, proof(leaves, 3))


MALFORMED = {
    "cut": lambda m: m[:-1],
    "longer": lambda m: m + bytes(CHUNK),
    "empty": lambda m: b"",
    "another magic": lambda m: b"PFM2" + m[4:],
    "another session": lambda m: set_bytes(m, 4, bytes(32)),
    "another sharer": lambda m: set_bytes(m, 36, bytes(4)),
    "another count": lambda m: set_bytes(m, 40, b"\xff\xff\xff\xff"),
    "another threshold": lambda m: set_bytes(m, 44, bytes([0, 0, 0, THRESHOLD + 1])),
    "threshold that half reach": lambda m: set_bytes(m, 44, bytes([0, 0, 0, 1])),
    "something after the head": lambda m: set_bytes(m, CHUNK - 1, b"\x01"),
    "another holder": lambda m: set_bytes(m, CHUNK, b"\x00\x00\x00\x09"),
    "holders swapped": lambda m: m[:CHUNK] + m[2 * CHUNK : 3 * CHUNK] + m[CHUNK : 2 * CHUNK] + m[3 * CHUNK :],
    "something after an entry": lambda m: m[:-1] + b"\x01",
    "key of low order": lambda m: set_bytes(m, 48, bytes(32)),
    "key not canonical": lambda m: set_bytes(m, 48, b"\xff" * 32),
}


@pytest.mark.parametrize("bend", MALFORMED.values(), ids=MALFORMED)
def test_malformed_message_of_share_is_refused(bend: Callable[[bytes], bytes]) -> None:
    with pytest.raises(MalformedMessage, match=r"round 2/3, .*participant 2"):
        parse_sharing(SESSION, 2, bend(SHARED[2].encoded()))


@given(st.binary(max_size=3000))
def test_garbage_is_no_message_of_share(message: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_sharing(SESSION, 2, message)


def test_message_under_another_root_is_not_taken_and_none_is_forgotten() -> None:
    roots, own = roots_of(SHARED), COHORT.secrets[0]
    odd = bent_envelope(SHARED[1], 2, lambda e: bytes(len(e)))
    told = f"participant 1 has root 0x{odd.root.hex()}, on chain is 0x{SHARED[1].root.hex()}"
    with pytest.raises(ContentMismatch, match=told):
        seeds_of(SESSION, own, roots, SHARED | {1: odd})
    with pytest.raises(ContentMismatch, match="message of Share of participant 1 is not there"):
        seeds_of(SESSION, own, roots, {i: SHARED[i] for i in (0, 2, 3, 4)})


@pytest.mark.parametrize("round", [3, 2])
def test_root_copied_from_another_participant_or_round_is_no_message_of_this_one(round: int) -> None:
    copied = Cohort(session_of(range(N), THRESHOLD, round=round)).shared[2 if round == 3 else 1]
    with pytest.raises(ContentMismatch, match=r"participant 1 is one of participant \d in session 0x"):
        seeds_of(SESSION, COHORT.secrets[0], roots_of(SHARED) | {1: copied.root}, SHARED | {1: copied})


def test_sharer_who_is_no_member_is_told() -> None:
    with pytest.raises(UnknownParticipant, match="participant 9 is none of the 5"):
        Turnout(SESSION, roots_of(SHARED) | {9: bytes(32)}, frozenset(SURVIVORS))


def test_on_the_sparse_graph_the_neighbours_messages_are_enough() -> None:
    sparse = Cohort(session_of(range(9), 3, degree=4))
    near, turnout = sparse.session.holders(0), sparse.turnout(range(9))
    some = {i: sparse.shared[i] for i in near}
    assert len(some) == 5
    assert seeds_of(sparse.session, sparse.secrets[0], turnout.roots, some) == sparse.seeds(0)
    assert sparse.message(turnout, 0, some) == sparse.message(turnout, 0)


def test_who_shared_under_another_key_does_not_mask() -> None:
    other = OwnSecrets(0, bytes(31) + b"\x01", bytes(32), bytes(32))
    with pytest.raises(KeyUnavailable, match="participant 0 did not share, or not under the masking key"):
        seeds_of(SESSION, other, roots_of(SHARED), SHARED)
    with pytest.raises(KeyUnavailable, match="participant 4 did not share"):
        seeds_of(SESSION, COHORT.secrets[4], roots_of(COHORT.sharings(SURVIVORS)), SHARED)


def test_key_that_is_not_registered_gives_no_secrets() -> None:
    with pytest.raises(KeyUnavailable, match="participant 1: the sealing key given has public half"):
        secrets_of(SESSION, 1, sealing_key(2), 1)
