"""Files sealed at rest: read from anywhere, refused where a byte was changed, plain nowhere on the disk."""

import io
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefect_federated.adapters.rest_keys import LocalRestKey
from prefect_federated.adapters.sealed_file import (
    header_of,
    open_file,
    open_sealed,
    rewrap_file,
    seal_file,
    seal_pieces,
)
from prefect_federated.core.at_rest import MAGIC, Use
from prefect_federated.core.errors import ConfigurationError, KeyUnavailable, Undecryptable
from prefect_federated.core.sealing import PREFIX_BYTES, SEGMENT_BYTES, TAG_BYTES

KEY, OTHER = LocalRestKey("the ward's", b"\x01" * 32), LocalRestKey("another", b"\x02" * 32)
SENTINEL = b"subject-4711-lies-in-plain"
CONTENT = (SENTINEL + bytes(range(256)) * 40) * 20  # three segments and a bit


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    (tmp_path / "ward").write_bytes(CONTENT)
    seal_file(tmp_path / "ward", tmp_path / "ward.sealed", KEY, Use.DATA)
    (tmp_path / "ward").unlink()
    return tmp_path / "ward.sealed"


def body_at(path: Path) -> int:
    """Where the first segment starts."""
    return len(header_of(path).to_bytes()) + PREFIX_BYTES


def bend(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("size", [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 2 * SEGMENT_BYTES])
def test_content_of_any_length_comes_back(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "plain").write_bytes(content)
    seal_file(tmp_path / "plain", tmp_path / "sealed", KEY, Use.DATA)
    with open_sealed(tmp_path / "sealed", KEY, Use.DATA) as file:
        assert file.read() == content and file.seek(0, io.SEEK_END) == size
    assert stat.S_IMODE((tmp_path / "sealed").stat().st_mode) == 0o600
    open_file(tmp_path / "sealed", tmp_path / "again", KEY, Use.DATA)
    assert (tmp_path / "again").read_bytes() == content


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(CONTENT) + 9), st.integers(0, 2 * SEGMENT_BYTES)), max_size=6))
def test_any_part_reads_as_it_would_from_the_plain_file(
    tmp_path_factory: pytest.TempPathFactory, reads: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    (folder / "ward").write_bytes(CONTENT)
    seal_file(folder / "ward", folder / "ward.sealed", KEY, Use.DATA)
    with open_sealed(folder / "ward.sealed", KEY, Use.DATA) as file:
        for at, count in reads:
            file.seek(at)
            assert file.read(count) == CONTENT[at : at + count]


def test_nothing_of_the_content_is_readable_in_the_folder(sealed: Path) -> None:
    with open_sealed(sealed, KEY, Use.DATA) as file:
        assert SENTINEL in file.read()
    assert not [path.name for path in sealed.parent.iterdir() if SENTINEL in path.read_bytes()]
    assert list(sealed.parent.iterdir()) == [sealed], "and nothing else was left there"


def test_every_altered_segment_is_refused_when_it_is_read(sealed: Path) -> None:
    start = body_at(sealed)
    whole = sealed.read_bytes()
    for number in range(-(-(len(whole) - start) // (SEGMENT_BYTES + TAG_BYTES))):
        bend(sealed, start + number * (SEGMENT_BYTES + TAG_BYTES) + 7)
        with pytest.raises(Undecryptable, match=rf"was altered, cut or extended: segment {number} "):
            open_sealed(sealed, KEY, Use.DATA).read()
        sealed.write_bytes(whole)


@pytest.mark.parametrize("cut", [-1, -(SEGMENT_BYTES + TAG_BYTES), None])
def test_cut_off_at_a_segment_or_within_one_it_is_refused_before_a_byte_is_told(sealed: Path, cut: int | None) -> None:
    start, whole = body_at(sealed), sealed.read_bytes()
    second = start + SEGMENT_BYTES + TAG_BYTES
    sealed.write_bytes(whole[:second] if cut is None else whole[:cut])
    with pytest.raises(Undecryptable, match="altered, cut or extended"):
        open_sealed(sealed, KEY, Use.DATA)
    sealed.write_bytes(whole + b"x")
    with pytest.raises(Undecryptable, match="altered, cut or extended"):
        open_sealed(sealed, KEY, Use.DATA)


def test_swapped_segments_are_refused(sealed: Path) -> None:
    start, size, whole = body_at(sealed), SEGMENT_BYTES + TAG_BYTES, sealed.read_bytes()
    first, second = whole[start : start + size], whole[start + size : start + 2 * size]
    sealed.write_bytes(whole[:start] + second + first + whole[start + 2 * size :])
    with pytest.raises(Undecryptable, match="segment 0"):
        open_sealed(sealed, KEY, Use.DATA).read()


def test_a_header_says_for_what_it_is_and_cannot_be_made_to_say_otherwise(sealed: Path) -> None:
    assert header_of(sealed).use is Use.DATA and header_of(sealed).wrapped.under == KEY.fingerprint
    with pytest.raises(ConfigurationError, match="is sealed as 'data', it is read as 'sealing key'"):
        open_sealed(sealed, KEY, Use.SEALING_KEY)
    with pytest.raises(KeyUnavailable, match=rf"{sealed.name}: sealed under key {KEY.fingerprint}"):
        open_sealed(sealed, OTHER, Use.DATA)
    content = sealed.read_bytes()
    head = content[: body_at(sealed) - PREFIX_BYTES]
    longer = head.replace(b'"data"', b'"sealing key"')
    size = int.from_bytes(head[20:24], "big") + len(longer) - len(head)
    sealed.write_bytes(longer[:20] + size.to_bytes(4, "big") + longer[24:] + content[len(head) :])
    with pytest.raises(Undecryptable, match="as 'sealing key': it was altered, or sealed for another use"):
        open_sealed(sealed, KEY, Use.SEALING_KEY)


@pytest.mark.parametrize(
    "content",
    [b"", b"subject,age\n", MAGIC, MAGIC + b"\0\0\0\2{]", MAGIC + b"\0\0\x40\0" + b"[" * 2**14],
    ids=["empty", "plain", "cut", "malformed", "nested"],
)
def test_what_is_not_sealed_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"odd\.csv"):
        open_sealed(tmp_path / "odd.csv", KEY, Use.DATA)
    with pytest.raises(ConfigurationError, match=r"none\.csv cannot be read"):
        open_sealed(tmp_path / "none.csv", KEY, Use.DATA)


def test_nothing_is_overwritten_and_nothing_is_sealed_twice(sealed: Path) -> None:
    (sealed.parent / "other").write_bytes(b"x")
    with pytest.raises(ConfigurationError, match="exists and is not overwritten"):
        seal_file(sealed.parent / "other", sealed, KEY, Use.DATA)
    with pytest.raises(ConfigurationError, match="sealed at rest already"):
        seal_file(sealed, sealed.parent / "twice", KEY, Use.DATA)
    with open_sealed(sealed, KEY, Use.DATA) as file:
        assert file.read() == CONTENT


def test_another_key_opens_it_after_a_rewrap_and_the_old_one_no_more(sealed: Path) -> None:
    body = sealed.read_bytes()[body_at(sealed) :]
    rewrap_file(sealed, KEY, OTHER)
    assert sealed.read_bytes()[body_at(sealed) :] == body, "the body is as it was"
    with open_sealed(sealed, OTHER, Use.DATA) as file:
        assert file.read() == CONTENT
    with pytest.raises(KeyUnavailable):
        open_sealed(sealed, KEY, Use.DATA)
    with pytest.raises(KeyUnavailable):
        rewrap_file(sealed, KEY, KEY)
    assert list(sealed.parent.iterdir()) == [sealed]


def test_an_interrupted_writer_leaves_no_file_that_looks_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ward").write_bytes(CONTENT)

    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seal_file(tmp_path / "ward", tmp_path / "ward.sealed", KEY, Use.DATA)
    assert [path.name for path in tmp_path.iterdir()] == ["ward"]


def test_what_the_disk_refuses_is_said_in_a_sentence_and_nothing_is_left(sealed: Path) -> None:
    nowhere, beside = sealed.parent / "no folder" / "ward", sealed.with_name(f"{sealed.name}.{os.getpid()}.new")
    with pytest.raises(ConfigurationError, match=r"ward.sealed cannot be opened into .*: No such file or directory"):
        open_file(sealed, nowhere, KEY, Use.DATA)
    with pytest.raises(ConfigurationError, match=r"nothing can be sealed into .*: No such file or directory"):
        seal_pieces(iter([SENTINEL]), nowhere, KEY, Use.DATA)
    before = sealed.read_bytes()
    beside.mkdir()
    with pytest.raises(ConfigurationError, match=r"ward.sealed cannot be written anew: Is a directory"):
        rewrap_file(sealed, KEY, OTHER)
    assert sealed.read_bytes() == before
