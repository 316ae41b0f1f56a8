"""What updates of a buffered round count, the older the less, from the written definition."""

import math
from typing import Any


def counted() -> dict[str, Any]:
    """Return weights, how many versions their bases lie behind, and what they count: w / sqrt(1 + behind)."""
    weights = [1, 2, 3, 100, 398, 65_535, 10_000_000, 2**32 - 1]
    pairs = [(w, behind) for w in weights for behind in (0, 1, 2, 3, 7, 15, 16)]
    factors = [math.isqrt(2**32 // (1 + behind)) for _, behind in pairs]
    found = [max(w * factor // 2**16, 1) for (w, _), factor in zip(pairs, factors, strict=True)]
    return {
        "weights": [w for w, _ in pairs],
        "behind": [behind for _, behind in pairs],
        "counted": found,
    }
