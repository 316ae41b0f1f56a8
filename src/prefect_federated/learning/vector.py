"""Model tensors as one vector: named tensors <--manifest order--> float32 [d]."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prefect_federated.core.errors import ShapeMismatch
from prefect_federated.core.spec import Tensor

Manifest = Sequence[Tensor]


def size_of(manifest: Manifest) -> int:
    """d: how many numbers the manifest names.

    >>> size_of([Tensor(name="w", shape=(2, 3)), Tensor(name="b", shape=())])
    7
    """
    return sum(tensor.size for tensor in manifest)


def flatten(tensors: Mapping[str, ArrayLike], manifest: Manifest) -> NDArray[np.float32]:
    """Concatenate tensors in manifest order to float32 [d].

    Raises:
        ShapeMismatch: a name is missing or extra, or a shape differs.

    >>> shapes = [Tensor(name="w", shape=(1, 2)), Tensor(name="b", shape=(1,))]
    >>> flatten({"b": [3.0], "w": [[1.0, 2.0]]}, shapes)
    array([1., 2., 3.], dtype=float32)
    """
    arrays = {name: np.asarray(values, dtype=np.float32) for name, values in tensors.items()}
    require_tensors({name: values.shape for name, values in arrays.items()}, manifest)
    parts = [arrays[tensor.name].reshape(-1) for tensor in manifest]
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def unflatten(vector: NDArray[Any], manifest: Manifest) -> dict[str, NDArray[np.float32]]:
    """Cut a vector [d] into named tensors; copies, so that training never writes into the base.

    Raises:
        ShapeMismatch: the vector's length is not the manifest's.
    """
    if vector.shape != (size_of(manifest),):
        raise ShapeMismatch(
            f"a vector of shape {vector.shape} does not fill the manifest's {size_of(manifest)} numbers"
        )
    tensors, at = {}, 0
    for tensor in manifest:
        tensors[tensor.name] = vector[at : at + tensor.size].astype(np.float32).reshape(tensor.shape)
        at += tensor.size
    return tensors


def require_tensors(shapes: Mapping[str, tuple[int, ...]], manifest: Manifest) -> None:
    """Refuse tensors whose names or shapes are not the manifest's.

    Raises:
        ShapeMismatch: naming what is missing, unknown, or of another shape.
    """
    expected = {tensor.name: tuple(tensor.shape) for tensor in manifest}
    if set(shapes) != set(expected):
        extra, absent = sorted(set(shapes) - set(expected))[:3], sorted(set(expected) - set(shapes))[:3]
        raise ShapeMismatch(
            f"{len(shapes)} tensors arrived, the manifest names {len(expected)}; missing {absent}, unknown {extra}"
        )
    for name, shape in shapes.items():
        if shape != expected[name]:
            raise ShapeMismatch(f"tensor {name!r} has shape {shape}, the manifest says {expected[name]}")
