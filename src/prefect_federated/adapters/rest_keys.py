"""Rest keys that this machine holds: 32 bytes in an environment variable, or in a keystore with a password.

secret --HKDF--> AES-256-GCM key --wrap, bound to the use--> data keys        secret --HKDF--> its name in headers

`rest_key_of` reads the short addresses that commands take: env:NAME, keystore:FILE, kms:KEY?region=NAME&endpoint=URL
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prefect_federated.core.at_rest import RestKey, Use, WrappedKey
from prefect_federated.core.errors import ConfigurationError, KeyUnavailable, Undecryptable

KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class LocalRestKey:
    """A rest key in this process's memory."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """What headers call this key: 8 bytes that tell nothing of it."""
        return "local:" + self._derived(b"at rest, name")[:8].hex()

    def draw(self, use: Use) -> tuple[bytes, WrappedKey]:
        """A fresh data key."""
        data_key = os.urandom(KEY_BYTES)
        return data_key, self.wrap(data_key, use)

    def wrap(self, data_key: bytes, use: Use) -> WrappedKey:
        """Nonce and AES-256-GCM of the data key, the use as associated data."""
        nonce = os.urandom(NONCE_BYTES)
        return WrappedKey(self.fingerprint, nonce + self._aead.encrypt(nonce, data_key, _bound(use)))

    def unwrap(self, wrapped: WrappedKey, use: Use) -> bytes:
        """The data key.

        Raises:
            KeyUnavailable: another key wrapped it.
            Undecryptable: it was altered, or wrapped for another use.
        """
        if wrapped.under != self.fingerprint:
            raise KeyUnavailable(
                f"sealed under key {wrapped.under}, {self.name} holds {self.fingerprint}; name the key that it was"
                " sealed under, or have `federated at-rest rewrap` change it"
            )
        try:
            return self._aead.decrypt(wrapped.blob[:NONCE_BYTES], wrapped.blob[NONCE_BYTES:], _bound(use))
        except (InvalidTag, ValueError) as error:
            raise Undecryptable(
                f"its key does not open under {self.name} ({self.fingerprint}) as {use.value!r}: it was altered, or"
                " sealed for another use; restore it from its backup"
            ) from error

    @property
    def _aead(self) -> AESGCM:
        return AESGCM(self._derived(b"at rest, wrap"))

    def _derived(self, label: bytes) -> bytes:
        return HKDF(hashes.SHA256(), KEY_BYTES, salt=b"prefect-federated/1", info=label).derive(self.secret)


def rest_key_from_env(name: str) -> LocalRestKey:
    """The rest key that an environment variable holds, as 64 hex digits.

    Raises:
        KeyUnavailable: the variable is unset, or holds no key.
    """
    value = os.environ.get(name, "").strip().removeprefix("0x")
    if not value:
        raise KeyUnavailable(f"the environment variable {name} is not set; put the key at rest there, 64 hex digits")
    try:
        secret = bytes.fromhex(value)
    except ValueError:
        secret = b""
    # Raised outside the handler: the cause would show the key.
    if len(secret) != KEY_BYTES:
        raise KeyUnavailable(
            f"the environment variable {name} holds no key: {len(value)} characters, a key has 64 hex digits; set it"
            " again"
        )
    return LocalRestKey(f"the variable {name}", secret)


def rest_key_from_keystore(path: Path, password: str) -> LocalRestKey:
    """The rest key that a keystore (version 3) holds.

    Raises:
        KeyUnavailable: the file is missing or damaged, or the password is wrong.
    """
    from prefect_federated.adapters.keys import load_keystore

    return LocalRestKey(f"the keystore {path}", bytes(load_keystore(path, password).key))


def rest_key_of(address: str, password: Callable[[], str]) -> RestKey:
    """The rest key that a short address names.

    Args:
        password: of a keystore; asked for only if there is one.

    Raises:
        ConfigurationError: the address is none of the three.
        KeyUnavailable: the key cannot be read.
    """
    from prefect_federated.adapters.kms import KmsRestKey

    kind, _, rest = address.partition(":")
    if kind == "env" and rest:
        return rest_key_from_env(rest)
    if kind == "keystore" and rest:
        return rest_key_from_keystore(Path(rest), password())
    key, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if kind == "kms" and key and set(options) <= {"region", "endpoint"}:
        return KmsRestKey(key, options.get("region"), options.get("endpoint"))
    raise ConfigurationError(
        f"{address!r} names no key at rest; use env:NAME, keystore:FILE or kms:KEY?region=NAME&endpoint=URL"
    )


def _bound(use: Use) -> bytes:
    return b"prefect-federated/1 at rest\x00" + use.value.encode()
