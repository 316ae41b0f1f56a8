"""State of a server optimiser as bytes under a Merkle root: float64, exactly as computed.

chunk 0: header (magic, length, canonical JSON, zeros) | first moment, zero-padded to a chunk | second | ...

Numbers are little-endian float64. Nothing is rounded: the next round goes on from the bits that this one left.
"""

from collections.abc import Iterator

import numpy as np

from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.merkle import buffer_leaves, root_of_rows
from prefect_federated.core.optimizers.server_step import State
from prefect_federated.core.server_spec import ServerSpec

MAGIC = b"PFS1"
FORMAT = "federated-state/1"
NUMBER_BYTES = 8
NO_STATE = bytes(32)  # root in place of a state: FedAvg keeps none, and nobody has stepped before version 1


def state_root(server: ServerSpec, state: State, chunk_bytes: int) -> bytes:
    """Merkle root of the state's stream, 32 bytes; `NO_STATE` for an optimiser that keeps none."""
    if not server.moments:
        return NO_STATE
    return stream_root(state_stream(server, state, chunk_bytes), chunk_bytes)


def stream_root(stream: bytes, chunk_bytes: int) -> bytes:
    """Merkle root of bytes that are said to be a state, 32 bytes."""
    return root_of_rows(buffer_leaves(stream, chunk_bytes))


def state_bytes(server: ServerSpec, d: int, chunk_bytes: int) -> int:
    """Length of the stream in bytes: header chunk, and whole chunks for every moment.

    >>> from prefect_federated.core.server_spec import FedAdam
    >>> state_bytes(FedAdam(), 3, 256)
    768
    """
    return chunk_bytes * (1 + len(server.moments) * -(-d * NUMBER_BYTES // chunk_bytes))


def state_stream(server: ServerSpec, state: State, chunk_bytes: int) -> bytes:
    """The state's bytes.

    Raises:
        PayloadError: the moments are not those of the optimiser, float64 `[d]` each.
    """
    if tuple(state) != server.moments or len({values.shape for values in state.values()}) > 1:
        shown = {name: list(values.shape) for name, values in state.items()}
        raise PayloadError(f"{server.name} keeps {', '.join(server.moments)} of one length, the state holds {shown}")
    d = len(next(iter(state.values())))
    return b"".join((_header(server, d, chunk_bytes), *_padded(state, chunk_bytes)))


def parse_state(stream: bytes, server: ServerSpec, d: int, chunk_bytes: int) -> State:
    """Read a state: read-only views of the stream, float64 `[d]`.

    Raises:
        PayloadError: another length, optimiser or size; padding that is not zero; a number that no step leaves.
    """
    size, header = state_bytes(server, d, chunk_bytes), _header(server, d, chunk_bytes)
    if len(stream) != size:
        raise PayloadError(f"the state has {len(stream)} bytes, {server.name} of {d} numbers {size}; it was altered")
    if stream[:chunk_bytes] != header:
        raise PayloadError(f"the state starts with {stream[:80]!r}, expected {header[:80]!r}; it is another task's")
    step = (size - chunk_bytes) // len(server.moments)
    places = {name: chunk_bytes + at * step for at, name in enumerate(server.moments)}
    state = {name: np.frombuffer(stream, "<f8", d, at) for name, at in places.items()}
    for name, values in state.items():
        if any(stream[places[name] + d * NUMBER_BYTES : places[name] + step]):
            raise PayloadError(f"padding after {name} of the state is not zero; it was altered")
        if not np.isfinite(values).all() or (name == "v" and values.min() < 0):
            raise PayloadError(
                f"{name} of the state holds NaN, infinity or a negative square, which no step leaves; its proposer"
                " lied, and the sponsor must roll back to the version before"
            )
    return state


def _header(server: ServerSpec, d: int, chunk_bytes: int) -> bytes:
    parts = [{"name": name, "count": d} for name in server.moments]
    body = canonical({"format": FORMAT, "optimizer": server.name, "chunk_bytes": chunk_bytes, "parts": parts})
    return (MAGIC + len(body).to_bytes(2, "big") + body).ljust(chunk_bytes, b"\x00")


def _padded(state: State, chunk_bytes: int) -> Iterator[bytes]:
    for values in state.values():
        octets = np.ascontiguousarray(values, dtype="<f8").tobytes()
        yield octets.ljust(-(-len(octets) // chunk_bytes) * chunk_bytes, b"\x00")
