"""That a key holder opened a sum, in a folder of its own: whoever keeps the shared store cannot take that back.

opening --SHA-256, create-once, fsynced--> home/opened/links/<round>

The vault lies in the shared store. Its keeper could hide what a holder kept there, and have it open a second sum of the
round, which differs from the first by one update.
"""

import hashlib
from pathlib import Path

from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.errors import ConfigurationError, UnmaskRefused


def require_unopened(home: Path | None, slot: str) -> None:
    """Refuse to open another sum where one was opened.

    Args:
        home: the holder's folder on this machine.
        slot: names round and holder.

    Raises:
        UnmaskRefused: this home has a record of one.
        ConfigurationError: there is no home.
    """
    standing = _records(home).resolve(slot)
    if standing is not None:
        raise UnmaskRefused(
            f"{slot}: {home} says that a sum with hash {_hash(standing)} was opened, and the vault holds none; the"
            " store lost it, or its keeper hides it to have a second sum opened: restore the store; nothing else is"
            " opened in this round"
        )


def record_opened(home: Path | None, slot: str, opening: bytes) -> None:
    """Record what is opened, before anybody sees it; again changes nothing.

    Raises:
        UnmaskRefused: this home has a record of another opening.
        ConfigurationError: there is no home.
        StoreUnreachable: the home cannot be written to.
    """
    uri = f"cas://sha256/{hashlib.sha256(opening).hexdigest()}"
    standing = _records(home).link(slot, uri)
    if standing != uri:
        raise UnmaskRefused(
            f"{slot}: {home} says that a sum with hash {_hash(standing)} was opened, the vault holds one with hash"
            f" {_hash(uri)}; two sums of a round tell an update, so no other is given out: restore the store"
        )


def _records(home: Path | None) -> LocalStore:
    if home is None:
        raise ConfigurationError("a key holder without a home cannot record what it opened; give its signer a home")
    return LocalStore(home / "opened")


def _hash(uri: str) -> str:
    return "0x" + uri.rpartition("/")[2]
