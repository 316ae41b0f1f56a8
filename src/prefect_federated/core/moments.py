"""Times as people and records write them, from and to unix seconds that the caller gives; no clock is read.

unix seconds <--> 2026-01-31T00:00:00Z        unix seconds + months --> the same day of a later month
"""

from datetime import UTC, datetime


def moment(seconds: int) -> str:
    """Unix seconds as consent records write them.

    >>> moment(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(written: str) -> int:
    """Unix seconds that a moment of a record stands for.

    >>> seconds(moment(1_700_000_000))
    1700000000
    """
    return int(datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def months_later(start_s: int, months: int) -> int:
    """The same day of the month and time of day some months later, or that month's last day, unix seconds.

    >>> leap = 1_706_659_200  # 2024-01-31
    >>> (months_later(leap, 1) - leap) // 86_400, (months_later(leap, 12) - leap) // 86_400
    (29, 366)
    """
    start = datetime.fromtimestamp(start_s, UTC)
    years, month = divmod(start.month - 1 + months, 12)
    for day in range(start.day, 27, -1):
        try:
            return int(start.replace(year=start.year + years, month=month + 1, day=day).timestamp())
        except ValueError:
            continue
    return int(start.replace(year=start.year + years, month=month + 1).timestamp())
