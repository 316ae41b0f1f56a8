"""A silo's own documents in a content store, encrypted to the silo alone and found again by name.

put: plain --AES-256-GCM under HKDF(sealing key)--> store --create-once secret name--> the URI that stands
recall: this key's name, else that of each key it replaced

Names in the store are HMACs under the sealing key: who shares the store cannot take a name before its owner does. Who
stole a key before it was replaced could: so what belongs to a round is looked for under a former key only where that
key was still registered when the round opened (`holds`).
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.errors import PayloadTooLarge, Undecryptable

LIMIT_BYTES = 1 << 20
NONCE_BYTES = 12
SEALING_BYTES = NONCE_BYTES + 16


class Vault:
    """Small documents that only the holder of the sealing key can read."""

    def __init__(
        self, store: ContentStore, key: SealingKey, holds: Callable[[SealingKey, str], bool] = lambda _, __: True
    ) -> None:
        """Name store and key.

        Args:
            holds: whether a document of some name may lie under a key that was replaced.
        """
        self.key, self._store, self._holds = key, store, holds
        self._former = tuple(Vault(store, replace(one, former=())) for one in key.former)
        self._aead = AESGCM(_derived(key.private_bytes, b"vault"))
        self._naming_key = _derived(key.private_bytes, b"vault names")
        self._tagging_key = _derived(key.private_bytes, b"row tags")

    @property
    def each(self) -> "tuple[Vault, ...]":
        """A vault for each key, that of the current one first: for what is told apart by the key it lies under."""
        return (Vault(self._store, replace(self.key, former=())), *self._former)

    def keep(self, name: str, document: bytes) -> bytes:
        """Store a document under a name once; returns the document that stands, which may be an earlier one.

        Raises:
            PayloadTooLarge: it could not be read back.
        """
        if len(document) > LIMIT_BYTES - SEALING_BYTES:
            raise PayloadTooLarge(f"document {name} has {len(document)} bytes, a vault keeps {LIMIT_BYTES}; split it")
        if self._former and (standing := self.find(name)) is not None:
            return standing[0]
        nonce = os.urandom(NONCE_BYTES)
        uri = self._store.put([nonce + self._aead.encrypt(nonce, document, name.encode())])
        return self._read(name, self._store.link(self._place(name), uri))

    def recall(self, name: str) -> bytes | None:
        """The document kept under a name, or None.

        Raises:
            Undecryptable: it was kept under another sealing key, or altered.
        """
        found = self.find(name)
        return None if found is None else found[0]

    def find(self, name: str) -> tuple[bytes, SealingKey] | None:
        """The document kept under a name, with the key that it lies under; or None.

        Raises:
            Undecryptable: as `recall`.
        """
        uri = self._store.resolve(self._place(name))
        if uri is not None:
            return self._read(name, uri), self.key
        for vault in self._former:
            if self._holds(vault.key, name) and (found := vault.find(name)) is not None:
                return found
        return None

    def tag(self, subject: str) -> int:
        """64 bits by which this silo knows a subject again, and nobody without its sealing key."""
        return int.from_bytes(hmac.digest(self._tagging_key, subject.encode(), "sha256")[:8], "big")

    def _place(self, name: str) -> str:
        return "vault/" + hmac.digest(self._naming_key, name.encode(), "sha256").hex()

    def _read(self, name: str, uri: str) -> bytes:
        sealed = b"".join(self._store.get(uri, LIMIT_BYTES))
        try:
            return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError) as error:
            raise Undecryptable(
                f"document {name} at {uri} does not open under this silo's sealing key; use the key it was kept with"
            ) from error


def _derived(sealing_key: bytes, label: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=b"prefect-federated/1", info=label).derive(sealing_key)
