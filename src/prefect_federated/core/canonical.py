"""Canonical JSON (RFC 8785), so that equal values have equal bytes and equal hashes everywhere."""

import hashlib
from typing import Any

import rfc8785

from prefect_federated.core.errors import SpecError


def canonical(value: Any) -> bytes:
    """Serialise a JSON value in the one canonical way of RFC 8785.

    Args:
        value: None, bool, int below 2^53, finite float, str, list, or dict with str keys.

    Raises:
        SpecError: the value has no JSON form (a NaN, a set, an integer of 2^53 or more).

    >>> canonical({"b": 1, "a": [1.0, "x"]})
    b'{"a":[1,"x"],"b":1}'
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:  # all that rfc8785 refuses, and a key that is no UTF-8
        raise SpecError(f"value has no canonical JSON form: {error}; use finite numbers, text, lists, maps") from error


def canonical_hash(value: Any) -> bytes:
    """SHA-256 of the canonical JSON, 32 bytes."""
    return hashlib.sha256(canonical(value)).digest()
