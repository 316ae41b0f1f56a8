"""Letters survive being written and read; what is no letter is refused in a sentence."""

import json
from dataclasses import replace

import pytest

from prefect_federated.core.commitment import Opening
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.letters import LETTER_BYTES, CommitLetter, OpeningLetter, read_letter
from prefect_federated.core.share_letters import DealingLetter, ShownLetter

WHO = "0x" + "11" * 20
COMMIT = CommitLetter(participant=WHO, **{name: bytes([3]) * 32 for name in list(CommitLetter.model_fields)[1:]})
GIVEN = Opening(b"\1" * 32, b"\2" * 32, b"\3" * 32, 7, b"\4" * 32, b"\5" * 32)
OPENING = OpeningLetter.of(WHO, GIVEN, "cas://sha256/é", b"\6" * 32, b"\7" * 32)


def test_letters_come_back_equal_and_always_have_the_same_bytes() -> None:
    assert read_letter(CommitLetter, COMMIT.to_bytes()) == COMMIT
    back = read_letter(OpeningLetter, OPENING.to_bytes())
    assert back == OPENING and back.opening == GIVEN
    assert back.to_bytes() == OPENING.to_bytes()


def test_longest_letter_fits_the_mailbox() -> None:
    longest = OpeningLetter.of(WHO, replace(GIVEN, weight=2**32 - 1), '"' * 512, b"\6" * 32, b"\7" * 32)
    assert len(longest.to_bytes()) <= LETTER_BYTES


SHARES = [
    DealingLetter(
        participant=WHO, grant_id=b"\1" * 32, masking_key=b"\2" * 32, root=b"\3" * 32, uri="cas://ä", r=b"\4" * 32,
        vs=b"\5" * 32,
    ),
    ShownLetter(participant=WHO, root=b"\3" * 32, uri="cas://ä", r=b"\4" * 32, vs=b"\5" * 32),
]  # fmt: skip


@pytest.mark.parametrize("letter", SHARES, ids=lambda letter: type(letter).__name__)
def test_letters_of_shares_come_back_equal_and_are_refused_with_a_place_too_long(
    letter: DealingLetter | ShownLetter,
) -> None:
    assert read_letter(type(letter), letter.to_bytes()) == letter
    assert len(letter.model_copy(update={"uri": '"' * 512}).to_bytes()) <= LETTER_BYTES
    long = json.dumps({**json.loads(letter.to_bytes()), "uri": "ä" * 300}).encode()
    with pytest.raises(PayloadError, match=f"no {type(letter).__name__}: its URI has more than 512 bytes"):
        read_letter(type(letter), long)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weight", 0),
        ("weight", 2**32),
        ("salt", "0x00"),
        ("participant", "somebody"),
        ("uri", "x" * 513),
        ("uri", "ä" * 300),
        ("more", 1),
    ],
)
def test_opening_with_a_wrong_field_is_refused(field: str, value: object) -> None:
    content = json.dumps({**json.loads(OPENING.to_bytes()), field: value}).encode()
    with pytest.raises(PayloadError, match="let it be left again"):
        read_letter(OpeningLetter, content)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"null", b"{}", b"[" * 2000, COMMIT.to_bytes()])
def test_what_is_no_letter_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadError):
        read_letter(OpeningLetter, content)
