"""Safetensors bytes from outside, checked against the manifest before anything is loaded.

bytes --magic--> header --names, shapes, types, offsets, size--> loaded --finite--> vector float32 [d]
"""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import NonFiniteUpdate, PayloadError, ShapeMismatch
from prefect_federated.learning.vector import Manifest, flatten, require_tensors, unflatten

__all__ = ["flatten", "load_safetensors", "save_safetensors", "unflatten"]


def save_safetensors(vector: NDArray[Any], manifest: Manifest) -> bytes:
    """Write a vector [d] as a safetensors file of float32 tensors."""
    from safetensors.numpy import save

    return bytes(save(unflatten(vector, manifest)))


def load_safetensors(content: bytes, manifest: Manifest) -> NDArray[np.float32]:
    """Read a safetensors file into float32 [d], after its header was compared with the manifest.

    Raises:
        PayloadError: not safetensors (a pickle or zip archive is refused by name), or damaged.
        ShapeMismatch: names, shapes, types or sizes differ from the manifest.
        NonFiniteUpdate: a value is NaN or infinite.
    """
    header_bytes = _header_length(content, manifest)
    _require_header(_parse_header(content[8 : 8 + header_bytes]), manifest, len(content) - 8 - header_bytes)
    from safetensors.numpy import load

    vector = flatten(load(content), manifest)
    if not np.isfinite(vector).all():
        raise NonFiniteUpdate(
            f"{int((~np.isfinite(vector)).sum())} of {vector.size} values are NaN or infinite; refuse it"
        )
    return vector


def _header_length(content: bytes, manifest: Manifest) -> int:
    cap = 4096 + sum(256 + 8 * len(tensor.name) for tensor in manifest)
    length = int.from_bytes(content[:8], "little")
    if content[8:9] == b"{" and length <= cap and 8 + length <= len(content):
        return length
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        raise PayloadError("these bytes are a zip archive (of torch.save?), which can execute code; send safetensors")
    if content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise PayloadError("these bytes are a pickle, which can execute code when loaded; send safetensors")
    raise PayloadError(
        f"these {len(content)} bytes are not safetensors: header of {length} bytes, at most {cap} expected;"
        " write the file with safetensors.numpy.save"
    )


def _parse_header(text: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise PayloadError("the safetensors header names a key twice; refuse the file")
        return dict(pairs)

    try:
        header = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"the safetensors header is no JSON: {type(error).__name__}; refuse the file") from error
    if not isinstance(header, dict):
        raise PayloadError("the safetensors header is no JSON object; refuse the file")
    header.pop("__metadata__", None)
    return header


def _require_header(header: dict[str, Any], manifest: Manifest, data_bytes: int) -> None:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, entry in header.items():
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise PayloadError(f"tensor {name[:64]!r} has no dtype, shape and data_offsets; refuse the file")
        if entry["dtype"] != "F32":
            raise ShapeMismatch(f"tensor {name[:64]!r} has dtype {str(entry['dtype'])[:16]!r}, the manifest says 'F32'")
        shapes[name] = _integers(entry["shape"], name)
    require_tensors(shapes, manifest)
    at = 0
    sizes = {tensor.name: 4 * tensor.size for tensor in manifest}
    spans = sorted((_integers(entry["data_offsets"], name), sizes[name]) for name, entry in header.items())
    for span, size in spans:
        if span != (at, at + size):
            raise ShapeMismatch(
                f"a tensor lies at bytes {span}, the manifest puts it at {(at, at + size)}; refuse the file"
            )
        at += size
    if at != data_bytes:
        raise ShapeMismatch(f"the file holds {data_bytes} bytes of tensors, the manifest names {at}; refuse the file")


def _integers(values: Any, name: str) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int and value >= 0 for value in values):
        raise PayloadError(f"tensor {name[:64]!r} has a shape or offset that is no list of sizes; refuse the file")
    return tuple(values)
