"""Rolls survive the store; what is no list of the posted leaves is refused, and what is wrong in one is found."""

import hashlib
from dataclasses import replace

import pytest

from prefect_federated.core.commitment import Grounds, Opening, RoundContext
from prefect_federated.core.errors import ContentMismatch, PayloadError
from prefect_federated.core.letters import URI_BYTES, CommitLetter, OpeningLetter
from prefect_federated.core.merkle import leaf_hash, verify
from prefect_federated.core.rolls import (
    COMMIT_BYTES,
    EMPTY,
    LINE_BYTES,
    OPENING_BYTES,
    CommitLeaf,
    OpeningLeaf,
    Roll,
    disorder,
    gaps,
    parse_roll,
    position_of,
    read_commit,
    read_opening,
    roll_commits,
    roll_openings,
)

GROUNDS = Grounds(b"\x08" * 32, b"\4" * 32)
GIVEN = Opening(b"\1" * 32, b"\2" * 32, b"\3" * 32, 7, GROUNDS.hash, b"\5" * 32)
SIGNED = {"r": b"\6" * 32, "vs": b"\7" * 32}


def account(number: int) -> str:
    return "0x" + f"{number:02d}" * 20


def context(number: int) -> RoundContext:
    return RoundContext(1, "0x" + "ee" * 20, 1, 1, b"\x0b" * 32, account(number))


def commit(number: int) -> CommitLeaf:
    letter = CommitLetter(
        participant=account(number),
        commitment=GIVEN.digest(context(number)),
        grant_id=GROUNDS.grant_id,
        evidence_hash=GROUNDS.evidence_hash,
        **SIGNED,
    )
    return CommitLeaf.of(number, letter)


def opening(number: int, uri: str = "cas://é") -> OpeningLeaf:
    return OpeningLeaf.of(number, OpeningLetter.of(account(number), GIVEN, uri, **SIGNED))


COMMITS = roll_commits([commit(5), commit(1), commit(3)])
OPENINGS = roll_openings(COMMITS, [opening(5), opening(1)])


def test_leaves_have_the_bytes_that_the_contract_reads() -> None:
    leaf, other = commit(3).to_bytes(), opening(3).to_bytes()
    assert len(leaf) == COMMIT_BYTES and len(other) == OPENING_BYTES + len("cas://é".encode())
    head = bytes([0, 3]) + bytes([0x03]) * 20
    words = commit(3).commitment + b"\x08" * 32 + b"\4" * 32 + b"\6" * 32 + b"\7" * 32
    assert leaf == head + words
    assert other[:22] == head and other[118:122] == bytes([0, 0, 0, 7]) and other[250:252] == bytes([0, 8])
    assert read_commit(leaf) == commit(3) and read_opening(other) == opening(3)


@pytest.mark.parametrize("leaf", [EMPTY, bytes(181), bytes(183), bytes(251), bytes(253)])
def test_what_has_another_length_is_no_leaf(leaf: bytes) -> None:
    assert read_commit(leaf) is None and read_opening(leaf) is None


def test_uri_that_is_no_text_comes_back_as_it_was_signed() -> None:
    leaf = replace(opening(3), uri=b"\xff\xfe")
    assert read_opening(leaf.to_bytes()) == leaf


def test_rolls_ascend_and_keep_positions() -> None:
    assert [position_of(COMMITS, account(number)) for number in (1, 3, 5, 4)] == [0, 1, 2, None]
    assert disorder(COMMITS) is None
    assert gaps(OPENINGS) == [1] and OPENINGS.filled == 2
    with pytest.raises(ValueError, match="index 3 is in the roll twice"):
        roll_commits([commit(3), commit(3)])


def test_every_path_leads_to_the_root_and_that_of_the_empty_leaf_too() -> None:
    for roll in (COMMITS, OPENINGS):
        for position, leaf in enumerate(roll.leaves):
            assert verify(roll.root, leaf_hash(leaf), position, 3, list(roll.path(position)))
    assert leaf_hash(OPENINGS.leaves[1]) == hashlib.sha256(b"\0").digest()


def test_list_comes_back_from_the_store_and_only_as_it_was_posted() -> None:
    for roll in (COMMITS, OPENINGS):
        assert parse_roll(roll.to_bytes(), roll.root, 3) == roll
    blob, root = OPENINGS.to_bytes(), OPENINGS.root
    for wrong in (b"", blob[:-1], blob + b"\0", blob + b"\0\0", blob[3:], blob + b"\0\1"):
        with pytest.raises(PayloadError, match="demand its leaves"):
            parse_roll(wrong, root, 3)
    with pytest.raises(PayloadError, match="3 leaves, whole; 4 were posted"):
        parse_roll(blob, root, 4)
    with pytest.raises(ContentMismatch, match=f"0x{root.hex()} was posted"):
        parse_roll(COMMITS.to_bytes(), root, 3)


def test_longest_opening_fits_a_line() -> None:
    assert len(Roll((opening(1, "x" * URI_BYTES).to_bytes(),)).to_bytes()) == LINE_BYTES


@pytest.mark.parametrize(
    ("order", "at"), [((1, 3, 5), None), ((3, 1, 5), 0), ((1, 5, 3), 1), ((1, 1, 3), 0), ((1, 3, 3), 1)]
)
def test_first_commit_out_of_order_is_found(order: tuple[int, ...], at: int | None) -> None:
    assert disorder(Roll(tuple(commit(number).to_bytes() for number in order))) == at


def test_commit_that_is_no_leaf_is_found_also_at_the_end() -> None:
    first, last = commit(1).to_bytes(), commit(3).to_bytes()
    assert disorder(Roll((first, b"x"))) == 0  # shown with the one after it
    assert disorder(Roll((b"x", last))) == 0
    assert disorder(Roll((b"x",))) == 0


def test_opening_opens_its_own_commit_within_the_bounds_and_no_other() -> None:
    assert opening(3).opens(commit(3), context(3), 7)
    assert not opening(3).opens(commit(3), context(3), 6)
    assert not opening(3).opens(commit(5), context(5), 7)
    assert not replace(opening(3), index=4).opens(commit(3), context(3), 7)
    assert not replace(opening(3), uri=b"x" * (URI_BYTES + 1)).opens(commit(3), context(3), 7)
    assert not replace(opening(3), opening=replace(GIVEN, salt=b"\x0c" * 32)).opens(commit(3), context(3), 7)
    assert not opening(3).opens(replace(commit(3), evidence_hash=b"\x0d" * 32), context(3), 7)
    assert not opening(3).opens(replace(commit(3), grant_id=b"\x0d" * 32), context(3), 7)
