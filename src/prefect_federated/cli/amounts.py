"""Amounts of money as people write and read them; inside, everything is an integer in wei."""

import re

from prefect_federated.core.errors import ConfigurationError

PLACES = {"wei": 0, "gwei": 9, "eth": 18, "ether": 18}  # decimal places of a unit
_AMOUNT = re.compile(r"(\d[\d_]{0,80})(?:\.(\d{1,18}))?\s*(wei|gwei|eth|ether)?", re.ASCII)


def parse_amount(text: str) -> int:
    """Wei from text such as "1500", "20 gwei", "1.5eth"; a bare number is wei.

    Raises:
        ConfigurationError: no amount, a fraction of a wei, or negative.

    >>> parse_amount("1.5 eth")
    1500000000000000000
    """
    found = _AMOUNT.fullmatch(text.strip().lower())
    whole, fraction, unit = found.groups(default="") if found else ("", "", "")
    places, fraction = PLACES[unit or "wei"], fraction.rstrip("0")
    if not found or len(fraction) > places:
        raise ConfigurationError(f"{text!r} is no whole, positive number of wei; write 1500, 20gwei or 1.5eth")
    return int(whole + fraction.ljust(places, "0"))


def show_amount(wei: int) -> str:
    """Exact text of an amount, in the largest unit that keeps it short.

    >>> show_amount(1_500_000_000_000_000_000), show_amount(-20), show_amount(0)
    ('1.5 eth', '-20 wei', '0')
    """
    if wei == 0:
        return "0"
    unit = "eth" if abs(wei) >= 10**14 else "gwei" if abs(wei) >= 10**7 else "wei"
    places = PLACES[unit]
    whole, rest = divmod(abs(wei), 10**places)
    fraction = f".{rest:0{places}d}".rstrip("0") if rest else ""
    return f"{'-' if wei < 0 else ''}{whole}{fraction} {unit}"
