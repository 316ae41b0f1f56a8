"""A root that is worked out while the bytes go by is the root of the bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefect_federated.core.merkle import EMPTY_ROOT, RunningRoot, chunks_of, root


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=70), max_size=12), st.sampled_from([1, 7, 32]))
def test_pieces_of_any_size_have_the_root_of_the_whole(pieces: list[bytes], chunk_bytes: int) -> None:
    running = RunningRoot(chunk_bytes)
    whole = b"".join(running.through(pieces))
    assert whole == b"".join(pieces)
    assert running.root() == (root(chunks_of(whole, chunk_bytes)) if whole else EMPTY_ROOT)


@pytest.mark.parametrize("piece", [65_536 + 16, 1 << 20, 3_000_001])
def test_streams_longer_than_what_is_held_have_the_root_of_the_whole(piece: int) -> None:
    whole = bytes(range(256)) * 20_000
    running = RunningRoot(1024)
    for _ in running.through(whole[at : at + piece] for at in range(0, len(whole), piece)):
        pass
    assert running.root() == root(chunks_of(whole, 1024))
