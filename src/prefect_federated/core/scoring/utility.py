"""What a set of updates is worth: held-out examples that the model of their weighted mean gets right."""

from collections.abc import Callable

Utility = Callable[[frozenset[int]], int]  # participant indices -> count; the empty set is the base model
