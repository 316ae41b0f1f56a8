"""Keys on disk and in the environment: the account that signs, and the X25519 key that payloads are sealed to.

keystore v3 (password) -> LocalAccount;   encrypted PKCS#8 (password) -> SealingKey;   (seed, name) -> demo keys
sealed at rest (key at rest) -> SealingKey, without a password
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from prefect_federated.core.at_rest import MAGIC, RestKey, Use
from prefect_federated.core.errors import KeyUnavailable, Undecryptable

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

DEV_SCRYPT_N = 1 << 12  # geth's "light" cost; the full 2^18 takes about a second a key
LIMIT_BYTES = 1 << 16
_VERSION = "prefect-federated sealing key, version "
NAME_FORMER = (
    "one that `federated participant rotate` replaced is named by its file, in former_keys of the Signer block or, to a"
    " command, in FEDERATED_FORMER_KEYS"
)
T = TypeVar("T")


def load_keystore(path: Path, password: str) -> "LocalAccount":
    """Open an encrypted keystore file (Web3 Secret Storage, version 3).

    Raises:
        KeyUnavailable: the file is missing or damaged, or the password is wrong.
    """
    from eth_account import Account

    content = _read(path, "keystore")
    try:
        keystore = json.loads(content)
        if not isinstance(keystore, dict) or "crypto" not in {str(field).lower() for field in keystore}:
            raise TypeError("no keystore")
    except (ValueError, TypeError) as cause:
        raise KeyUnavailable(f"{path} is no version 3 keystore file; restore it from its backup") from cause
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(keystore, password))
    except (ValueError, TypeError, KeyError, NotImplementedError) as cause:
        raise KeyUnavailable(
            f"the password does not open the keystore {path}, or the file is damaged; check both"
        ) from cause
    return account


def create_keystore(path: Path, password: str, key: bytes | None = None, dev: bool = False) -> str:
    """Write a new keystore file, readable by its owner alone; returns the account's address.

    Args:
        path: file that does not exist yet.
        password: encrypts the key.
        key: private key of 32 bytes; None makes a random one.
        dev: cheap key derivation, for demos only.

    Raises:
        KeyUnavailable: there is another key at the path already; it is not overwritten.
    """
    from eth_account import Account

    account = Account.create() if key is None else Account.from_key(key)
    if path.exists() and key is not None and load_keystore(path, password).key == account.key:
        return str(account.address)
    encrypted = Account.encrypt(account.key, password, kdf="scrypt", iterations=DEV_SCRYPT_N if dev else None)
    _write_new(path, json.dumps(encrypted).encode(), "keystore")
    return str(account.address)


def account_from_env(name: str) -> "LocalAccount":
    """The account whose private key an environment variable holds as hex; for development.

    Raises:
        KeyUnavailable: the variable is unset, or holds no key.
    """
    from eth_account import Account

    value = os.environ.get(name, "").strip()
    if not value:
        raise KeyUnavailable(
            f"the environment variable {name} is not set; put the private key there, or use a keystore"
        )
    try:
        key = bytes.fromhex(value.removeprefix("0x"))
        account: LocalAccount = Account.from_key(key)
    except Exception:  # the cause would show the key
        raise KeyUnavailable(
            f"the environment variable {name} holds no private key (64 hex digits); set it again"
        ) from None
    return account


def address_of(key: bytes) -> str:
    """Checksummed address of a private key.

    >>> address_of(bytes(31) + bytes([1]))
    '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf'
    """
    from eth_account import Account

    return str(Account.from_key(key).address)


def dev_key(seed: int, name: str) -> bytes:
    """A key that follows from a seed and a name, 32 bytes; whoever knows both has it, so for demos only.

    >>> dev_key(1, "hospital-a") == dev_key(1, "hospital-a") != dev_key(1, "hospital-b")
    True
    """
    return hashlib.sha256(f"prefect-federated dev key/{seed}/{name}".encode()).digest()


@dataclass(frozen=True, slots=True, repr=False)
class SealingKey:
    """A silo's X25519 key: payloads are sealed to its public half, salts are derived from its private half.

    Back it up: without it the silo cannot open what it committed to. `version` counts rotations, from 1, as the
    ParticipantRegistry does. Keys that it replaced open what was sealed to them and seal nothing more; of those that
    are lost for good the public halves are known.
    """

    private_bytes: bytes
    version: int = 1
    former: tuple["SealingKey", ...] = field(default=(), compare=False)
    lost: tuple[bytes, ...] = field(default=(), compare=False)

    @classmethod
    def generate(cls, version: int = 1) -> "SealingKey":
        """A fresh random key."""
        return cls(X25519PrivateKey.generate().private_bytes_raw(), version)

    @classmethod
    def from_seed(cls, seed: bytes, version: int = 1) -> "SealingKey":
        """The key that is these 32 bytes."""
        return cls(X25519PrivateKey.from_private_bytes(seed).private_bytes_raw(), version)

    @classmethod
    def load(cls, path: Path, password: str) -> "SealingKey":
        """Open a file that `save` wrote.

        Raises:
            KeyUnavailable: the file is missing or no X25519 key, or the password is wrong.
        """
        content = _read(path, "sealing key")
        if content.startswith(MAGIC):
            raise KeyUnavailable(
                f"the sealing key {path} is sealed at rest, and no key at rest is named; name it as at_rest in the"
                " Signer block, or to a command with FEDERATED_AT_REST"
            )
        return cls._parsed(content, path, password)

    @classmethod
    def load_at_rest(cls, path: Path, rest_key: RestKey) -> "SealingKey":
        """Open a file that `save_at_rest` wrote; no password has a part in it.

        Raises:
            KeyUnavailable: the file is missing or lies open, or the key at rest cannot be used.
            Undecryptable: it was altered.
            KeyServiceUnreachable: no answer.
        """
        from prefect_federated.adapters.sealed_file import open_sealed

        if not _read(path, "sealing key").startswith(MAGIC):
            raise KeyUnavailable(
                f"the sealing key {path} is not sealed at rest, and {rest_key.name} is named for it; run"
                f" `federated at-rest sealing-key OUT --from {path}` and name OUT, or name no key at rest"
            )
        with open_sealed(path, rest_key, Use.SEALING_KEY) as file:
            return cls._parsed(file.read(LIMIT_BYTES), path, "")

    def save_at_rest(self, path: Path, rest_key: RestKey) -> None:
        """Write the key so that it opens with a key at rest alone.

        Raises:
            ConfigurationError: there is a file at the path already.
            KeyUnavailable, KeyServiceUnreachable: the key at rest cannot be used.
        """
        from prefect_federated.adapters.sealed_file import seal_pieces

        path.parent.mkdir(parents=True, exist_ok=True)
        seal_pieces(iter([self._written(pem.NoEncryption())]), path, rest_key, Use.SEALING_KEY)

    @classmethod
    def _parsed(cls, content: bytes, path: Path, password: str) -> "SealingKey":
        try:
            key = pem.load_pem_private_key(content[max(content.find(b"-----BEGIN"), 0) :], password.encode() or None)
        except (ValueError, TypeError) as cause:
            raise KeyUnavailable(
                f"the password does not open the sealing key {path}, or the file is damaged; check both"
            ) from cause
        if not isinstance(key, X25519PrivateKey):
            raise KeyUnavailable(f"{path} holds another kind of key, not X25519; name the sealing key's file")
        first = content.split(b"\n", 1)[0].decode(errors="replace")
        version = first.removeprefix(_VERSION) if first.startswith(_VERSION) else "1"
        return cls(key.private_bytes_raw(), int(version) if version.isdigit() else 1)

    def save(self, path: Path, password: str) -> None:
        """Write the key as encrypted PKCS#8, readable by its owner alone.

        Raises:
            KeyUnavailable: there is another key at the path already; it is not overwritten.
        """
        if path.exists() and SealingKey.load(path, password) == self:
            return
        _write_new(path, self._written(pem.BestAvailableEncryption(password.encode())), "sealing key")

    def _written(self, encryption: pem.KeySerializationEncryption) -> bytes:
        key = self.private.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, encryption)
        return f"{_VERSION}{self.version}\n".encode() + key

    @property
    def private(self) -> X25519PrivateKey:
        """The key as `cryptography` has it."""
        return X25519PrivateKey.from_private_bytes(self.private_bytes)

    @property
    def public_bytes(self) -> bytes:
        """The public half, 32 bytes, as registered on chain."""
        return self.private.public_key().public_bytes_raw()

    @property
    def every(self) -> tuple["SealingKey", ...]:
        """This key and those that it replaced, in the order in which they are tried."""
        return (self, *self.former)

    def after(self, former: Sequence["SealingKey"], lost: Sequence[bytes] = ()) -> "SealingKey":
        """The same key with those that it replaced, and the public halves of those that are lost."""
        return replace(self, former=tuple(one for one in former if one != self), lost=tuple(lost))

    def as_of(self, one: "SealingKey") -> "SealingKey":
        """One of these keys with the others behind it: what was made under it is made again so."""
        return one.after(self.every, self.lost)

    def open_with(self, attempt: Callable[["SealingKey"], T]) -> T:
        """What opens under this key, or else under one that it replaced.

        Raises:
            Undecryptable: it opens under none; why not under this one.
        """
        try:
            return attempt(self)
        except Undecryptable as error:
            for one in self.former:
                with suppress(Undecryptable):
                    return attempt(one)
            raise Undecryptable(f"{error}{self.hint}") from error

    @property
    def hint(self) -> str:
        """What to do where something does not open; nothing where no key was ever replaced."""
        return "" if self.version == 1 else f"; restore the key that it was sealed to: {NAME_FORMER}"

    def __repr__(self) -> str:
        return f"SealingKey(public 0x{self.public_bytes.hex()}, version {self.version})"


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT_BYTES + 1)
    except OSError as cause:
        raise KeyUnavailable(
            f"the {what} {path} cannot be read: {cause.strerror}; check path and permissions"
        ) from cause
    if len(content) > LIMIT_BYTES:
        raise KeyUnavailable(f"{path} is too long for a {what}; name the right file")
    return content


def _write_new(path: Path, content: bytes, what: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as cause:
        raise KeyUnavailable(
            f"there is another {what} at {path} already; move it away, or choose another path"
        ) from cause
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
