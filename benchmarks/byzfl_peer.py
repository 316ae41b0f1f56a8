"""ByzFL beside our rules: a process of the interpreter that has it, kept for as long as a benchmark runs.

matrix --npy--> byzfl_worker.py --npy--> aggregate, seconds
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ABSENT = "ByzFL is not installed: none of its rules is beside ours (--byzfl PYTHON names an interpreter that has it)"
WORKER = Path(__file__).with_name("byzfl_worker.py")


class RuleRefused(Exception):
    """ByzFL's rule raised an error."""


class ByzFL:
    """Single-threaded, as what it is compared with; `close` ends it."""

    def __init__(self, python: str) -> None:
        threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
        self._process = subprocess.Popen(
            [python, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | threads
        )
        self._folder = tempfile.TemporaryDirectory()
        self.version = self._answer()["version"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()

    def aggregate(
        self, rule: str, settings: dict[str, Any], updates: NDArray[np.float32], repeats: int = 1
    ) -> tuple[NDArray[np.float32], dict[str, float]]:
        """The aggregate float32 `[d]` of float32 `[n, d]`, and the least seconds that it took.

        Raises:
            RuleRefused: the rule raised an error.
        """
        given, made = Path(self._folder.name, "updates.npy"), Path(self._folder.name, "aggregate.npy")
        np.save(given, updates)
        asked = {"rule": rule, "settings": settings, "updates": str(given), "out": str(made), "repeats": repeats}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        took = self._answer()
        return np.load(made), took

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        answer = (
            json.loads(line) if line else {"error": "the interpreter with ByzFL ended; run byzfl_worker.py with it"}
        )
        if "error" in answer:
            raise RuleRefused(answer["error"])
        return dict(answer)


def interpreter(named: str | None) -> str | None:
    """The interpreter that was named, else this one where it has ByzFL, else None."""
    return named or (sys.executable if find_spec("byzfl") else None)
