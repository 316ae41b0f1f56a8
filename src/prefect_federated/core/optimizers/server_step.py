"""The server's step of a round: next model and next state, the same bits on every machine.

aggregate words --decode--> delta --optimiser--> move;   base + move --encode--> next model;   moments --> next state

The aggregate is an exact integer, whatever the order in which updates came. From there on only `+ - * /`, `sqrt`,
sign and rounding are used, elementwise in float64: IEEE 754 defines each of them to the last bit, and numpy does one
at a time, so that none is fused or reordered. Powers, exponentials and sums over coordinates are not used: they
differ between machines. What is left that a process could change is how it treats numbers below 2^-1022; a process
that flushes them to zero is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.combine import Words, add
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.fixed_point import Encoding, decode, encode
from prefect_federated.core.optimizers import fedavgm, fednova, fedopt
from prefect_federated.core.payload import INT32_MAX
from prefect_federated.core.server_spec import FedAdagrad, FedAdam, FedAvg, FedAvgM, FedNova, ServerSpec

Reals = NDArray[np.float64]
State = Mapping[str, Reals]  # by name of the moment, float64 [d] each; empty where none is kept


@dataclass(frozen=True, slots=True)
class Stepped:
    """Model words int32 `[d]` and the state that the next round starts from."""

    model: Words
    state: State


def server_step(server: ServerSpec, base: Words, aggregate: Words, state: State, frac_bits: int) -> Stepped:
    """Step from the base model along the aggregate.

    Args:
        server: the task's optimiser with its settings.
        base: int32 `[d]`.
        aggregate: int32 `[d]`, from `combine`.
        state: as the last round left it, `initial_state` before the first.
        frac_bits: a word counts `2**-frac_bits`.

    Raises:
        ConfigurationError: this process rounds tiny numbers to zero.

    >>> words = np.array([8], np.int32)
    >>> server_step(FedAvg(), words, words, {}, 4).model
    array([16], dtype=int32)
    >>> stepped = server_step(FedAvgM(momentum=0.5), words, words, {"m": np.array([1.0])}, 4)
    >>> stepped.model, stepped.state  # (8/16 + 0.5 * 1.0 + 8/16) * 16
    (array([24], dtype=int32), {'m': array([1.])})
    """
    if isinstance(server, FedAvg):
        return Stepped(add(base, aggregate), {})
    _require_gradual_underflow()
    encoding = Encoding(frac_bits, INT32_MAX)
    moved, after = _moved(server, decode(aggregate, encoding), state)
    model, _ = encode(decode(base, encoding) + moved, encoding)
    return Stepped(model, after)


def initial_state(server: ServerSpec, d: int) -> State:
    """The state before the first round, float64 `[d]` each: m is 0, v is tau^2.

    >>> initial_state(FedAdam(tau=0.5), 2)
    {'m': array([0., 0.]), 'v': array([0.25, 0.25])}
    """
    if isinstance(server, FedAvg | FedNova):
        return {}
    if isinstance(server, FedAvgM):
        return {"m": np.zeros(d)}
    return {"m": np.zeros(d), "v": np.full(d, server.tau * server.tau)}


def _moved(server: ServerSpec, delta: Reals, state: State) -> tuple[Reals, State]:
    if isinstance(server, FedAvg):
        return delta, {}
    if isinstance(server, FedNova):
        return fednova.move(delta), {}
    if isinstance(server, FedAvgM):
        moved, m = fedavgm.fedavgm(delta, state["m"], momentum=server.momentum, learning_rate=server.learning_rate)
        return moved, {"m": m}
    m = fedopt.first_moment(delta, state["m"], server.beta1)
    if isinstance(server, FedAdagrad):
        v = fedopt.adagrad_moment(delta, state["v"])
    elif isinstance(server, FedAdam):
        v = fedopt.adam_moment(delta, state["v"], server.beta2)
    else:
        v = fedopt.yogi_moment(delta, state["v"], server.beta2)
    return fedopt.move(m, v, learning_rate=server.learning_rate, tau=server.tau), {"m": m, "v": v}


def _require_gradual_underflow() -> None:
    """Some libraries set the processor to flush subnormal numbers to zero; moments that fade away get there."""
    if not (np.full(2, 2.0**-1073) * 0.5).all():
        raise ConfigurationError(
            "this process takes 2^-1074 for 0, so that its model would have other bits than everybody else's; call"
            " torch.set_flush_denormal(False), or run the step in a process of its own"
        )
