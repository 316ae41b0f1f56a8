"""Row tags of any number of rows in order, in bounded memory: buckets by first byte on disk, sorted one at a time.

tags, any order --first byte--> 256 files --read, sort--> tags in ascending order
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from prefect_federated.core.dataset import sort_tags
from prefect_federated.core.sha256 import Bytes

BUCKETS = 256


class TagSpill:
    """Collects salted tags; they say nothing about a row without the dataset's secret."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="federated-tags-")

    def __enter__(self) -> "TagSpill":
        """Use the folder."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def add(self, tags: Bytes) -> None:
        """Put tags into their buckets, uint8 [n, 32]."""
        order = np.argsort(tags[:, 0], kind="stable")
        grouped, counts = tags[order], np.bincount(tags[:, 0], minlength=BUCKETS)
        for bucket, group in enumerate(np.split(grouped, np.cumsum(counts)[:-1])):
            if len(group):
                with self._path(bucket).open("ab") as file:
                    file.write(group.tobytes())

    def sorted(self) -> Iterator[Bytes]:
        """All tags in ascending order, a bucket at a time."""
        for bucket in range(BUCKETS):
            if self._path(bucket).exists():
                yield sort_tags(np.frombuffer(self._path(bucket).read_bytes(), np.uint8).reshape(-1, 32))

    def _path(self, bucket: int) -> Path:
        return Path(self._folder.name) / str(bucket)
