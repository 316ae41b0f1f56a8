"""Reads of a chain that stands still: the same question is asked once, and many questions in one message.

with chain.still(): every eth_call, log and block that is read is kept until the block ends

For whoever reads much and sends nothing meanwhile, such as many simulated participants on one connection. Answers are
those of the moment they were first asked for.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KEPT = frozenset({"eth_call", "eth_getLogs", "eth_getBlockByNumber", "eth_blockNumber"})


class StillReads:
    """What was read of a chain while it is held for standing still; threads may share it."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._lock, self._holders = threading.Lock(), 0
        self._kept: dict[str, Any] | None = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep answers until the last of those who hold it is done."""
        with self._lock:
            self._holders += 1
            self._kept = {} if self._kept is None else self._kept
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders:
                    self._kept = None

    def recall(self, method: str, params: Any) -> Any | None:
        """The answer that is kept, or None."""
        kept = self._kept
        return None if kept is None or method not in KEPT else kept.get(_key(method, params))

    def keep(self, method: str, params: Any, answer: Any) -> None:
        """Keep an answer, unless it is an error or nobody holds still."""
        kept = self._kept
        if kept is not None and method in KEPT and isinstance(answer, dict) and answer.get("result") is not None:
            kept[_key(method, params)] = answer


def _key(method: str, params: Any) -> str:
    return method + json.dumps(params, sort_keys=True)
