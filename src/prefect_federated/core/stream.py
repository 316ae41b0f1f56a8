"""A payload's bytes wherever they lie, and its words read out of them a slice at a time.

stream[start : stop] -> bytes -> int32 words
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

WORD_BYTES = 4


class Stream(Protocol):
    """The bytes of a payload, in memory or in a file: their number, and a slice of them."""

    def __len__(self) -> int:
        """Bytes."""
        ...

    def __getitem__(self, at: slice, /) -> bytes:
        """The bytes from `at.start` to `at.stop`."""
        ...


@dataclass(frozen=True, slots=True)
class StreamWords:
    """Words that lie in a stream from byte `start` on, read a slice at a time."""

    stream: Stream
    start: int
    size: int

    @property
    def shape(self) -> tuple[int, ...]:
        """`(size,)`."""
        return (self.size,)

    @property
    def dtype(self) -> np.dtype[np.int32]:
        """int32."""
        return np.dtype(np.int32)

    def __getitem__(self, at: slice, /) -> NDArray[np.int32]:
        """The words of a slice without a step, held at the ends as an array's are; read-only."""
        first, end, step = at.indices(self.size)
        if step != 1:
            raise ValueError(f"words of a stream are read one after the other, not in steps of {step}")
        octets = self.stream[self.start + first * WORD_BYTES : self.start + max(first, end) * WORD_BYTES]
        return np.frombuffer(octets, dtype="<i4")
