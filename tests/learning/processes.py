"""Processes as Linux shows them: whose children they are, whether they are gone, where they listen."""

import os
import re
import time
from pathlib import Path

LOCAL = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")


def descendants(of: int) -> list[int]:
    """Children, their children, and so on."""
    found: list[int] = []
    for thread in Path(f"/proc/{of}/task").glob("*/children"):
        for child in map(int, _read(thread).split()):
            found += [child, *descendants(child)]
    return found


def command(process: int) -> str:
    return _read(Path(f"/proc/{process}/cmdline"))


def gone(process: int) -> bool:
    """Whether it ends within 20 seconds; one that nobody waits for yet counts as ended."""
    for _ in range(200):
        state = _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
        if not state or state[0] == "Z":
            return True
        time.sleep(0.1)
    return False


def listening_outside(process: int) -> list[str]:
    """Addresses other than the loopback interface's at which a process takes connections."""
    sockets = set()
    for one in Path(f"/proc/{process}/fd").iterdir():
        try:
            sockets |= set(re.findall(r"socket:\[(\d+)\]", os.readlink(one)))  # noqa: PTH115
        except FileNotFoundError:
            continue
    rows = [row.split() for name in ("tcp", "tcp6") for row in _read(Path(f"/proc/net/{name}")).splitlines()[1:]]
    mine = [row[1] for row in rows if row[9] in sockets and row[3] == "0A"]
    return [address for address in mine if not address.startswith(LOCAL)]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
