"""Paillier by libraries that have it, timed call by call in an environment of their own.

    PYTHON benchmarks/paillier_worker.py '{"cpu_time": false, "silos": 9}'

    --> [{"name": "lightphe 0.0.27", "encrypt": 0.23, "add": 0.0001, ...}]: seconds of one call, the best of a few

PYTHON is an interpreter that has lightphe, or phe with gmpy2; nothing of this project is imported. Keys have 3,072
bits, for 128 bits of security. A plaintext holds 78 words, 39 bits each: offset so that none is negative, with room for
128 summed.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

KEY_BITS, SLOT_BITS, OFFSET, REPEATS = 3072, 39, 2**31, 5
PACKED = (KEY_BITS - 2) // SLOT_BITS


def main() -> None:
    """Time what is installed."""
    asked = json.loads(sys.argv[1])
    clock = time.process_time if asked["cpu_time"] else time.perf_counter
    found = []
    for name, make in (("lightphe", _lightphe), ("phe", _phe)):
        try:
            label = f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
        found.append(_timed(label, make(), asked["silos"], clock))
    if not found:
        sys.exit("neither lightphe nor phe is installed")
    print(json.dumps(found))


def _lightphe() -> tuple[Callable[[int], Any], Callable[[Any, Any], Any], Callable[[Any], int]]:
    from lightphe import LightPHE

    scheme = LightPHE(algorithm_name="Paillier", key_size=KEY_BITS).cs
    return scheme.encrypt, scheme.add, scheme.decrypt


def _phe() -> tuple[Callable[[int], Any], Callable[[Any, Any], Any], Callable[[Any], int]]:
    import phe

    public, private = phe.generate_paillier_keypair(n_length=KEY_BITS)
    return public.raw_encrypt, lambda a, b: a * b % public.nsquare, private.raw_decrypt


def _timed(label: str, scheme: Any, silos: int, clock: Callable[[], float]) -> dict[str, Any]:
    encrypt, add, decrypt = scheme
    words = [[random.randrange(-(2**24), 2**24) for _ in range(PACKED)] for _ in range(silos)]

    def best(call: Callable[[], Any]) -> float:
        seconds = float("inf")
        for _ in range(REPEATS):
            start_s = clock()
            call()
            seconds = min(seconds, clock() - start_s)
        return seconds

    sealed = [encrypt(_pack(one)) for one in words]
    total = sealed[0]
    for one in sealed[1:]:
        total = add(total, one)
    opened = decrypt(total)
    exact = [sum(column) for column in zip(*words, strict=True)]
    error = max(abs(a - b) for a, b in zip(_unpack(opened, silos), exact, strict=True))
    plain = _pack(words[0])
    return {
        "name": label,
        "packed": PACKED,
        "error": error,
        "ciphertext_bytes": 2 * KEY_BITS // 8,
        "key_bytes": KEY_BITS // 8,
        "pack": best(lambda: _pack(words[0])),
        "encrypt": best(lambda: encrypt(plain)),
        "add": best(lambda: add(sealed[0], sealed[1])),
        "decrypt": best(lambda: decrypt(total)),
        "unpack": best(lambda: _unpack(opened, silos)),
    }


def _pack(words: list[int]) -> int:
    packed = 0
    for word in reversed(words):
        packed = packed << SLOT_BITS | word + OFFSET
    return packed


def _unpack(packed: int, silos: int) -> list[int]:
    return [(packed >> SLOT_BITS * at & (1 << SLOT_BITS) - 1) - silos * OFFSET for at in range(PACKED)]


if __name__ == "__main__":
    main()
