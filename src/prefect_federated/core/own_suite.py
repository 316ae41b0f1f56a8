"""A silo's own suite: expectations beyond the task's, in Great Expectations' JSON, approved by hash.

{"expectations": [{"type": ..., "kwargs": {...}}]} --canonical JSON, SHA-256--> hash that the policy approves
"""

import json
from collections.abc import Collection
from typing import Any

from prefect_federated.core.canonical import canonical_hash
from prefect_federated.core.checks import Expected
from prefect_federated.core.errors import ConfigurationError, MissingColumn, PolicyRefused, SpecError

SHAPE = '{"name": "...", "expectations": [{"type": "expect_...", "kwargs": {"column": "..."}}]}'


def suite_document_hash(document: bytes, name: str) -> bytes:
    """SHA-256 of the suite's canonical JSON: spaces and line ends do not matter, all else does.

    Raises:
        ConfigurationError: it is no JSON.
    """
    try:
        return canonical_hash(json.loads(document))
    except (ValueError, SpecError) as error:
        raise ConfigurationError(f"suite {name} is no JSON ({type(error).__name__}); write it as {SHAPE}") from error


def own_expectations(document: bytes, approved: str | None, name: str) -> tuple[Expected, ...]:
    """The expectations of a silo's own suite, if it is the approved one.

    Raises:
        PolicyRefused: it hashes to something else than the policy approved.
        ConfigurationError: it is no suite.

    >>> text = b'{"expectations": [{"type": "expect_x", "kwargs": {"column": "age", "min_value": 18}}]}'
    >>> own_expectations(text, "0x" + suite_document_hash(text, "own.json").hex(), "own.json")
    (Expected(type='expect_x', column='age', arguments={'min_value': 18}),)
    """
    found = "0x" + suite_document_hash(document, name).hex()
    if found != (approved or "").lower():
        raise PolicyRefused(
            f"suite {name} hashes to {found}, this silo's policy approves {approved or 'none'}; it was edited after it"
            " was approved: review it, then name its hash in the policy"
        )
    try:
        return tuple(_expected(one) for one in json.loads(document)["expectations"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"suite {name} is no suite ({type(error).__name__}); write it as {SHAPE}") from error


def require_seen(expected: Collection[Expected], columns: Collection[str], name: str) -> None:
    """Refuse a suite that looks at a column which the consent view does not hold.

    Raises:
        MissingColumn: naming the columns it looks at, and those of the view.
    """
    if unseen := sorted({one.column for one in expected if one.column is not None} - set(columns)):
        raise MissingColumn(
            f"suite {name} looks at column {', '.join(unseen)}, the consent view holds {', '.join(columns)};"
            " a silo's suite sees consented columns of the task only: mend it"
        )


def _expected(raw: Any) -> Expected:
    kwargs = dict(raw["kwargs"])
    column = kwargs.pop("column", None)
    if not isinstance(raw["type"], str) or not isinstance(column, str | None):
        raise TypeError("type and column are texts")
    return Expected(raw["type"], column, kwargs)
