"""What outlasts a power cut: a file is on the disk once it is synced, its name once its folder is."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut.

    Raises:
        OSError: the folder cannot be opened or written.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
