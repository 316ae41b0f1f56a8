"""The file in which a silo keeps a consent record: encrypted to the silo's sealing key, so that only the silo reads it.

record --JSON--> HPKE to the silo's public key --one file, owner only--> read with the silo's private key
erase: overwritten, then removed; without the secret in it nothing on chain can be told to belong to anything
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.core.consent import ConsentRecord, PastSubjects
from prefect_federated.core.consent_record import read_document
from prefect_federated.core.errors import ConfigurationError, ConsentError

MAGIC = b"federated-consent/1\n"
_INFO = b"prefect-federated/1 consent record"
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def read_record(path: Path, key: SealingKey) -> ConsentRecord:
    """Read a consent record.

    Args:
        key: the silo's sealing key; where that does not open the record, one that it replaced may.

    Raises:
        ConsentError: there is none.
        ConfigurationError: it is not encrypted, encrypted to another key, or damaged.
    """
    content = _content(path)
    if not content.startswith(MAGIC):
        raise ConfigurationError(
            f"consent record {path} is not encrypted; run `federated consent seal {path} --sealing-key FILE`,"
            " or restore it from the data holder's"
        )
    return _parsed(_opened(content[len(MAGIC) :], key, path), path)


def write_record(path: Path, record: ConsentRecord, public_key: bytes) -> None:
    """Write a record that only the holder of a sealing key can read, replacing the file as a whole.

    Args:
        public_key: the silo's X25519 public key, 32 bytes, as it is registered on chain.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    reader = X25519PublicKey.from_public_bytes(public_key)
    sealed = MAGIC + _SUITE.encrypt(json.dumps(_body(record)).encode(), reader, info=_INFO)
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def seal_file(path: Path, public_key: bytes) -> ConsentRecord:
    """Encrypt a record that lies there in plain text; its bytes are overwritten, not only replaced.

    Raises:
        ConfigurationError: it is encrypted already, or no record.
    """
    content = _content(path)
    if content.startswith(MAGIC):
        raise ConfigurationError(f"consent record {path} is encrypted already; nothing was changed")
    record = _parsed(content, path)
    sealed = path.with_name(path.name + ".sealed")
    write_record(sealed, record, public_key)
    erase_file(path)
    sealed.replace(path)
    return record


def erase_file(path: Path) -> None:
    """Overwrite a file and remove it, with what an interrupted write may have left beside it.

    Raises:
        ConsentError: there is none.
    """
    if not path.exists():
        raise ConsentError(f"no consent record at {path}; it may be erased already, else name the right file")
    for one in (path, path.with_name(path.name + ".new")):
        if one.exists():
            with one.open("r+b") as file:
                file.write(os.urandom(one.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            one.unlink()


def _opened(sealed: bytes, key: SealingKey, path: Path) -> bytes:
    failed: Exception | None = None
    for one in key.every:
        try:
            return _SUITE.decrypt(sealed, one.private, info=_INFO)
        except (InvalidTag, ValueError) as error:
            failed = failed or error
    raise ConfigurationError(
        f"consent record {path} does not open under this silo's sealing key{_beside(key)}; name the key that it was"
        " sealed to (a rotated one in former_keys of the Signer block, or to a command in FEDERATED_FORMER_KEYS), or"
        " restore the record from the data holder's"
    ) from failed


def _beside(key: SealingKey) -> str:
    return f", nor under the {len(key.former)} that it replaced" if key.former else ""


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ConsentError(
            f"no consent record at {path}; ask the data holder for a grant and keep its record there"
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"consent record {path} cannot be read ({type(error).__name__}); check path and permissions"
        ) from error


def _parsed(plain: bytes, path: Path) -> ConsentRecord:
    try:
        raw = json.loads(plain)
        grant_id, secret = _digest(raw["grant_id"]), bytes.fromhex(raw["secret"].removeprefix("0x"))
        if not secret:
            raise ValueError("the secret is empty")
        document = read_document(json.dumps(raw["document"])) if raw.get("document") else None
        columns = document.columns if document else _texts(raw["columns"])
        past = tuple(PastSubjects(_digest(p["root"]), p["until_s"], p["count"]) for p in raw.get("history", ()))
        return ConsentRecord(grant_id, secret, columns, _texts(raw["subjects"]), document, past)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        kind = type(error).__name__
    # Raised outside the handler, so that no traceback chains to a message that quotes the record.
    raise ConfigurationError(
        f"consent record {path} cannot be read ({kind}); restore it from the data holder's: grant_id (32 bytes,"
        " 0x-hex), secret, columns and subjects (lists of texts), document"
    )


def _digest(text: str) -> bytes:
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != 32:
        raise ValueError(f"a grant id and a root have 32 bytes, this one {len(value)}")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    """Names as text: a subject 17 and a subject "17" would have different tags."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("columns and subjects are lists of texts")
    return tuple(values)


def _body(record: ConsentRecord) -> dict[str, Any]:
    return {
        "grant_id": "0x" + record.grant_id.hex(),
        "secret": "0x" + record.secret.hex(),
        "columns": list(record.columns),
        "subjects": list(record.subjects),
        "document": record.document.to_json() if record.document else None,
        "history": _past(record.history),
    }


def _past(history: Sequence[PastSubjects]) -> list[dict[str, Any]]:
    return [{"root": "0x" + past.root.hex(), "until_s": past.until_s, "count": past.count} for past in history]
