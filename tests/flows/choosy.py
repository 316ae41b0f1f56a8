"""A store that does not give everything, in the words of an outage or of a refusal."""

from collections.abc import Iterator
from typing import Any


class Choosy:
    """A store that gives some of what is asked for, and says of the rest whatever comes to its mind."""

    def __init__(self, store: Any, hidden: set[str], error: Exception) -> None:
        self._store, self._hidden, self._error = store, hidden, error

    def get(self, uri: str, limit_bytes: int) -> Iterator[bytes]:
        if uri in self._hidden:
            raise self._error
        found: Iterator[bytes] = self._store.get(uri, limit_bytes)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
