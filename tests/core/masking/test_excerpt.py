"""A holder reads of each message what it needs, proven against the root; nothing else passes for it."""

from dataclasses import replace

import numpy as np
import pytest

from prefect_federated.core.errors import ContentMismatch, MalformedMessage, UnknownParticipant
from prefect_federated.core.masking.excerpt import excerpts_of, parse_excerpt
from prefect_federated.core.masking.masked import mask, seeds_of
from prefect_federated.core.masking.transcript import CHUNK
from prefect_federated.core.merkle import chunks_of, leaf_hashes, proof
from tests.core.masking.masked_cohort import Cohort, bent_entry, roots_of, session_of, set_bytes

COHORT = Cohort(session_of(range(6), 4))
SESSION, SHARED = COHORT.session, COHORT.shared


@pytest.mark.parametrize("n", [3, 4, 7, 8, 9])
def test_every_holder_masks_and_answers_by_excerpts_alone(n: int) -> None:
    cohort = Cohort(session_of(range(n), n // 2 + 1))
    roots, turnout = roots_of(cohort.shared), cohort.turnout(range(n - 1))
    for holder in range(n - 1):
        cut = {i: excerpts_of(cohort.shared[i])[holder] for i in range(n)}
        read = {i: parse_excerpt(cohort.session, i, holder, roots[i], message) for i, message in cut.items()}
        seeds = seeds_of(cohort.session, cohort.secrets[holder], roots, read)
        words = np.arange(5, dtype=np.int32)
        assert mask(seeds, words, 1).tobytes() == cohort.payload(holder, words).tobytes()
        assert cohort.message(turnout, holder, read) == cohort.message(turnout, holder)


def test_excerpts_of_a_hundred_messages_are_small() -> None:
    cohort = Cohort(session_of(range(100), 67))
    assert len(excerpts_of(cohort.shared[7])[9]) == 2 * CHUNK + 32 * (7 + 7)


def test_altered_excerpt_or_another_root_is_refused() -> None:
    message, root = excerpts_of(SHARED[2])[0], SHARED[2].root
    leaves = leaf_hashes(chunks_of(SHARED[2].encoded(), CHUNK))
    assert message[2 * CHUNK :] == b"".join(proof(leaves, 0) + proof(leaves, 1))
    assert parse_excerpt(SESSION, 2, 0, root, message).entry(0) == SHARED[2].entry(0)
    for at in (50, CHUNK + 70, 2 * CHUNK + 1, len(message) - 1):
        with pytest.raises(ContentMismatch, match=f"is not under the root 0x{root.hex()}"):
            parse_excerpt(SESSION, 2, 0, root, set_bytes(message, at, bytes([message[at] ^ 1])))
    with pytest.raises(ContentMismatch, match="chunk 0 of 7"):
        parse_excerpt(SESSION, 2, 0, SHARED[3].root, message)
    for odd in (message[:-1], message + bytes(32), b""):
        with pytest.raises(MalformedMessage, match=f"the excerpt has {len(odd)} bytes, expected {len(message)}"):
            parse_excerpt(SESSION, 2, 0, root, odd)


def test_another_holders_entry_or_another_sharers_message_does_not_pass() -> None:
    root = SHARED[2].root
    with pytest.raises(ContentMismatch):
        parse_excerpt(SESSION, 2, 0, root, excerpts_of(SHARED[2])[1])
    with pytest.raises(MalformedMessage, match="shares of participant 2: head"):
        parse_excerpt(SESSION, 2, 0, SHARED[3].root, excerpts_of(SHARED[3])[0])  # its root copied on chain
    with pytest.raises(UnknownParticipant, match="is for 0, not for 1"):
        parse_excerpt(SESSION, 2, 0, root, excerpts_of(SHARED[2])[0]).entry(1)


def test_sharer_whose_rows_are_malformed_is_told_from_the_excerpt_too() -> None:
    odd = replace(SHARED[2], rows=set_bytes(SHARED[2].rows, CHUNK - 1, b"\x01"))
    with pytest.raises(MalformedMessage, match="end of the entry"):
        parse_excerpt(SESSION, 2, 0, odd.root, excerpts_of(odd)[0])
    swapped = replace(SHARED[2], rows=set_bytes(SHARED[2].rows, 0, b"\x00\x00\x00\x05"))
    with pytest.raises(MalformedMessage, match="holder 5, expected 0"):
        parse_excerpt(SESSION, 2, 0, swapped.root, excerpts_of(swapped)[0])
    low = replace(SHARED[2], masking_public=bytes(32))
    with pytest.raises(MalformedMessage, match="gives no secret"):
        parse_excerpt(SESSION, 2, 0, low.root, excerpts_of(low)[0])


def test_who_is_no_neighbour_gets_no_excerpt() -> None:
    sparse = Cohort(session_of(range(7), 2, degree=2))
    stranger = next(i for i in range(7) if i not in sparse.session.holders(0))
    with pytest.raises(UnknownParticipant, match=f"{stranger} holds none; ask one of its 3 holders"):
        parse_excerpt(sparse.session, 0, stranger, sparse.shared[0].root, b"")


def test_excerpt_of_another_message_by_the_same_sharer_is_not_under_the_root() -> None:
    entry = replace(SHARED[2].entry(5), seed_hash=bytes(32))
    other = bent_entry(SHARED[2], entry)
    with pytest.raises(ContentMismatch):
        parse_excerpt(SESSION, 2, 0, SHARED[2].root, excerpts_of(other)[0])
