"""A mailbox that anybody may write to: letters come back as they were left, all else is named and ignored."""

import hashlib
import os
from pathlib import Path

import pytest

from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.core.errors import PayloadTooLarge, StoreUnreachable
from prefect_federated.core.letters import LETTER_BYTES

PLACE = place_of(31337, "0xAb", 1, 2, "commit")


@pytest.fixture
def mailbox(tmp_path: Path) -> FolderMailbox:
    return FolderMailbox(tmp_path / "mailbox")


def drop(mailbox: FolderMailbox, name: str, content: bytes) -> Path:
    """A file that somebody put there by hand."""
    path = mailbox.root / PLACE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def named(content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()}.json"


def test_letters_come_back_from_their_place_alone_and_once(mailbox: FolderMailbox) -> None:
    assert mailbox.read(PLACE).letters == ()
    for letter in (b"one", b"two", b"one"):
        mailbox.leave(PLACE, letter)
    mailbox.leave(place_of(31337, "0xAb", 1, 3, "commit"), b"another round's")
    post = mailbox.read(PLACE)
    assert sorted(post.letters) == [b"one", b"two"]
    assert post.ignored == ()


def test_letter_under_a_false_name_is_ignored_and_named(mailbox: FolderMailbox) -> None:
    mailbox.leave(PLACE, b"good")
    drop(mailbox, named(b"other"), b"overwritten")
    drop(mailbox, "readme.txt", b"hello")
    post = mailbox.read(PLACE)
    assert post.letters == (b"good",)
    assert [sentence.split(" is no letter")[0] for sentence in post.ignored] == [
        f"{PLACE}/{named(b'other')}",
        f"{PLACE}/readme.txt",
    ]


def test_letter_beyond_the_cap_is_neither_left_nor_read(mailbox: FolderMailbox) -> None:
    long = bytes(LETTER_BYTES + 1)
    with pytest.raises(PayloadTooLarge, match="send it directly"):
        mailbox.leave(PLACE, long)
    drop(mailbox, named(long), long)
    assert mailbox.read(PLACE).letters == () and len(mailbox.read(PLACE).ignored) == 1
    mailbox.leave(PLACE, long[1:])
    assert mailbox.read(PLACE).letters == (long[1:],)


def test_links_and_folders_are_not_followed(mailbox: FolderMailbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    drop(mailbox, "x", b"").unlink()
    (mailbox.root / PLACE / named(b"secret")).symlink_to(secret)
    (mailbox.root / PLACE / named(b"folder")).mkdir()
    os.mkfifo(mailbox.root / PLACE / named(b"pipe"))
    post = mailbox.read(PLACE)
    assert post.letters == () and len(post.ignored) == 3


def test_flood_is_read_up_to_a_limit_and_said(mailbox: FolderMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefect_federated.adapters.mailbox.MOST", 5)
    for number in range(9):
        mailbox.leave(PLACE, b"%d" % number)
    post = mailbox.read(PLACE)
    assert len(post.letters) == 5
    assert "holds 5 files or more" in post.ignored[-1]


def test_half_written_letter_is_not_seen(mailbox: FolderMailbox) -> None:
    drop(mailbox, ".writing-1", b"ha")
    assert mailbox.read(PLACE) == FolderMailbox(mailbox.root / "empty").read(PLACE)


def test_mailbox_that_is_no_folder_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnreachable, match="mailbox"):
        FolderMailbox(tmp_path / "file").leave(PLACE, b"letter")
