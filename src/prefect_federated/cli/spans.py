"""Spans of time as people write them; inside, everything is whole seconds."""

import re

from prefect_federated.core.errors import ConfigurationError

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"(\d{1,9})\s*(s|min|h|d)", re.ASCII)


def parse_span(text: str) -> int:
    """Seconds from text such as "90min", "2 h", "1d".

    Raises:
        ConfigurationError: no span, or none at all.

    >>> parse_span("90min"), parse_span("2 h")
    (5400, 7200)
    """
    found = _SPAN.fullmatch(text.strip().lower())
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    if not seconds:
        raise ConfigurationError(f"{text!r} is no span of time; write a whole number with its unit: 90min, 2h or 1d")
    return seconds
