"""A silo's record lies encrypted; it is refused in plain text, under another key, altered or erased."""

import json
import stat
import uuid
from pathlib import Path

import pytest

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.record_file import erase_file, read_record, seal_file, write_record
from prefect_federated.core.consent import ConsentRecord, PastSubjects
from prefect_federated.core.consent_template import EXAMPLE, GrantDraft, draft_document
from prefect_federated.core.data_use import Terms
from prefect_federated.core.errors import ConfigurationError, ConsentError

KEY, OTHER = SealingKey.from_seed(b"\x01" * 32), SealingKey.from_seed(b"\x02" * 32)
DRAFT = GrantDraft(bytes(32), "0x" + "11" * 20, "0x" + "22" * 20, ("age", "dose"), Terms(codes=("HMB",)), 10, 20)
DOCUMENT = draft_document(EXAMPLE, DRAFT, 10, str(uuid.UUID(int=1)))
PAST = (PastSubjects(b"\x07" * 32, 99, 3),)
RECORD = ConsentRecord(b"\x03" * 32, b"\x04" * 32, ("age", "dose"), ("subject-01", "subject-02"), DOCUMENT, PAST)
PLAIN = {"grant_id": "0x" + "03" * 32, "secret": "0x" + "04" * 32, "columns": ["age"], "subjects": ["subject-01"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "consent.sealed"


def test_record_comes_back_whole(path: Path) -> None:
    write_record(path, RECORD, KEY.public_bytes)
    assert read_record(path, KEY) == RECORD
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_nothing_of_the_record_is_readable_in_the_file(path: Path) -> None:
    write_record(path, RECORD, KEY.public_bytes)
    content = path.read_bytes()
    assert not [word for word in (b"subject", b"age", b"04040404", b"\x04" * 32, b"Hospital") if word in content]


def test_record_opens_under_no_other_key(path: Path) -> None:
    write_record(path, RECORD, KEY.public_bytes)
    with pytest.raises(ConfigurationError, match="does not open under this silo's sealing key"):
        read_record(path, OTHER)


@pytest.mark.parametrize("at", [20, 60, -1])
def test_altered_record_is_refused(path: Path, at: int) -> None:
    write_record(path, RECORD, KEY.public_bytes)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="does not open"):
        read_record(path, KEY)


def test_record_in_plain_text_is_refused_until_it_is_sealed(path: Path) -> None:
    path.write_text(json.dumps(PLAIN))
    with pytest.raises(ConfigurationError, match="not encrypted; run `federated consent seal"):
        read_record(path, KEY)
    seal_file(path, KEY.public_bytes)
    assert read_record(path, KEY) == ConsentRecord(b"\x03" * 32, b"\x04" * 32, ("age",), ("subject-01",))
    with pytest.raises(ConfigurationError, match="encrypted already"):
        seal_file(path, KEY.public_bytes)


@pytest.mark.parametrize(
    "wrong",
    ["{", "[]", "null", *(json.dumps(PLAIN | change) for change in (
        {"subjects": [17]}, {"columns": "age"}, {"secret": ""}, {"secret": 5}, {"grant_id": "0x12"}, {"history": [{}]},
    ))],
)  # fmt: skip
def test_file_that_is_no_record_is_refused_and_stays(path: Path, wrong: str) -> None:
    path.write_text(wrong)
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        seal_file(path, KEY.public_bytes)
    assert path.read_text() == wrong
    assert "subject-01" not in str(caught.value) and caught.value.__context__ is None


def test_erased_record_is_gone_and_was_overwritten(path: Path) -> None:
    write_record(path, RECORD, KEY.public_bytes)
    content = path.read_bytes()
    beside = path.with_name("second-name")
    beside.hardlink_to(path)  # the same bytes on the disk, still there to be looked at
    erase_file(path)
    assert not path.exists() and beside.read_bytes() != content
    assert len(beside.read_bytes()) == len(content) and content[20:60] not in beside.read_bytes()
    with pytest.raises(ConsentError, match="no consent record"):
        read_record(path, KEY)
    with pytest.raises(ConsentError, match="may be erased already"):
        erase_file(path)


def test_record_opens_with_the_key_that_was_replaced_and_is_written_for_the_new_one(path: Path) -> None:
    write_record(path, RECORD, KEY.public_bytes)
    rotated = OTHER.after([KEY])
    assert read_record(path, rotated) == RECORD
    write_record(path, RECORD, rotated.public_bytes)
    assert read_record(path, OTHER) == RECORD
    with pytest.raises(
        ConfigurationError, match=r"former_keys of the Signer block, or to a command in FEDERATED_FORMER"
    ):
        read_record(path, KEY)
