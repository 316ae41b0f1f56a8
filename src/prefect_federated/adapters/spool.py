"""Spool: the verified payloads of a round beside the memory, in one nameless file that this process alone can read.

pieces --as many bytes in all as memory may hold--> bytes        pieces --beyond--> AES-CTR --> file --slice--> bytes
"""

import contextlib
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from prefect_federated.core.errors import SpoolFailed
from prefect_federated.core.stream import Stream

MEMORY_BYTES = 64 * 2**20
_BLOCK_BYTES = 16  # of AES


class Spool:
    """Keeps streams for as long as one of them is used; then the file is gone, as it is when the process dies.

    What was sealed for this reader does not lie open on its disk: the file is encrypted under a key that is never
    written. It is not authenticated: whoever can change another process's nameless file can change its memory too.

    Args:
        memory_bytes: streams stay in memory while they have no more bytes in all.
        folder: where the file lies; else `TMPDIR`, else `/var/tmp`, which is a disk where `/tmp` is memory.
    """

    def __init__(self, memory_bytes: int = MEMORY_BYTES, folder: Path | None = None) -> None:
        self._room, self._folder = memory_bytes, folder
        self._key = os.urandom(32)
        self._end = 0  # of the file; no byte is written twice, so that no keystream is used twice

    def keep(self, pieces: Iterable[bytes], most_bytes: int) -> Stream:
        """All pieces as one stream.

        Args:
            pieces: what they raise is passed on, and nothing of them is kept.
            most_bytes: how many bytes they have at most; decides where they are kept.

        Raises:
            SpoolFailed: the disk is full, or cannot be written.
        """
        if most_bytes <= self._room:
            self._room -= most_bytes
            return in_memory(pieces)
        start, encryptor = self._end, self._cipher(self._end)
        for piece in pieces:
            self._append(encryptor.update(piece))
        return _Spooled(self, start, self._end - start)

    def read(self, start: int, stop: int) -> bytes:
        """Bytes of the file, decrypted.

        Raises:
            SpoolFailed: the disk cannot be read.
        """
        sealed, at = bytearray(stop - start), start
        with self._reported("read from"):
            while at < stop:
                count = os.preadv(self._file.fileno(), [memoryview(sealed)[at - start :]], at)
                if not count:
                    raise EOFError(f"it ends at {at}, {stop} were written")
                at += count
        return self._cipher(start).update(sealed)

    @cached_property
    def _file(self) -> BinaryIO:
        file = tempfile.TemporaryFile(dir=self._folder or _folder(), buffering=0)  # noqa: SIM115 (closed with the spool)
        weakref.finalize(self, file.close)
        return file

    def _append(self, sealed: bytes) -> None:
        left = memoryview(sealed)
        with self._reported("write to"):
            while left:
                count = os.pwrite(self._file.fileno(), left, self._end)
                self._end, left = self._end + count, left[count:]

    def _cipher(self, at: int) -> CipherContext:
        """The keystream from a byte of the file on; XOR, so that it opens what it sealed."""
        block, skipped = divmod(at, _BLOCK_BYTES)
        cipher = Cipher(AES(self._key), CTR(block.to_bytes(_BLOCK_BYTES, "big"))).encryptor()
        cipher.update(bytes(skipped))
        return cipher

    @contextlib.contextmanager
    def _reported(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError) as cause:
            raise SpoolFailed(
                f"could not {verb} the file beside the memory in {self._folder or _folder()}, {self._end} bytes so far:"
                f" {cause}; make room there, or name another folder with TMPDIR"
            ) from cause


@dataclass(frozen=True, slots=True)
class _Spooled:
    """A stream in the file; it keeps its spool."""

    spool: Spool
    start: int
    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, at: slice, /) -> bytes:
        first, end, _ = at.indices(self.size)
        return self.spool.read(self.start + first, self.start + max(first, end))


def in_memory(pieces: Iterable[bytes], most_bytes: int = 0) -> bytes:
    """All pieces as one, however many; a join would first hold all of them beside it."""
    held = BytesIO()
    held.writelines(pieces)
    return held.getvalue()


def _folder() -> str:
    disk = "/var/tmp"
    return disk if "TMPDIR" not in os.environ and os.access(disk, os.W_OK) else tempfile.gettempdir()
