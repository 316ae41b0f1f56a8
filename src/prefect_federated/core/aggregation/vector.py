"""What a rule reads of an update: its words a slice at a time, whether they lie in memory or in a file."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Vector(Protocol):
    """int32 `[d]`: an array, or whatever reads one slice of consecutive words when it is asked for it.

    A rule asks for a few thousand words at a time, of one update after the other, and keeps none of them: however
    many updates there are, it needs the memory of its result and of one block.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """`(d,)`."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """int32."""
        ...

    @property
    def size(self) -> int:
        """d."""
        ...

    def __getitem__(self, at: slice, /) -> NDArray[np.int32]:
        """The words from `at.start` to `at.stop`."""
        ...
