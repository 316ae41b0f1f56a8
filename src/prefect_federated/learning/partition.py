"""Split one labelled table among silos so that each sees another mix of labels."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError


def label_skewed_split(
    labels: NDArray[np.integer], shares: Mapping[str, Sequence[float]], seed: int
) -> dict[str, NDArray[np.int64]]:
    """Deal the rows of each label out to the silos by their shares.

    Args:
        labels: int [n].
        shares: for each silo, the share of each label (in ascending order of labels) that it gets; the
            shares of a label sum to at most 1, what is left over goes to nobody.
        seed: decides which rows.

    Returns:
        Ascending row numbers by silo; no row twice.

    Raises:
        ConfigurationError: shares of a label sum to more than 1, or their number is not the number of labels.

    >>> split = label_skewed_split(np.array([0, 0, 0, 0, 1, 1]), {"a": (0.75, 0.5), "b": (0.25, 0.5)}, seed=1)
    >>> [len(rows) for rows in split.values()]
    [4, 2]
    """
    kinds = np.unique(labels)
    table = np.array(list(shares.values()), dtype=np.float64)  # [silos, labels]
    if table.ndim != 2 or table.shape[1] != len(kinds) or (table.sum(axis=0) > 1 + 1e-9).any() or (table < 0).any():
        raise ConfigurationError(
            f"shares need one number for each of {len(kinds)} labels, at most 1 in total; got {dict(shares)}"
        )
    rng = np.random.default_rng(seed)
    dealt: list[list[NDArray[np.int64]]] = [[] for _ in shares]
    for column, kind in enumerate(kinds):
        rows = rng.permutation(np.flatnonzero(labels == kind)).astype(np.int64)
        ends = np.rint(np.cumsum(table[:, column]) * len(rows)).astype(int)
        for silo, part in enumerate(np.split(rows, ends)[: len(table)]):
            dealt[silo].append(part)
    return {name: np.sort(np.concatenate(parts)) for name, parts in zip(shares, dealt, strict=True)}


def dirichlet_split(
    labels: NDArray[np.integer], silos: Sequence[str], alpha: float, seed: int
) -> dict[str, NDArray[np.int64]]:
    """Deal the rows of each label out by shares drawn from a Dirichlet distribution; every row goes to somebody.

    Source: section 3 of Hsu et al. 2019, https://arxiv.org/abs/1909.06335, with shares drawn for each label.

    Args:
        labels: int [n].
        alpha: the smaller, the fewer silos share a label; 100 is nearly even.
        seed: decides shares and rows.

    Returns:
        Ascending row numbers by silo; with a small alpha some silos may have none.

    Raises:
        ConfigurationError: alpha is not above 0, or there is no silo.

    >>> split = dirichlet_split(np.array([0, 1] * 50), ["a", "b"], alpha=1.0, seed=1)
    >>> sum(len(rows) for rows in split.values())
    100
    """
    if not 0 < alpha < float("inf") or not silos:
        raise ConfigurationError(f"alpha={alpha} must be above 0, and {len(silos)} silos at least 1")
    rng = np.random.default_rng(seed)
    dealt: list[list[NDArray[np.int64]]] = [[] for _ in silos]
    for kind in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == kind)).astype(np.int64)
        ends = np.rint(np.cumsum(rng.dirichlet([alpha] * len(silos)))[:-1] * len(rows)).astype(int)
        for silo, part in enumerate(np.split(rows, ends)):
            dealt[silo].append(part)
    return {name: np.sort(np.concatenate(parts)) for name, parts in zip(silos, dealt, strict=True)}
