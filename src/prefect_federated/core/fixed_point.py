"""Fixed point: the map between real numbers and the int32 words that are committed, summed and hashed.

real x --(* 2**frac_bits, round half to even, clip)--> word --(* 2**-frac_bits)--> real
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import NonFiniteUpdate, ShapeMismatch, SpecError

MAX_FRAC_BITS = 30
_BLOCK = 16_384  # numbers a step: the temporaries stay in the cache

Reals = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a part's numbers become words: `word = clip(rint(x * 2**frac_bits), -limit, limit)`.

    Attributes:
        frac_bits: binary digits after the point, 0 to 30; the step is `2**-frac_bits`.
        limit: largest absolute word, 1 to `2**31 - 1`; the range is `limit * 2**-frac_bits`.

    Raises:
        SpecError: a field is no integer or outside its range.
    """

    frac_bits: int
    limit: int

    def __post_init__(self) -> None:
        _check_range("frac_bits", self.frac_bits, 0, MAX_FRAC_BITS)
        _check_range("limit", self.limit, 1, 2**31 - 1)


def encode(values: Reals, encoding: Encoding) -> tuple[NDArray[np.int32], int]:
    """Round real numbers to words; count those that had to be clipped.

    Scaling by a power of two is exact, so a float32 and the float64 of the same value give the same word.

    Args:
        values: float32 or float64 `[d]`, trained minus base.
        encoding: scale and clip range of the part.

    Returns:
        int32 `[d]` and the count of coordinates outside the range.

    Raises:
        NonFiniteUpdate: a coordinate is NaN or infinite.
        ShapeMismatch: not one dimension of float32 or float64.

    >>> encode(np.array([0.5, -0.75, 0.625, 100.0]), Encoding(frac_bits=2, limit=8))
    (array([ 2, -3,  2,  8], dtype=int32), 1)
    """
    _check_reals(values)
    words = np.empty(values.shape, np.int32)
    scratch = np.empty(min(_BLOCK, values.size), np.float64)
    clipped = 0
    for at in range(0, values.size, _BLOCK):
        block = values[at : at + _BLOCK]
        if not (np.isfinite(block.min()) and np.isfinite(block.max())):
            raise _non_finite(values)
        clipped += _encode_block(block, encoding, scratch[: block.size], words[at : at + _BLOCK])
    return words, clipped


def decode(words: NDArray[np.int32], encoding: Encoding) -> NDArray[np.float64]:
    """Real numbers that the words stand for, exactly: `word * 2**-frac_bits`.

    Args:
        words: int32 `[d]`.

    >>> decode(np.array([2, -3], np.int32), Encoding(frac_bits=2, limit=8))
    array([ 0.5 , -0.75])
    """
    return np.multiply(words, 2.0**-encoding.frac_bits, dtype=np.float64)


def decode_single(words: NDArray[np.int32], encoding: Encoding) -> NDArray[np.float32]:
    """The float32 nearest to each of them, without all of them as float64 beside it.

    Args:
        words: int32 `[d]`.

    >>> decode_single(np.array([2, -3], np.int32), Encoding(frac_bits=2, limit=8))
    array([ 0.5 , -0.75], dtype=float32)
    """
    numbers = np.empty(words.size, np.float32)
    for at in range(0, words.size, _BLOCK):
        numbers[at : at + _BLOCK] = decode(words[at : at + _BLOCK], encoding)
    return numbers


def _encode_block(block: Reals, encoding: Encoding, scaled: NDArray[np.float64], words: NDArray[np.int32]) -> int:
    scale, limit = 2.0**encoding.frac_bits, encoding.limit
    np.copyto(scaled, block)
    with np.errstate(over="ignore"):  # 1e308 scales to infinity, which the clip brings back
        np.multiply(scaled, scale, out=scaled)
    np.rint(scaled, out=scaled)
    clipped = 0
    if scaled.max() > limit or scaled.min() < -limit:
        clipped = int(np.count_nonzero(np.abs(scaled) > limit))
        np.clip(scaled, -limit, limit, out=scaled)
    np.copyto(words, scaled, casting="unsafe")  # integers within int32 by now
    return clipped


def _check_range(name: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SpecError(f"encoding has {name}={value!r}; give an integer from {low} to {high}")


def _check_reals(values: NDArray[Any]) -> None:
    if values.ndim != 1 or values.dtype not in (np.float32, np.float64):
        raise ShapeMismatch(
            f"encode takes float32 or float64 [d], not {values.dtype} {list(values.shape)}; flatten or cast"
        )


def _non_finite(values: Reals) -> NonFiniteUpdate:
    bad = ~np.isfinite(values)
    first = int(bad.argmax())
    return NonFiniteUpdate(
        f"{int(bad.sum())} of {values.size} coordinates are NaN or infinite, the first is "
        f"{float(values[first])} at index {first}; lower the learning rate or clip, then train again"
    )
