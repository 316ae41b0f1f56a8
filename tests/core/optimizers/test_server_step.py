"""The server's step: the papers' formulas to the last bit, whoever computes it, in any order."""

import hashlib
import itertools
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.combine import Update, combine
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.optimizers.server_step import initial_state, server_step
from prefect_federated.core.server_spec import FedAdagrad, FedAdam, FedAvg, FedAvgM, FedNova, FedYogi, ServerSpec
from prefect_federated.core.server_state import state_root
from prefect_federated.core.spec import RuleSpec
from tests.core.optimizers.plain import bits_of, plain_step

WITH_STATE: list[ServerSpec] = [
    FedAvgM(learning_rate=0.7, momentum=0.9),
    FedAdagrad(learning_rate=0.03, beta1=0.3),
    FedAdam(learning_rate=0.03),
    FedYogi(learning_rate=0.03),
]
EVERY: list[ServerSpec] = [FedAvg(), FedNova(), *WITH_STATE]
NAMES = {"argvalues": EVERY, "ids": lambda server: server.name}
WORD = st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(-70_000, 70_000), st.sampled_from([0, 1, -1]))


@pytest.mark.parametrize("server", **NAMES)
@given(st.data())
def test_rounds_have_the_bits_of_plain_python(server: ServerSpec, data: st.DataObject) -> None:
    d, rounds, bits = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4)), data.draw(st.integers(0, 30))
    words = st.lists(WORD, min_size=d, max_size=d)
    model = data.draw(words)
    base, state, theirs = np.array(model, np.int32), initial_state(server, d), dict(initial_state(server, d))
    for _ in range(rounds):
        aggregate = data.draw(words)
        stepped = server_step(server, base, np.array(aggregate, np.int32), state, bits)
        model, moments = plain_step(server, model, aggregate, {k: list(map(float, v)) for k, v in theirs.items()}, bits)
        assert stepped.model.tolist() == model and stepped.model.dtype == np.int32
        assert bits_of({name: values.tolist() for name, values in stepped.state.items()}) == bits_of(moments)
        base, state = stepped.model, stepped.state
        theirs = {name: np.array(values) for name, values in moments.items()}


FIRST = np.array([32_768, -16_384, 0], np.int32)  # 0.5, -0.25, 0 at 16 bits
DELTA = (0.5, -0.25, 0.0)


@pytest.mark.parametrize(
    ("server", "move"),
    [
        (FedAvg(), lambda x: x),
        (FedAvgM(learning_rate=2.0, momentum=0.9), lambda x: 2 * x),
        (FedAdagrad(learning_rate=0.1, tau=0.01), lambda x: 0.1 * x / (math.hypot(0.01, x) + 0.01)),
        (
            FedAdam(learning_rate=0.1, beta1=0.9, beta2=0.99, tau=0.01),
            lambda x: 0.01 * x / (math.sqrt(0.99e-4 + 0.01 * x**2) + 0.01),
        ),
        (
            FedYogi(learning_rate=0.1, beta1=0.9, beta2=0.99, tau=0.01),
            lambda x: 0.01 * x / (math.sqrt(1e-4 + 0.01 * x**2) + 0.01),
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_first_step_is_the_formula_worked_out_by_hand(server: ServerSpec, move) -> None:
    stepped = server_step(server, np.zeros(3, np.int32), FIRST, initial_state(server, 3), 16)
    assert stepped.model.tolist() == [round(move(x) * 2**16) for x in DELTA]


def test_momentum_of_a_steady_aggregate_nears_its_geometric_sum() -> None:
    server, base, state = FedAvgM(momentum=0.5), np.zeros(1, np.int32), initial_state(FedAvgM(), 1)
    for rounds in range(1, 20):
        stepped = server_step(server, base, np.array([65_536], np.int32), state, 16)
        base, state = stepped.model, stepped.state
        assert state["m"].tolist() == [2 - 0.5 ** (rounds - 1)]


def test_yogi_forgets_a_large_square_slower_than_adam() -> None:
    state = {"m": np.zeros(1), "v": np.ones(1)}
    zero, small = np.zeros(1, np.int32), np.array([64], np.int32)
    adam, yogi = (server_step(server, zero, small, state, 16).state["v"] for server in (FedAdam(), FedYogi()))
    assert adam < 0.991 and 0.999999 < yogi < 1


def test_model_is_held_at_the_ends_of_int32() -> None:
    top = np.array([2**31 - 1, -(2**31) + 1], np.int32)
    assert server_step(FedAvgM(), top, top, initial_state(FedAvgM(), 2), 16).model.tolist() == top.tolist()


@pytest.mark.parametrize("server", **NAMES)
def test_neither_order_of_arrival_nor_number_of_threads_changes_a_hash(server: ServerSpec) -> None:
    draw = np.random.default_rng(5)
    d = 20_011
    updates = [Update(str(i), 3 + i, draw.integers(-90_000, 90_000, d, dtype=np.int32)) for i in range(4)]
    base = draw.integers(-(2**20), 2**20, d, dtype=np.int32)

    def hashed(order: tuple[Update, ...]) -> str:
        model, state = base, initial_state(server, d)
        for _ in range(3):
            stepped = server_step(server, model, combine(RuleSpec(), order).aggregate, state, 16)
            model, state = stepped.model, stepped.state
        return hashlib.sha256(model.tobytes()).hexdigest() + state_root(server, state, 1024).hex()

    orders = list(itertools.permutations(updates))
    alone = {hashed(order) for order in orders[:3]}
    with ThreadPoolExecutor(8) as pool:
        assert len(alone | set(pool.map(hashed, orders))) == 1


ELSEWHERE = """
import hashlib, numpy as np
from prefect_federated.core.optimizers.server_step import initial_state, server_step
from prefect_federated.core.server_spec import FedAdagrad, FedAdam, FedAvgM, FedYogi
from prefect_federated.core.server_state import state_root
from numpy._core._multiarray_umath import __cpu_features__ as have
draw, d = np.random.default_rng(7), 30_013
for server in (FedAvgM(), FedAdagrad(), FedAdam(), FedYogi()):
    model, state = draw.integers(-2**20, 2**20, d, dtype=np.int32), initial_state(server, d)
    for _ in range(3):
        stepped = server_step(server, model, draw.integers(-2**17, 2**17, d, dtype=np.int32), state, 16)
        model, state = stepped.model, stepped.state
    print(hashlib.sha256(model.tobytes()).hexdigest(), state_root(server, state, 1024).hex())
"""


def test_other_vector_units_and_thread_settings_give_the_same_bits() -> None:
    """numpy picks its loops by what the processor can do; without the wide ones it is another machine."""
    import numpy._core._multiarray_umath as core

    wide = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
    outputs = set()
    for settings in ({"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "4"}, {"NPY_DISABLE_CPU_FEATURES": " ".join(wide)}):
        command = [sys.executable, "-c", ELSEWHERE]
        outputs.add(subprocess.run(command, env=os.environ | settings, capture_output=True, check=True).stdout)
    assert len(outputs) == 1 and len(outputs.pop().split()) == 8


def test_process_that_flushes_tiny_numbers_is_refused() -> None:
    import torch

    zero = np.zeros(1, np.int32)
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormal numbers")
    try:
        with pytest.raises(ConfigurationError, match="set_flush_denormal"):
            server_step(FedAvgM(), zero, zero, initial_state(FedAvgM(), 1), 16)
    finally:
        torch.set_flush_denormal(False)
    server_step(FedAvgM(), zero, zero, initial_state(FedAvgM(), 1), 16)
