"""A document that somebody signed by its hash, from the places that letters name for it.

letters --hash, places, a few of them--> document | none

A signature covers a document's hash and not its place, so a true letter may be left again with a place where nothing
is, or where nobody ever answers. That is looked past, as far as the limit below.
"""

import hashlib
import logging
import random
from collections.abc import Collection

from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import ConfigurationError, PayloadError, StoreUnreachable

MOST_PLACES = 16  # that a document is looked for in, each time
_log = logging.getLogger(__name__)


def document_at(party: Party, what: str, digest: bytes, uris: Collection[str], most_bytes: int) -> bytes | None:
    """The document with a hash, from one of its places; those first that name the hash themselves.

    Among the others chance decides, each time: whoever copies letters must not keep the true place out for good.

    Args:
        what: names it in the log, where it is not to be had.
        digest: SHA-256, 32 bytes.
    """
    for uri in sorted(uris, key=lambda one: (digest.hex() not in one, random.random()))[:MOST_PLACES]:
        try:
            content = b"".join(party.store.get(uri, most_bytes))
        except (PayloadError, ConfigurationError, StoreUnreachable) as error:
            _log.warning("%s is not to be had: %s", what, error)
            continue
        if hashlib.sha256(content).digest() == digest:
            return content
        _log.warning("%s is not what lies at %s, which hashes to something else", what, uri)
    return None
