"""Processes that die at a chosen moment, and a look into what they left behind."""

import json
import time
from collections.abc import Callable
from pathlib import Path

TILL = "0x" + "7a" * 20  # nobody's account: what it holds counts the effects
PAY = 7


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the product catches it."""


def killer(at: str) -> Callable[[str, str], None]:
    def step(name: str, intent: str) -> None:
        if name == at:
            raise Killed(intent)

    return step


def attempts(folder: Path, state: str = "pending") -> list[dict[str, object]]:
    found = list(folder.glob(f"*/{state}/*.json"))
    attempts: list[dict[str, object]] = json.loads(found[0].read_text())["attempts"] if found else []
    return attempts


def stored(folder: Path) -> str:
    until(lambda: bool(attempts(folder)))
    return str(attempts(folder)[0]["hash"])


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    patience = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < patience, "it did not happen in time"
        time.sleep(0.02)
