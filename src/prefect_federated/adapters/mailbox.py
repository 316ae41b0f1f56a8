"""A mailbox: where participants leave letters for relayers. Anybody may leave anything, so what is read is checked.

root/<chain>-<coordinator>/<task>/<round>/commit|opening|inclusion|receipt|release|sound/<SHA-256>.json
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from prefect_federated.core.errors import PayloadTooLarge, StoreUnreachable
from prefect_federated.core.letters import LETTER_BYTES

MOST = 20_000  # files looked at in one place: twice the largest cohort
_LETTER = re.compile(r"[0-9a-f]{64}\.json")


@dataclass(frozen=True, slots=True)
class Post:
    """What lay in one place: letters as they were left, and in a sentence each what was no letter."""

    letters: tuple[bytes, ...]
    ignored: tuple[str, ...]


class Mailbox(Protocol):
    """Letters by place. Nothing in it is secret or trusted: a letter counts for what it proves by itself."""

    def leave(self, place: str, letter: bytes) -> None:
        """Leave a letter; leaving it again changes nothing.

        Raises:
            StoreUnreachable: the mailbox cannot be written to.
        """
        ...

    def read(self, place: str) -> Post:
        """All letters of a place, in the order of their hashes.

        Raises:
            StoreUnreachable: the mailbox cannot be read.
        """
        ...


class FolderMailbox:
    """A mailbox in a folder that participants and relayers share.

    Args:
        root: folder, made with the first letter.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def leave(self, place: str, letter: bytes) -> None:
        """Write a letter beside its later place and rename it, so that nobody reads half of it.

        Raises:
            PayloadTooLarge: no relayer would read it.
            StoreUnreachable: the folder cannot be written to.
        """
        if len(letter) > LETTER_BYTES:
            raise PayloadTooLarge(f"the letter has {len(letter)} bytes, relayers read {LETTER_BYTES}; send it directly")
        target = self.root / place / f"{hashlib.sha256(letter).hexdigest()}.json"
        with self._reported("write to"):
            if target.exists():
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = target.with_name(f".writing-{uuid4().hex}")
            fresh.write_bytes(letter)
            fresh.replace(target)

    def read(self, place: str) -> Post:
        """Read the files that are named by their hash; anything else is named and left alone."""
        letters, ignored = [], []
        with self._reported("read"):
            names = sorted(islice(self._names(place), MOST))
            for name in names:
                letter = self._letter(self.root / place / name)
                if letter is None:
                    ignored.append(
                        f"{place}/{name} is no letter: not a file of at most {LETTER_BYTES} bytes with its hash"
                    )
                else:
                    letters.append(letter)
        if len(names) == MOST:
            ignored.append(f"{place} holds {MOST} files or more; the rest was not looked at")
        return Post(tuple(letters), tuple(ignored))

    def _names(self, place: str) -> Iterator[str]:
        folder = self.root / place
        if folder.is_dir():
            with os.scandir(folder) as entries:
                yield from (entry.name for entry in entries if not entry.name.startswith(".writing-"))

    def _letter(self, path: Path) -> bytes | None:
        if not _LETTER.fullmatch(path.name) or path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            content = file.read(LETTER_BYTES + 1)
        right = len(content) <= LETTER_BYTES and hashlib.sha256(content).hexdigest() == path.stem
        return content if right else None

    @contextlib.contextmanager
    def _reported(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as cause:
            raise StoreUnreachable(
                f"could not {verb} the mailbox {self.root}: {cause.strerror or cause}; check the folder and its owner"
            ) from cause


def place_of(chain_id: int, coordinator: str, task: int, round: int, kind: str) -> str:
    """Where letters of a round lie; `kind` is "commit", "opening", "inclusion" and so on.

    >>> place_of(31337, "0xAB", 1, 3, "commit")
    '31337-0xab/1/3/commit'
    """
    return f"{chain_id}-{coordinator.lower()}/{task}/{round}/{kind}"
