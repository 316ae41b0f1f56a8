"""What members release is bound to task, round and member; what is no release is refused in a sentence."""

import hashlib

import pytest

from prefect_federated.core.errors import ContentMismatch, PayloadError
from prefect_federated.core.letters import LETTER_BYTES, URI_BYTES, read_letter
from prefect_federated.core.releases import (
    DOCUMENT_BYTES,
    MOST_PAYLOADS,
    ReleaseDocument,
    ReleaseLetter,
    read_release,
)

MEMBER, READER, PARTICIPANT = ("0x" + digits * 20 for digits in ("1a", "2b", "3c"))
DOCUMENT = ReleaseDocument(shares={PARTICIPANT: {READER: b"\1" * 80}, "0x" + "4d" * 20: {}})
LETTER = ReleaseLetter(
    participant=MEMBER, document_uri="cas://x", document_hash=b"\2" * 32, r=b"\3" * 32, vs=b"\4" * 32
)


def test_release_comes_back_equal_and_tells_what_is_for_whom() -> None:
    content = DOCUMENT.to_bytes()
    found = read_release(content, hashlib.sha256(content).digest())
    assert found == DOCUMENT and found.of(PARTICIPANT.upper().replace("X", "x"), READER) == b"\1" * 80
    assert found.of(READER, PARTICIPANT) is None and found.of(PARTICIPANT, MEMBER) is None
    assert [found.answers(one) for one in (PARTICIPANT, "0x" + "4D" * 20, MEMBER)] == [True, True, False]


def test_altered_release_is_told_with_both_hashes() -> None:
    content = DOCUMENT.to_bytes()
    with pytest.raises(
        ContentMismatch, match=f"hashes to 0x{hashlib.sha256(content).hexdigest()}, its letter says 0x02"
    ):
        read_release(content, b"\2" * 32)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"format": "federated-release/2", "shares": {}}', b'{"shares": {"a": {"b": "xyz"}}}'],
)
def test_what_is_no_release_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadError, match="the release is malformed"):
        read_release(content, hashlib.sha256(content).digest())


def test_what_has_more_entries_than_any_release_is_refused_before_it_is_parsed() -> None:
    """Sixteen megabytes of false entries would each be told as an error of a hundred times its bytes."""
    entries = ",".join(f'"{at:x}":1' for at in range(81_683))
    content = f'{{"format":"federated-release/1","shares":{{"a":{{{entries}}}}}}}'.encode()
    with pytest.raises(PayloadError, match="has 81686 entries, 81685 are the most; let it be left again"):
        read_release(content, hashlib.sha256(content).digest())


def test_signature_binds_task_round_member_and_document() -> None:
    bent = (
        LETTER.struct_hash(1, 3),
        LETTER.struct_hash(2, 3),
        LETTER.struct_hash(1, 4),
        LETTER.model_copy(update={"participant": READER}).struct_hash(1, 3),
        LETTER.model_copy(update={"document_hash": b"\5" * 32}).struct_hash(1, 3),
    )
    assert len(set(bent)) == len(bent)


def test_longest_letter_and_largest_document_fit_where_they_go() -> None:
    longest = LETTER.model_copy(update={"document_uri": '"' * URI_BYTES})
    assert len(longest.to_bytes()) <= LETTER_BYTES and read_letter(ReleaseLetter, longest.to_bytes()) == longest
    readers = {f"0x{at:040x}": b"\1" * 80 for at in range(33)}
    largest = ReleaseDocument(shares={f"0x{at:040x}": readers for at in range(MOST_PAYLOADS)})
    content = largest.to_bytes()
    assert len(content) <= DOCUMENT_BYTES and read_release(content, hashlib.sha256(content).digest()) == largest


def test_document_of_all_the_bytes_there_may_be_has_no_more_entries_than_are_parsed() -> None:
    readers = {f"0x{at:040x}": b"\1" * 80 for at in range(77)}
    content = ReleaseDocument(shares={f"0x{at:040x}": readers for at in range(MOST_PAYLOADS)}).to_bytes()
    assert DOCUMENT_BYTES * 0.98 < len(content) <= DOCUMENT_BYTES
    read_release(content, hashlib.sha256(content).digest())
