"""LocalStore: a folder as a content store, for one machine or a shared file system.

root/sha256/ab/abcd...    written beside, fsynced, renamed
root/links/<name>         written beside, hard-linked: the first one wins, and nobody sees half of it
"""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

from prefect_federated.adapters.durable import sync_folder
from prefect_federated.adapters.stores.naming import segment
from prefect_federated.adapters.stores.verified import CHUNK_BYTES, Sha256, regrouped, require_within, verified
from prefect_federated.core.errors import ConfigurationError, ContentMissing, StoreUnreachable

_URI = re.compile(r"cas://sha256/([0-9a-f]{64})")


class LocalStore:
    """Content in files; URIs are `cas://sha256/<hex>` and name no machine.

    Args:
        root: folder, made with the first write.
        durable: False does not wait for the disk: a power cut may take the last writes, nothing else does.
    """

    scheme = "cas"

    def __init__(self, root: str | os.PathLike[str], durable: bool = True) -> None:
        self.root, self.durable = Path(root), durable

    def put(self, chunks: Iterable[bytes]) -> str:
        """Store a stream; a damaged copy from before is replaced."""
        fingerprint = Sha256()

        def content() -> Iterator[bytes]:
            for chunk in regrouped(chunks):
                fingerprint.update(chunk)
                yield chunk

        with self._reported("write to"), self._written(self.root / "sha256", content()) as written:
            uri = f"cas://sha256/{fingerprint.text()}"
            target = self._path(uri)
            target.parent.mkdir(exist_ok=True)
            written.replace(target)
            self._sync(target.parent)
        return uri

    def get(self, uri: str, limit_bytes: int) -> Iterator[bytes]:
        """Stream a file and compare its hash with the URI's at the end."""
        path = self._path(uri)
        return verified(self._read(path, uri, limit_bytes), Sha256(), path.name, uri, limit_bytes)

    def link(self, name: str, uri: str) -> str:
        """Name a URI once."""
        self._path(uri)  # refuses the URIs of other stores
        standing = self.resolve(name)
        if standing is not None:
            return standing
        target = self.root / "links" / segment(name)
        with self._reported("write to"), self._written(target.parent, [uri.encode()]) as written:
            with contextlib.suppress(FileExistsError):
                target.hardlink_to(written)  # unlike a rename it fails where the name is taken
            self._sync(target.parent)
        return self.resolve(name) or uri

    def resolve(self, name: str) -> str | None:
        """The URI that a name stands for, or None."""
        path = self.root / "links" / segment(name)
        with self._reported("read"):
            try:
                uri = path.read_bytes().decode("ascii", "replace")
            except FileNotFoundError:
                return None
        self._path(uri)  # a damaged link must not pass for a URI
        return uri

    def exists(self, uri: str) -> bool:
        """Tell whether the file is there; its content is not checked."""
        return self._path(uri).is_file()

    def _path(self, uri: str) -> Path:
        match = _URI.fullmatch(uri)
        if match is None:
            raise ConfigurationError(
                f"{uri!r} is no content of a local store (cas://sha256/<hex>); open the store that it names"
            )
        return self.root / "sha256" / match[1][:2] / match[1]

    def _read(self, path: Path, uri: str, limit_bytes: int) -> Iterator[bytes]:
        with self._reported("read"):
            try:
                file = path.open("rb")
            except FileNotFoundError as cause:
                raise ContentMissing(
                    f"{uri} is not in {self.root}; ask its author to store it again, or check the folder"
                ) from cause
            with file:
                require_within(os.fstat(file.fileno()).st_size, limit_bytes, uri)
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk

    @contextlib.contextmanager
    def _written(self, folder: Path, chunks: Iterable[bytes]) -> Iterator[Path]:
        """A durable file beside its later place; whatever is left of it goes at the end."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f".writing-{uuid4().hex}"
        try:
            with path.open("xb") as file:
                file.writelines(chunks)
                file.flush()
                if self.durable:
                    os.fsync(file.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _sync(self, folder: Path) -> None:
        if self.durable:
            sync_folder(folder)

    def _reported(self, verb: str) -> AbstractContextManager[None]:
        return _reported(verb, self.root)


@contextlib.contextmanager
def _reported(verb: str, root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise StoreUnreachable(
            f"could not {verb} the local store {root}: {cause.strerror or cause}; check that the folder"
            " exists, belongs to this user and has room"
        ) from cause
