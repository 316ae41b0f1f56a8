"""Counts-only reports of earlier checks on disk, so that a new process does not check again what has not changed.

what was asked --canonical JSON, SHA-256--> file name;   answer + HMAC under the silo's key --verified--> answer or None

A file that was edited, moved or written without the silo's key is taken for none: the check runs again and replaces it.
"""

import hmac
import json
import os
from pathlib import Path
from typing import Any

from prefect_federated.adapters.party import Party
from prefect_federated.core.canonical import canonical, canonical_hash

TAG_BYTES = 32


def cache_key(party: Party) -> bytes:
    """The key of a silo's reports, from its sealing key."""
    return hmac.digest(party.sealing_key.private_bytes, b"prefect-federated/1 check reports", "sha256")


class ReportCache:
    """Small JSON documents by what they answer; nothing in them comes from a row but counts and digests."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """Name the folder, made with the first entry, and the silo's key, 32 bytes."""
        self._folder, self._key = folder, key

    def recall(self, asked: Any) -> Any | None:
        """The answer that was kept for these JSON values, or None."""
        name = canonical_hash(asked)
        try:
            content = (self._folder / name.hex()).read_bytes()
        except OSError:
            return None
        tag, body = content[:TAG_BYTES], content[TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(name, body)):
            return None
        return json.loads(body)

    def keep(self, asked: Any, answer: Any) -> None:
        """Keep an answer; another process may do the same at the same time."""
        name, body = canonical_hash(asked), canonical(answer)
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{name.hex()}.{os.getpid()}"
        fresh.write_bytes(self._tag(name, body) + body)
        fresh.replace(self._folder / name.hex())

    def _tag(self, name: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key, name + body, "sha256")
