"""The server optimisers in plain Python: one coordinate at a time, floats and integers, no numpy."""

import math
import struct
from collections.abc import Mapping, Sequence

from prefect_federated.core.server_spec import FedAdagrad, FedAdam, FedAvg, FedAvgM, FedNova, ServerSpec

MAX = 2**31 - 1
Moments = dict[str, list[float]]


def plain_step(
    server: ServerSpec, base: Sequence[int], aggregate: Sequence[int], state: Mapping[str, Sequence[float]], bits: int
) -> tuple[list[int], Moments]:
    """Next model and next state by the papers' formulas."""
    model: list[int] = []
    after: Moments = {name: [] for name in server.moments}
    for at, (old, word) in enumerate(zip(base, aggregate, strict=True)):
        if isinstance(server, FedAvg):
            model.append(max(-(2**31), min(MAX, old + word)))
            continue
        if isinstance(server, FedNova):
            moved = 0.0 if at == len(base) - 1 else (word / 2**bits) * (aggregate[-1] / 2**bits)
            model.append(max(-MAX, min(MAX, round((old / 2**bits + moved) * 2**bits))))
            continue
        move, moments = _coordinate(server, word / 2**bits, {name: state[name][at] for name in server.moments})
        model.append(max(-MAX, min(MAX, round((old / 2**bits + move) * 2**bits))))
        for name, value in moments.items():
            after[name].append(value)
    return model, after


def _coordinate(server: ServerSpec, delta: float, old: dict[str, float]) -> tuple[float, dict[str, float]]:
    if isinstance(server, FedAvgM):
        m = server.momentum * old["m"] + delta
        return server.learning_rate * m, {"m": m}
    assert not isinstance(server, FedAvg)
    m = server.beta1 * old["m"] + (1 - server.beta1) * delta
    square, v = delta * delta, old["v"]
    if isinstance(server, FedAdagrad):
        v = v + square
    elif isinstance(server, FedAdam):
        v = server.beta2 * v + (1 - server.beta2) * square
    elif v > square:
        v = v - (1 - server.beta2) * square
    elif v < square:
        v = v + (1 - server.beta2) * square
    return server.learning_rate * m / (math.sqrt(v) + server.tau), {"m": m, "v": v}


def bits_of(state: Mapping[str, Sequence[float]]) -> dict[str, bytes]:
    """Every number as its eight bytes: 0.0 and -0.0 differ."""
    return {name: struct.pack(f"<{len(values)}d", *values) for name, values in state.items()}
