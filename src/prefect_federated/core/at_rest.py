"""Files at rest: a fresh data key encrypts the body; a key that lies elsewhere, the rest key, wraps the data key.

rest key --wrap, for one use--> header        data key --AES-256-GCM segments (STREAM)--> body
another rest key: a new header before the same body
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import ConfigurationError

MAGIC = b"federated-at-rest/1\n"
LENGTH_BYTES = 4
HEADER_BYTES = 1 << 14  # at most; a key wrapped by KMS has some 200
START_BYTES = len(MAGIC) + LENGTH_BYTES


class Use(StrEnum):
    """What sealed bytes are for; a key that is wrapped for one use opens for no other."""

    DATA = "data"
    SEALING_KEY = "sealing key"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key that only its rest key opens. `under` names that key and tells nothing of it."""

    under: str
    blob: bytes


class RestKey(Protocol):
    """A key that wraps data keys: in the environment, in a keystore, or in a service that never hands it out."""

    @property
    def name(self) -> str:
        """How messages call it."""
        ...

    def draw(self, use: Use) -> tuple[bytes, WrappedKey]:
        """A fresh data key of 32 bytes, and the same one wrapped.

        Raises:
            KeyUnavailable: the key is missing, disabled, or not for us.
            KeyServiceUnreachable: no answer.
        """
        ...

    def wrap(self, data_key: bytes, use: Use) -> WrappedKey:
        """Wrap a data key that another rest key wrapped until now.

        Raises:
            KeyUnavailable, KeyServiceUnreachable: as `draw`.
        """
        ...

    def unwrap(self, wrapped: WrappedKey, use: Use) -> bytes:
        """The data key, 32 bytes.

        Raises:
            Undecryptable: it was altered, or wrapped for another use.
            KeyUnavailable, KeyServiceUnreachable: as `draw`; or it was wrapped under another key.
        """
        ...


@dataclass(frozen=True, slots=True)
class Header:
    """The head of a sealed file. Whoever changes it gets no data key: the use is bound into what is wrapped."""

    use: Use
    wrapped: WrappedKey

    def to_bytes(self) -> bytes:
        """Magic, length of the rest (4 bytes, big-endian), canonical JSON.

        >>> Header(Use.DATA, WrappedKey("k", b"x")).to_bytes()[24:].decode()
        '{"key":"78","under":"k","use":"data"}'
        """
        fields = {"use": self.use.value, "under": self.wrapped.under, "key": self.wrapped.blob.hex()}
        content = canonical(fields)
        return MAGIC + len(content).to_bytes(LENGTH_BYTES, "big") + content


def header_length(start: bytes, where: str) -> int:
    """Bytes of the header after its first 24.

    Raises:
        ConfigurationError: the file is none that is sealed at rest.
    """
    length = int.from_bytes(start[len(MAGIC) :], "big")
    if len(start) != START_BYTES or not start.startswith(MAGIC) or length > HEADER_BYTES:
        raise ConfigurationError(
            f"{where} is not sealed at rest; seal it with `federated at-rest seal`, or name its own"
        )
    return length


def parse_header(content: bytes, where: str) -> Header:
    """Read a header without its first 24 bytes.

    Raises:
        ConfigurationError: it is none; the file is damaged.
    """
    try:
        raw = json.loads(content)
        return Header(Use(raw["use"]), WrappedKey(str(raw["under"]), bytes.fromhex(raw["key"])))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigurationError(
            f"the head of {where} cannot be read ({type(error).__name__}); restore the file from its backup"
        ) from error
