"""Names that must not be misread: link names as one path segment, endpoints without their credentials."""

import hashlib
import re
from urllib.parse import quote, urlsplit

from prefect_federated.core.errors import ConfigurationError

LONGEST_SEGMENT = 200
_KEPT_OF_LONG_NAMES = 100


def segment(name: str) -> str:
    """One path segment for any name: no slash, no leading dot, at most 200 characters, no two names alike.

    >>> segment("round-3/hospital-a")
    'round-3%2Fhospital-a'
    >>> segment("../../etc/passwd")
    '%2E.%2F..%2Fetc%2Fpasswd'

    Raises:
        ConfigurationError: the name is empty.
    """
    if not name:
        raise ConfigurationError("a link needs a name, and this one is empty; name the thing it stands for")
    encoded = quote(name, safe="", errors="surrogatepass").replace("~", "%7E")
    encoded = re.sub(r"^\.", "%2E", encoded)
    if len(encoded) <= LONGEST_SEGMENT:
        return encoded
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"{encoded[:_KEPT_OF_LONG_NAMES]}~{digest}"  # no other segment holds a tilde


def redacted(url: str) -> str:
    """Scheme, host and port of an endpoint; user info, path and query may hold credentials.

    >>> redacted("https://me:secret@node.example:5001/key-0123?token=4")
    'https://node.example:5001'
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(malformed URL)"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
