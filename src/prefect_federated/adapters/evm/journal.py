"""The outbox's memory on disk: what was signed, under a lock that processes share.

<folder>/<chain>-<genesis>-<account>/pending/<intent>.json --mined--> done/<intent>.json
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from prefect_federated.adapters.durable import sync_folder


class State(StrEnum):
    """What is known of an entry's transaction."""

    SIGNED = "signed"  # may be anywhere between this disk and a block
    MINED = "mined"
    REVERTED = "reverted"
    REFUSED = "refused"  # a node would not have it


@dataclass(frozen=True, slots=True)
class Content:
    """What a transaction is to do, without the account's circumstances."""

    to: str | None
    value: int
    data: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signature under an entry's nonce; a later one pays more."""

    hash: str
    raw: str
    fees: dict[str, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One intent and all that was signed for it. All attempts share the nonce, so at most one is mined."""

    intent: str
    content: Content
    nonce: int
    gas: int
    attempts: tuple[Attempt, ...]
    state: State = State.SIGNED

    def bumped(self, attempt: Attempt) -> "Entry":
        """The entry with one more attempt."""
        return replace(self, attempts=(*self.attempts, attempt))


class Journal:
    """Entries of one account on one chain; a chain is told apart by id and genesis, so a reset devnet is a new one."""

    def __init__(self, folder: Path, chain_id: int, genesis: str, account: str) -> None:
        """Open or make the folder; `fresh` says which."""
        self.folder = folder / f"{chain_id}-{genesis[2:10]}-{account[2:].lower()}"
        self.fresh = not self.folder.exists()
        for name in ("pending", "done"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the account: nonces are given out to one thread of one process at a time."""
        handle = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def load(self, intent: str) -> Entry | None:
        """The entry of an intent, wherever it stands."""
        for name in ("pending", "done"):
            with contextlib.suppress(FileNotFoundError):
                return _read(self.folder / name / _file(intent))
        return None

    def save(self, entry: Entry) -> None:
        """Store an entry; a signed one is on the disk for good when this returns.

        A crash between the two steps of settling leaves both files: `load` then sees the pending one and asks
        the chain again.
        """
        signed = entry.state is State.SIGNED
        folder, other = ("pending", "done") if signed else ("done", "pending")
        path = self.folder / folder / _file(entry.intent)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        with temporary.open("w") as file:
            json.dump(asdict(entry), file)
            if signed:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
        if signed:
            sync_folder(path.parent)
        (self.folder / other / _file(entry.intent)).unlink(missing_ok=True)

    def pending(self) -> list[Entry]:
        """Entries whose end is not known yet, by nonce."""
        return self._entries("pending")

    def with_nonce(self, nonce: int) -> list[Entry]:
        """Everything that was ever signed under a nonce and not refused."""
        everything = self._entries("pending") + self._entries("done")
        return [entry for entry in everything if entry.nonce == nonce and entry.state is not State.REFUSED]

    def _entries(self, name: str) -> list[Entry]:
        found = []
        for path in (self.folder / name).glob("*.json"):
            with contextlib.suppress(FileNotFoundError):  # settled by another process meanwhile
                found.append(_read(path))
        return sorted(found, key=lambda entry: entry.nonce)


def _read(path: Path) -> Entry:
    raw: dict[str, Any] = json.loads(path.read_text())
    return Entry(
        intent=raw["intent"],
        content=Content(**raw["content"]),
        nonce=raw["nonce"],
        gas=raw["gas"],
        attempts=tuple(Attempt(**attempt) for attempt in raw["attempts"]),
        state=State(raw["state"]),
    )


def _file(intent: str) -> str:
    return hashlib.sha256(intent.encode()).hexdigest()[:40] + ".json"
