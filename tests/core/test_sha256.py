"""Many SHA-256 at once: whatever does the work, the digests are those of hashlib."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.merkle import buffer_leaves, leaf_hash, root, root_of_leaves, root_of_rows
from prefect_federated.core.sha256 import by_hashlib, by_update, digests, libcrypto_update

SIZES = [0, 1, 54, 55, 56, 62, 63, 64, 119, 120, 127, 1024]  # around the places where padding takes another block


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
@pytest.mark.parametrize("prefix", [0, 1, 255])
def test_digests_are_those_of_hashlib(prefix: int, count: int, size: int) -> None:
    records = np.random.default_rng(size).integers(0, 256, (count, size), dtype=np.uint8)
    expected = [hashlib.sha256(bytes([prefix]) + row.tobytes()).digest() for row in records]
    assert [row.tobytes() for row in by_hashlib(prefix, records)] == expected
    assert [row.tobytes() for row in digests(prefix, records)] == expected
    if update := libcrypto_update():
        assert [row.tobytes() for row in by_update(update, prefix, records)] == expected


def test_a_library_that_disagrees_with_hashlib_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        """Stands for a libcrypto with another layout of its states: nothing ends up where it is read."""

        def __init__(self, path: str) -> None:
            self.SHA256_Update = type("Function", (), {"__call__": lambda *_: None})()

    monkeypatch.setattr("ctypes.PyDLL", Library)
    assert libcrypto_update.__wrapped__() is None


def test_a_library_without_the_function_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.PyDLL", lambda path: object())
    assert libcrypto_update.__wrapped__() is None


@given(st.binary(max_size=2000), st.integers(1, 40))
def test_leaves_of_a_buffer_are_those_of_its_chunks(buffer: bytes, chunk_bytes: int) -> None:
    chunks = [buffer[at : at + chunk_bytes] for at in range(0, len(buffer), chunk_bytes)]
    leaves = buffer_leaves(buffer, chunk_bytes)
    assert [row.tobytes() for row in leaves] == [leaf_hash(chunk) for chunk in chunks]
    assert root_of_rows(leaves) == root(chunks) == root_of_leaves([leaf_hash(chunk) for chunk in chunks])


def test_leaves_of_an_array_are_those_of_its_bytes() -> None:
    words = np.arange(1000, dtype=np.int32)
    assert (buffer_leaves(words.data) == buffer_leaves(words.tobytes())).all()
