"""What is altered, of another session, of too few or under another key is not summed and not opened."""

from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.homomorphic.keys import HolderKey
from prefect_federated.adapters.homomorphic.sums import encrypt, open_total
from prefect_federated.core.errors import (
    ContentMismatch,
    ContentMissing,
    KeyUnavailable,
    MalformedMessage,
    PayloadError,
    ShapeMismatch,
    Undecryptable,
    UnknownParticipant,
    UnmaskRefused,
)
from prefect_federated.core.homomorphic.encrypted import payload_bytes, payload_of
from prefect_federated.core.homomorphic.opened import join
from prefect_federated.core.homomorphic.ring import DEGREE, MODULUS, RESIDUE_BYTES
from prefect_federated.core.homomorphic.total import Total, add, added_hash
from tests.adapters.homomorphic.encrypted_cohort import (
    key,
    opened,
    payloads_of,
    roots_of,
    session_of,
    updates,
)


def test_key_of_another_round_opens_nothing() -> None:
    session = session_of(650)
    payloads = payloads_of(session, updates(session, 1000))
    roots, stranger = roots_of(payloads), HolderKey.generate()
    message = add(session, roots, payloads).message(0)
    with pytest.raises(KeyUnavailable, match=r"none of its 1 holders' keys"):
        open_total(session, stranger, roots, message, {})
    forged = HolderKey(key(0).public, stranger.secret)
    with pytest.raises(Undecryptable, match=r"noise \d+ at word \d+, a sum that opens has less than 16384"):
        open_total(session, forged, roots, message, {})


def test_total_that_was_altered_is_not_opened() -> None:
    session = session_of(650)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    total = add(session, roots, payloads)
    row = total.rows[0].copy()
    row[DEGREE + 3] = (int(row[DEGREE + 3]) + 2**15) % MODULUS  # half a word
    with pytest.raises(Undecryptable, match="at word 3"):
        opened(session, roots, Total(session, total.added, (row,)))


def test_noise_that_is_no_sums_is_refused_before_it_changes_a_word() -> None:
    """A participant that encrypts with more noise is not named, but nothing false is published."""
    session = session_of(650, participants=3)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    total = add(session, roots, payloads)
    row = total.rows[0].copy()
    row[DEGREE] = (int(row[DEGREE]) + 2**14 + 4096) % MODULUS
    with pytest.raises(Undecryptable, match="at word 0"):
        opened(session, roots, Total(session, total.added, (row,)))


@pytest.mark.parametrize("at", [44, -1])
def test_payload_that_was_altered_is_not_added(at: int) -> None:
    session = session_of(650, participants=3)
    payloads = payloads_of(session, updates(session, 1000))
    roots, altered = roots_of(payloads), bytearray(payloads[1])
    altered[at] ^= 1
    with pytest.raises((ContentMismatch, MalformedMessage), match="participant 1"):
        add(session, roots, payloads | {1: bytes(altered)})


def test_payload_of_another_round_or_participant_is_not_added() -> None:
    session, other = session_of(650, participants=3), session_of(650, participants=3, round=2)
    payloads = payloads_of(session, updates(session, 1000))
    old = encrypt(other, 1, np.zeros(650, np.int32), 1)
    copied = payloads | {2: payloads[1]}
    for sent in (payloads | {1: old}, copied):
        with pytest.raises(MalformedMessage, match="another session, sender or kind"):
            add(session, roots_of(sent), sent)


def test_payload_that_is_missing_or_of_nobody_on_chain_is_not_left_out_silently() -> None:
    session = session_of(650, participants=5)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    four = {index: payloads[index] for index in range(4)}
    with pytest.raises(ContentMismatch, match=r"payloads of \[0, 1, 2, 3\], roots of \[0, 1, 2, 3, 4\]"):
        add(session, roots, four)
    with pytest.raises(ContentMismatch, match="give one of each"):
        add(session, roots_of(four), payloads)


def test_residues_of_another_session_make_no_payload() -> None:
    session, row = session_of(650, holders=2), np.zeros(650 + DEGREE, np.uint64)
    for rows in ([row], [row, row[1:]]):
        with pytest.raises(ShapeMismatch, match=r"expected \[\(2698,\), \(2698,\)\]"):
            payload_of(session, 0, rows)


def test_residue_that_is_none_is_not_added() -> None:
    session = session_of(650, participants=3)
    payloads = payloads_of(session, updates(session, 1000))
    bad = payloads[1][:44] + MODULUS.to_bytes(RESIDUE_BYTES, "little") + payloads[1][44 + RESIDUE_BYTES :]
    given = payloads | {1: bad}
    with pytest.raises(MalformedMessage, match=f"residue {MODULUS} at place 0, residues are below {MODULUS}"):
        add(session, roots_of(given), given)


@pytest.mark.parametrize("change", [-1, 1, 1 << 20])
def test_payload_of_another_length_is_refused_before_it_is_read(change: int) -> None:
    session = session_of(650, participants=3)
    payloads = payloads_of(session, updates(session, 1000))
    longer = payloads[1][:change] if change < 0 else payloads[1] + bytes(change)
    given = payloads | {1: longer}
    with pytest.raises(MalformedMessage, match=f"{len(longer)} bytes, expected {payload_bytes(session)}"):
        add(session, roots_of(given), given)


def test_holder_opens_no_sum_of_two_and_none_of_other_payloads_than_on_chain() -> None:
    session = session_of(650)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    message = add(session, roots, payloads).message(0)
    two = {index: roots[index] for index in (0, 1)}
    with pytest.raises(UnmaskRefused, match="sum of 2 payloads would hide too little, 3 are the fewest"):
        open_total(session, key(0), two, message, {})
    with pytest.raises(UnmaskRefused, match="sum of 2 payloads"):
        add(session, two, {index: payloads[index] for index in two})
    fewer = {index: roots[index] for index in range(9)}
    with pytest.raises(ContentMismatch, match="the 9 on chain hash to"):
        open_total(session, key(0), fewer, message, {})


def test_holder_opens_one_total_a_round_for_two_would_differ_by_one_update() -> None:
    session = session_of(650)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    message, before = add(session, roots, payloads).message(0), added_hash(session, roots)
    again = open_total(session, key(0), roots, message, {}, answered=before)
    assert again == open_total(session, key(0), roots, message, {})
    fewer = {index: payloads[index] for index in range(9)}
    other = add(session, roots_of(fewer), fewer).message(0)
    with pytest.raises(UnmaskRefused, match="opened before was"):
        open_total(session, key(0), roots_of(fewer), other, {}, answered=before)


def test_false_total_would_give_the_key_away_and_is_not_opened_where_somebody_else_added_too() -> None:
    """One that is zero but for c1's first residue, one word, decrypts to the secret polynomial itself."""
    session = session_of(DEGREE)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    total, row = add(session, roots, payloads), np.zeros(2 * DEGREE, np.uint64)
    row[0] = MODULUS // 2**32 + 1
    false = Total(session, total.added, (row,)).message(0)
    opening = open_total(session, key(0), roots, false, {})
    secret = np.frombuffer(opening[-4 * DEGREE :], "<i4")
    assert set(secret.tolist()) == {-1, 0, 1}, "a ternary polynomial: the key"
    vouched = {"the standby": add(session, roots, payloads).digest(0)}
    assert open_total(session, key(0), roots, total.message(0), vouched)
    with pytest.raises(ContentMismatch, match="that of the standby to"):
        open_total(session, key(0), roots, false, vouched)


def test_total_of_another_holder_or_session_is_not_opened() -> None:
    session = session_of(650, holders=2)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    total = add(session, roots, payloads)
    with pytest.raises(MalformedMessage, match="the total for key holder 0 begins with"):
        open_total(session, key(0), roots, total.message(1), {})
    with pytest.raises(MalformedMessage, match="the total for key holder 0 begins with"):
        open_total(session_of(650, holders=2, round=2), key(0), roots, total.message(0), {})
    with pytest.raises(MalformedMessage, match="bytes, expected"):
        open_total(session, key(0), roots, total.message(0)[:-1], {})


def test_sum_needs_the_openings_of_all_holders_and_of_one_total() -> None:
    session = session_of(650, holders=2)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    total = add(session, roots, payloads)
    openings = {at: open_total(session, key(at), roots, total.message(at), {}) for at in range(2)}
    with pytest.raises(ContentMissing, match=r"openings of holders \[1\], all of 0 to 1"):
        join(session, roots, {1: openings[1]})
    with pytest.raises(ContentMismatch, match="the opening of key holder 0 is of payloads"):
        join(session, {index: roots[index] for index in range(9)}, openings)
    with pytest.raises(MalformedMessage, match="the opening of key holder 0"):
        join(session, roots, {0: openings[1], 1: openings[0]})


def test_words_that_are_not_the_sessions_are_not_encrypted() -> None:
    session, words = session_of(5), np.zeros(5, np.int32)
    with pytest.raises(ShapeMismatch, match=r"int32 \[4\], the session's are int32 \[5\]"):
        encrypt(session, 0, words[:4], 1)
    wide: Any = words.astype(np.int64)
    with pytest.raises(ShapeMismatch, match=r"are int64 \[5\]"):
        encrypt(session, 0, wide, 1)
    with pytest.raises(ShapeMismatch, match=r"noise of participant 0 is int64 \[1\]"):
        encrypt(session, 0, words, 1, np.zeros(1, np.int64))
    with pytest.raises(PayloadError, match=f"weight {2**31} of participant 0"):
        encrypt(session, 0, words, 2**31)
    with pytest.raises(UnknownParticipant, match="participant 10 is none of the 10"):
        encrypt(session, 10, words, 1)
