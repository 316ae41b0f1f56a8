"""A party's turn: one run of a party works on a task at a time, so that a sweep never trains beside a listener's run.

run --takes the turn--> works, exits        another run meanwhile --finds it taken--> exits
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def take_turn(home: Path, task: int) -> Iterator[bool]:
    """Hold a party's turn in a task within the block; yields False where another run on this machine holds it.

    It spares work and is no safeguard: on two machines each step still takes effect once. The turn ends with the
    process that holds it, however that dies, so nothing is left to clean up.

    Args:
        home: the party's folder on this machine.
        task: index of the task on chain.
    """
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / f"task-{task}.turn", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield _locked(handle)
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
