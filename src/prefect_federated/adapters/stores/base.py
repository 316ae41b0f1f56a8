"""ContentStore: bytes go in, a URI made from the bytes comes out, and only those bytes come back.

chunks --put--> URI --get--> verified chunks        name --link (once)--> URI --resolve--> URI
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from prefect_federated.adapters.stores.address import settings_of


class ContentStore(Protocol):
    """What the local, the S3 and the IPFS store have in common; all of it may be called twice and from threads.

    Two promises hold for each of them. The same bytes have the same URI. And a name, once linked, stands for
    its first URI, whoever links it again; on S3 and IPFS that rests on the server's conditional write.
    """

    scheme: str

    def put(self, chunks: Iterable[bytes]) -> str:
        """Store a stream of bytes durably and return its URI; the stream is never held in memory whole.

        Raises:
            StoreUnreachable: the store does not answer.
            ConfigurationError: it refuses the credentials, or the bucket is missing.
        """
        ...

    def get(self, uri: str, limit_bytes: int) -> Iterator[bytes]:
        """Stream the bytes of a URI; use them only after the iterator has ended, since the check comes last.

        Args:
            uri: what `put` returned, here or on another machine.
            limit_bytes: the most bytes to accept; reading stops at the first one beyond.

        Raises:
            ConfigurationError: the URI belongs to another store (at once, before anything is fetched).
            ContentMissing: the store does not hold the content, or finds nobody who does.
            PayloadTooLarge: there is more than `limit_bytes`.
            ContentMismatch: the bytes are not those that the URI was made from.
            StoreUnreachable: the store does not answer.
        """
        ...

    def link(self, name: str, uri: str) -> str:
        """Give a URI a name unless the name is taken; returns the URI that stands, which is the first."""
        ...

    def resolve(self, name: str) -> str | None:
        """The URI that a name stands for, or None."""
        ...

    def exists(self, uri: str) -> bool:
        """Tell whether the store holds the content itself, without fetching it."""
        ...


def open_store(address: str) -> ContentStore:
    """Open the store that a short address names: `local:DIR`, `s3://bucket/prefix`, `ipfs://host:port`.

    Credentials come from the environment; see `address.py` for the options.

    Raises:
        ConfigurationError: the address is none of these.
    """
    kind, settings = settings_of(address)
    if kind == "s3":
        from prefect_federated.adapters.stores.s3 import S3Store

        return S3Store(**settings)
    if kind == "ipfs":
        from prefect_federated.adapters.stores.ipfs import IpfsStore

        return IpfsStore(**settings)
    from prefect_federated.adapters.stores.local import LocalStore

    return LocalStore(**settings)
