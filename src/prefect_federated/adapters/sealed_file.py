"""Files sealed at rest: written as a stream, read as a stream or from anywhere, plain in memory alone.

plain file --seal_file--> header, body        sealed file --open_sealed--> a file object that decrypts what is read
sealed file --rewrap_file--> another header, the same body
"""

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from prefect_federated.core.at_rest import MAGIC, START_BYTES, Header, RestKey, Use, header_length, parse_header
from prefect_federated.core.errors import ConfigurationError, FederatedError, Undecryptable
from prefect_federated.core.sealing import (
    ATTEMPT_BYTES,
    PREFIX_BYTES,
    SEGMENT_BYTES,
    TAG_BYTES,
    open_segment,
    seal_stream,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ENDING = ".sealed"
PIECE_BYTES = 1 << 20
_SEALED_BYTES = SEGMENT_BYTES + TAG_BYTES


def is_sealed(path: Path) -> bool:
    """Whether a file says that it is sealed at rest; False where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def seal_file(source: Path, target: Path, key: RestKey, use: Use) -> None:
    """Encrypt a file into another, readable by its owner alone; one segment is in memory at a time.

    Raises:
        ConfigurationError: the source cannot be read or is sealed already, or the target exists.
        KeyUnavailable, KeyServiceUnreachable: the key cannot be used.
    """
    if is_sealed(source):
        raise ConfigurationError(f"{source} is sealed at rest already; nothing was written")
    with _on_disk(f"{source} cannot be sealed into {target}"), source.open("rb") as file:
        seal_pieces(iter(lambda: file.read(PIECE_BYTES), b""), target, key, use)


def seal_pieces(pieces: Iterator[bytes], target: Path, key: RestKey, use: Use) -> None:
    """Encrypt bytes into a new file.

    Raises:
        ConfigurationError: there is a file of that name already, or it cannot be written.
        KeyUnavailable, KeyServiceUnreachable: the key cannot be used.
    """
    data_key, wrapped = key.draw(use)
    with _on_disk(f"nothing can be sealed into {target}"), _replacing(target, new=True) as file:
        file.write(Header(use, wrapped).to_bytes())
        file.writelines(seal_stream(pieces, data_key, os.urandom(ATTEMPT_BYTES)))


def open_sealed(path: Path, key: RestKey, use: Use) -> BinaryIO:
    """A file object over the plain bytes: what is read is decrypted, and nothing else.

    A segment that was altered, moved, cut off or put on is refused when it is read; the last one is looked at first.

    Raises:
        ConfigurationError: it is missing, not sealed at rest, or sealed for another use.
        Undecryptable: it was altered.
        KeyUnavailable, KeyServiceUnreachable: the key cannot be used, or is not the one it was sealed under.
    """
    file = _open(path)
    try:
        header = _header(file, path)
        return io.BufferedReader(_Plain(file, _data_key(header, key, use, path), path), SEGMENT_BYTES)
    except BaseException:
        file.close()
        raise


def open_file(source: Path, target: Path, key: RestKey, use: Use) -> None:
    """Write the plain bytes into a new file, readable by its owner alone.

    Raises:
        ConfigurationError, KeyUnavailable, KeyServiceUnreachable, Undecryptable: as `open_sealed`, or there is a file
            of that name, or it cannot be written; nothing is left.
    """
    refused = f"{source} cannot be opened into {target}"
    with open_sealed(source, key, use) as file, _on_disk(refused), _replacing(target, new=True) as plain:
        shutil.copyfileobj(file, plain, PIECE_BYTES)


def header_of(path: Path) -> Header:
    """The head of a sealed file, as it says itself.

    Raises:
        ConfigurationError: it is missing, or none.
    """
    with _open(path) as file:
        return _header(file, path)


def rewrap_file(path: Path, old: RestKey, new: RestKey) -> None:
    """Put a sealed file under another key; its body is copied as it is, and the file replaced as a whole.

    Raises:
        ConfigurationError, KeyUnavailable, KeyServiceUnreachable, Undecryptable: as `open_sealed`, or the new file
            cannot be written beside it; nothing is changed.
    """
    with _open(path) as file:
        header = _header(file, path)
        data_key = _data_key(header, old, header.use, path)
        fresh = Header(header.use, new.wrap(data_key, header.use))
        if new.unwrap(fresh.wrapped, header.use) != data_key:
            raise ConfigurationError(f"{new.name} does not give back the key of {path}; nothing was changed")
        with _on_disk(f"{path} cannot be written anew"), _replacing(path, new=False) as target:
            target.write(fresh.to_bytes())
            shutil.copyfileobj(file, target, PIECE_BYTES)


class _Plain(io.RawIOBase):
    """The plain bytes of a body, a segment at a time; every segment is authenticated before a byte of it is told."""

    def __init__(self, file: IO[bytes], data_key: bytes, path: Path) -> None:
        self._file, self._key, self._path = file, data_key, path
        self._start = file.tell() + PREFIX_BYTES
        sealed = os.fstat(file.fileno()).st_size - self._start
        self._prefix = file.read(PREFIX_BYTES)
        self._last = max(-(-sealed // _SEALED_BYTES), 1) - 1
        self._held: tuple[int, bytes] = (-1, b"")
        self._size = self._last * SEGMENT_BYTES + len(self._segment(self._last))
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"position {base + offset} of {self._path}: a file starts at 0")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        number, skipped = divmod(self._at, SEGMENT_BYTES)
        if self._at >= self._size:
            return 0
        room = memoryview(buffer).cast("B")
        piece = self._segment(number)[skipped : skipped + len(room)]
        room[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _segment(self, number: int) -> bytes:
        if self._held[0] != number:
            self._file.seek(self._start + number * _SEALED_BYTES)
            sealed = self._file.read(_SEALED_BYTES)
            try:
                self._held = number, open_segment(number, number == self._last, sealed, self._key, self._prefix)
            except Undecryptable as error:
                raise Undecryptable(
                    f"{self._path} was altered, cut or extended: {error}; restore it from its backup"
                ) from error
        return self._held[1]


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}; check path and permissions") from error


def _header(file: IO[bytes], path: Path) -> Header:
    length = header_length(file.read(START_BYTES), str(path))
    return parse_header(file.read(length), str(path))


def _data_key(header: Header, key: RestKey, use: Use, path: Path) -> bytes:
    if header.use != use:
        raise ConfigurationError(
            f"{path} is sealed as {header.use.value!r}, it is read as {use.value!r}; name another file"
        )
    try:
        return key.unwrap(header.wrapped, use)
    except FederatedError as error:
        raise type(error)(f"{path}: {error}") from error


@contextmanager
def _on_disk(what: str) -> Iterator[None]:
    """Say in a sentence what the disk refused."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{what}: {error.strerror or error}; check paths, permissions and room") from error


@contextmanager
def _replacing(path: Path, new: bool) -> Iterator[IO[bytes]]:
    """A file that takes its place only when all of it is on the disk."""
    if new and path.exists():
        raise ConfigurationError(f"{path} exists and is not overwritten; name another file")
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
