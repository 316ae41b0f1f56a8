"""The heads of the three messages: of which session, from or for whom, how long.

magic 4 | session digest 32 | who u32 | words u32, integers big-endian | what the message's own kind adds

A message has one length and one head, both known before it is read: nothing else is taken.
"""

from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.homomorphic.session import Session


def head(magic: bytes, session: Session, who: int) -> bytes:
    """How a message begins, 44 bytes."""
    return magic + session.digest + who.to_bytes(4, "big") + session.words.to_bytes(4, "big")


def require_message(message: bytes, beginning: bytes, size: int, what: str) -> None:
    """Refuse a message that does not begin so, or is not so long.

    Raises:
        MalformedMessage: naming what differs, and both values.
    """
    if len(message) != size:
        raise MalformedMessage(f"{what} has {len(message)} bytes, expected {size}; fetch it again, or leave it out")
    found = bytes(message[: len(beginning)])
    if found != beginning:
        raise MalformedMessage(
            f"{what} begins with 0x{found.hex()}, expected 0x{beginning.hex()}: another session, sender or kind; fetch"
            " it again, or leave it out"
        )
