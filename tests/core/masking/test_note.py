"""The masks note: one form, and a header that binds neighbours and hashes of all seeds."""

import hashlib
from dataclasses import replace

import pytest

from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.masking.note import parse_note
from prefect_federated.core.merkle import root_of_leaves
from tests.core.masking.masked_cohort import Cohort, session_of

SPARSE = Cohort(session_of([0, 3, 7, 255, 256, 300, 511, 512, 600], threshold=3, degree=4))
NOTE = SPARSE.seeds(256).note


def test_note_is_read_as_it_was_written_and_names_who_masks_with_whom() -> None:
    assert parse_note(SPARSE.session, 256, NOTE.encoded()) == NOTE
    assert NOTE.indices == list(SPARSE.session.holders(256)) and len(NOTE.hashes) == 5
    assert NOTE.words == 3 and len(NOTE.encoded()) == 4 + 32 * (3 + 5)


def test_digest_binds_every_neighbour_and_every_hash() -> None:
    root = root_of_leaves(list(NOTE.hashes))
    assert NOTE.digest == hashlib.sha256(b"\x00masks" + NOTE.bitmap + root).digest()
    others = [
        replace(NOTE, neighbours=NOTE.neighbours[1:], hashes=NOTE.hashes[1:]),
        replace(NOTE, neighbours=(NOTE.neighbours[0] + 1, *NOTE.neighbours[1:])),
        *(replace(NOTE, hashes=(*NOTE.hashes[:at], bytes(32), *NOTE.hashes[at + 1 :])) for at in range(5)),
    ]
    assert len({NOTE.digest, *(other.digest for other in others)}) == 1 + len(others)


def test_note_of_any_other_form_is_malformed() -> None:
    good, session = NOTE.encoded(), SPARSE.session
    own = bytearray(good)
    own[4 + 32 + 31] |= 1  # bit 0 of the second word: the owner's own
    stranger = bytearray(good)
    stranger[4 + 31] |= 1 << 1  # no member has index 1
    for bad, why in (
        (b"", "has 0 bytes that begin with 0x"),
        (good[:99], "has 99 bytes"),
        (b"PFM1" + good[4:], "has 260 bytes that begin with 0x50464d31"),
        (good[:-1], "has 259 bytes, with 4 neighbours it takes 260"),
        (good[:-32], "has 228 bytes"),
        (good + b"\x00", "has 261 bytes"),
        (bytes(own), r"names \[256\] as neighbours"),
        (bytes(stranger), r"names \[1\] as neighbours"),
    ):
        with pytest.raises(MalformedMessage, match=f"the masks note of participant 256 {why}"):
            parse_note(session, 256, bad)
