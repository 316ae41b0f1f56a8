"""Safetensors from outside: what is refused before anything is loaded."""

import io
import json
import pickle
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prefect_federated.core.errors import NonFiniteUpdate, PayloadError, ShapeMismatch
from prefect_federated.core.spec import Tensor
from prefect_federated.learning.tensors import load_safetensors, save_safetensors

MANIFEST = (Tensor(name="w", shape=(2, 3)), Tensor(name="b", shape=(2,)))
VECTOR = np.arange(8, dtype=np.float32)


def packed(header: object, data: bytes = VECTOR.tobytes()) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(begin: int, end: int, shape: list, dtype: str = "F32") -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


GOOD = {"w": entry(0, 24, [2, 3]), "b": entry(24, 32, [2])}


def test_what_is_saved_is_loaded_again() -> None:
    assert load_safetensors(save_safetensors(VECTOR, MANIFEST), MANIFEST).tolist() == VECTOR.tolist()
    assert load_safetensors(packed(GOOD), MANIFEST).tolist() == VECTOR.tolist()
    assert load_safetensors(packed({**GOOD, "__metadata__": {"by": "x"}}), MANIFEST).tolist() == VECTOR.tolist()


def test_pickle_is_refused_by_name_and_not_executed() -> None:
    class Evil:
        def __reduce__(self) -> tuple:
            return (pytest.fail, ("executed",))

    for protocol in (2, 3, 4, 5):
        with pytest.raises(PayloadError, match="pickle"):
            load_safetensors(pickle.dumps(Evil(), protocol), MANIFEST)


def test_torch_archive_is_refused_by_name() -> None:
    buffer = io.BytesIO()
    torch.save({"w": torch.zeros(2, 3)}, buffer)
    with pytest.raises(PayloadError, match="zip archive"):
        load_safetensors(buffer.getvalue(), MANIFEST)


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ({"w": GOOD["w"]}, "missing \\['b'\\]"),
        ({**GOOD, "x": entry(32, 36, [1])}, "unknown \\['x'\\]"),
        ({**GOOD, "w": entry(0, 24, [3, 2])}, "shape \\(3, 2\\), the manifest says \\(2, 3\\)"),
        ({**GOOD, "w": entry(0, 24, [0, 2**40])}, "shape"),
        ({**GOOD, "w": entry(0, 24, [2, 3], "F64")}, "dtype 'F64'"),
        ({**GOOD, "b": entry(16, 24, [2])}, "lies at bytes"),
        ({**GOOD, "b": entry(28, 36, [2])}, "lies at bytes"),
        ({**GOOD, "w": entry(24, 0, [2, 3])}, "lies at bytes"),
    ],
)
def test_header_that_differs_from_the_manifest_is_refused(header: dict, named: str) -> None:
    with pytest.raises(ShapeMismatch, match=named):
        load_safetensors(packed(header), MANIFEST)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "not safetensors"),
        (b"\x00" * 8, "not safetensors"),
        (packed(GOOD)[:40], "not safetensors"),
        (struct.pack("<Q", 2**62) + b"{}", "not safetensors"),
        (packed(b"{" + b" " * 100_000 + b"}"), "not safetensors"),
        (packed(b"{nonsense"), "no JSON"),
        (packed(b'{"w":' + b"[" * 2000), "no JSON|not safetensors"),
        (packed(json.dumps(GOOD).encode()[:-1] + b',"b":' + json.dumps(GOOD["b"]).encode() + b"}"), "twice"),
        (packed({**GOOD, "w": {**GOOD["w"], "more": 1}}), "has no dtype"),
        (packed({**GOOD, "w": 3}), "has no dtype"),
        (packed({**GOOD, "w": entry(0, 24, [2.0, 3])}), "no list of sizes"),
        (packed({**GOOD, "w": entry(0, 24, [-2, -3])}), "no list of sizes"),
        (packed({**GOOD, "w": entry(0, 24, [True, 3])}), "no list of sizes"),
    ],
)
def test_damaged_header_is_refused(content: bytes, named: str) -> None:
    with pytest.raises(PayloadError, match=named):
        load_safetensors(content, MANIFEST)


@pytest.mark.parametrize("data", [VECTOR.tobytes()[:-4], VECTOR.tobytes() + b"\x00" * 4])
def test_wrong_number_of_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(ShapeMismatch, match=r"holds (28|36) bytes of tensors, the manifest names 32"):
        load_safetensors(packed(GOOD, data), MANIFEST)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_with_their_count(value: float) -> None:
    spoilt = VECTOR.copy()
    spoilt[3] = value
    with pytest.raises(NonFiniteUpdate, match="1 of 8 values"):
        load_safetensors(packed(GOOD, spoilt.tobytes()), MANIFEST)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(packed(GOOD)) - 1), st.integers(1, 255))
def test_any_flipped_byte_is_refused_or_gives_a_finite_vector(at: int, flip: int) -> None:
    content = bytearray(packed(GOOD))
    content[at] ^= flip
    try:
        vector = load_safetensors(bytes(content), MANIFEST)
    except PayloadError:
        return
    assert vector.shape == (8,)
    assert np.isfinite(vector).all()
