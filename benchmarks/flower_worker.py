"""Flower's primitives of secure aggregation, timed one by one in an environment of their own.

    PYTHON benchmarks/flower_worker.py '{"holders": 100, "threshold": 67, "parameters": 1000000, "cpu_time": true}'

    --> {"version": "1.42.0", "share": 0.3, "join": 0.2, "prg": 0.01, ...}: seconds of one call each, the best of a few

PYTHON is an interpreter that has Flower; nothing of this project is imported.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

os.environ["FLWR_TELEMETRY_ENABLED"] = "0"

from flwr.common.secure_aggregation.crypto.shamir import combine_shares, create_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import decrypt, encrypt, generate_shared_key
from flwr.common.secure_aggregation.ndarrays_arithmetic import parameters_addition, parameters_mod
from flwr.common.secure_aggregation.secaggplus_utils import pseudo_rand_gen, share_keys_plaintext_concat
from flwr.supercore.primitives.asymmetric import generate_key_pairs, private_key_to_bytes

RANGE = 2**32


def main() -> None:
    """Time each primitive on what the protocol would give it."""
    asked = json.loads(sys.argv[1])
    clock = time.process_time if asked["cpu_time"] else time.perf_counter

    def best(call: Callable[[], Any], repeats: int) -> float:
        seconds = float("inf")
        for _ in range(repeats):
            start_s = clock()
            call()
            seconds = min(seconds, clock() - start_s)
        return seconds

    (private, public), seed = generate_key_pairs(), os.urandom(32)
    key, many, enough = private_key_to_bytes(private), asked["holders"], asked["threshold"]
    shape = [(asked["parameters"],)]
    of_seed, of_key = create_shares(seed, enough, many), create_shares(key, enough, many)
    secret = generate_shared_key(private, public)
    plain = share_keys_plaintext_concat(1, 2, of_seed[0], of_key[0])
    sealed, mask = encrypt(secret, plain), pseudo_rand_gen(seed, RANGE, shape)
    words = [array.copy() for array in mask]
    took = {
        "share_seed": best(lambda: create_shares(seed, enough, many), 2),
        "share_key": best(lambda: create_shares(key, enough, many), 2),
        "join_seed": best(lambda: combine_shares(of_seed[:enough]), 2),
        "join_key": best(lambda: combine_shares(of_key[:enough]), 2),
        "agree": best(lambda: generate_shared_key(private, public), 20),
        "seal": best(lambda: encrypt(secret, plain), 20),
        "open": best(lambda: decrypt(secret, sealed), 20),
        "mask": best(lambda: pseudo_rand_gen(seed, RANGE, shape), 5),
        "add": best(lambda: parameters_addition(words, mask), 5),
        "modulo": best(lambda: parameters_mod(words, RANGE), 5),
    }
    print(json.dumps({"version": version("flwr"), "sealed_bytes": len(sealed), **took}), flush=True)


if __name__ == "__main__":
    main()
