"""A server optimiser's state as bytes: exact to the bit, and nothing else passes for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.errors import PayloadError
from prefect_federated.core.merkle import chunks_of, root
from prefect_federated.core.server_spec import FedAdam, FedAvg, FedAvgM, FedYogi
from prefect_federated.core.server_state import NO_STATE, parse_state, state_bytes, state_root, state_stream

ADAM = FedAdam()
SQUARES = st.floats(0, allow_infinity=False, allow_nan=False)
NUMBERS = st.floats(allow_infinity=False, allow_nan=False)


@given(st.lists(st.tuples(NUMBERS, SQUARES), min_size=1, max_size=70))
def test_every_number_reads_back_with_its_bits(pairs: list[tuple[float, float]]) -> None:
    state = {name: np.array(values) for name, values in zip(("m", "v"), zip(*pairs, strict=True), strict=True)}
    stream = state_stream(ADAM, state, 256)
    found = parse_state(stream, ADAM, len(pairs), 256)
    assert {name: values.tobytes() for name, values in found.items()} == {k: v.tobytes() for k, v in state.items()}
    assert len(stream) == state_bytes(ADAM, len(pairs), 256)
    assert state_root(ADAM, state, 256) == root(chunks_of(stream, 256))


def state(d: int = 40) -> dict[str, np.ndarray]:
    return {"m": np.linspace(-1, 1, d), "v": np.linspace(0, 1, d)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({-1: b"\1"}, "padding after v"),
        ({256 + 40 * 8: b"\1"}, "padding after m"),
        ({20: b"\1"}, "another task's"),
        ({256: np.float64("nan").tobytes()}, "NaN"),
        ({256 + 512: np.float64("-1").tobytes()}, "negative square"),
    ],
    ids=["tail", "middle", "header", "nan", "negative"],
)
def test_altered_state_is_refused(changes: dict[int, bytes], message: str) -> None:
    stream = bytearray(state_stream(ADAM, state(), 256))
    for at, content in changes.items():
        at %= len(stream)
        stream[at : at + len(content)] = content
    with pytest.raises(PayloadError, match=message):
        parse_state(bytes(stream), ADAM, 40, 256)


def test_state_of_another_length_size_or_optimiser_is_refused() -> None:
    stream = state_stream(ADAM, state(), 256)
    with pytest.raises(PayloadError, match="1279 bytes, fedadam of 40 numbers 1280"):
        parse_state(stream[:-1], ADAM, 40, 256)
    with pytest.raises(PayloadError, match="another task's"):
        parse_state(stream, ADAM, 41, 256)
    with pytest.raises(PayloadError, match="another task's"):
        parse_state(stream, FedYogi(), 40, 256)
    with pytest.raises(PayloadError, match="fedavgm keeps m of one length"):
        state_stream(FedAvgM(), state(), 256)


def test_one_flipped_bit_is_another_root() -> None:
    other = state()
    other["m"][3] = np.nextafter(other["m"][3], 2)
    assert state_root(ADAM, other, 256) != state_root(ADAM, state(), 256)


def test_fedavg_has_no_state_and_no_root() -> None:
    assert state_root(FedAvg(), {}, 256) == NO_STATE
