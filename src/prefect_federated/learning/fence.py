"""A fence for code that may look for data of its own: it reads its folder and its installation, and calls nobody.

open outside, connect, start a program --audit hook--> PermissionError, and which of them for the silo's owner

It holds whoever is careless, not whoever is hostile: native code opens files unseen, and Python code can go round any
hook. Standard library alone, since it runs under any interpreter. Source: PEP 578, https://peps.python.org/pep-0578/
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SYSTEM = ("/dev", "/etc", "/lib", "/lib64", "/proc", "/sys", "/usr/lib", "/usr/share")
CONNECTING = ("socket.connect", "socket.sendto", "socket.sendmsg")
ASKING = ("socket.getaddrinfo", "socket.gethostbyname")
STARTING = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def put_up(folder: Path, reached: list[str]) -> None:
    """Fence this process in for good; the list tells what it reached for, without names: one may be a row's."""
    inside = _real(folder)
    installed = {_real(one) for one in (sys.prefix, sys.base_prefix, *filter(None, sys.path), *SYSTEM)}
    sys.addaudithook(_hook(inside, tuple(sorted(installed)), reached))


def _hook(inside: str, installed: tuple[str, ...], reached: list[str]) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, told: tuple[Any, ...]) -> None:
        word = None
        if event == "open":
            word = _file(told[0], _writes(told[1], told[2]), inside, installed)
        elif event == "sqlite3.connect":
            word = _file(told[0], False, inside, installed)
        elif event in CONNECTING:
            word = "call over a network" if isinstance(told[-1], tuple) else None  # Unix sockets have no such address
        elif event in ASKING:
            word = "look up another machine"
        elif event in STARTING:
            word = "start another program"
        if word is not None:
            reached.append(word)
            raise PermissionError(f"the app may not {word}; its data are at node_config")

    return hook


def _file(path: object, writes: bool, inside: str, installed: tuple[str, ...]) -> str | None:
    if not isinstance(path, str | bytes | os.PathLike) or path == ":memory:":
        return None  # a descriptor that was opened before
    real = _real(path)
    if _within(real, inside) or _within(real, "/dev"):
        return None
    if writes:
        return "write a file elsewhere"
    known = any(_within(real, one) for one in installed)
    return None if known or not os.path.exists(real) else "read a file of its own"  # noqa: PTH110  # as bytes or text


def _writes(mode: object, flags: object) -> bool:
    return bool(isinstance(mode, str) and set(mode) & set("wax+")) or bool(isinstance(flags, int) and flags & WRITING)


def _real(path: Any) -> str:
    return os.fsdecode(os.path.realpath(path))


def _within(real: str, folder: str) -> bool:
    return real == folder or real.startswith(folder.rstrip("/") + "/")
