"""A process that must not outlive the one that started it, however that one ends. Standard library alone.

parent holds the lock on a file; child waits for it in a thread --parent ends, is killed, gives up--> child ends

It runs under any interpreter, beside `flower_child`.
"""

import fcntl
import os
import threading
from pathlib import Path

NAME = "lifeline"  # of the file, in the folder of one training
ORPHANED = 97  # exit status of a process whose parent is gone


def end_with_parent(folder: Path) -> None:
    """End this process as soon as whoever holds the folder's lifeline lets go of it; the kernel sees to that."""
    threading.Thread(target=_wait, args=(folder / NAME,), daemon=True).start()


def _wait(path: Path) -> None:
    try:
        with path.open("rb") as line:
            fcntl.flock(line, fcntl.LOCK_SH)
    except OSError:
        pass  # the folder is gone, and whoever made it with it
    os._exit(ORPHANED)
