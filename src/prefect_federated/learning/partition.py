"""Split one labelled table among silos so that each sees another mix of labels."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError

_DRAWS = 100


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
    labels: NDArray[np.integer], silos: Sequence[str], concentration: float, seed: int, least: int = 1
) -> dict[str, NDArray[np.int64]]:
    """Deal all rows out, each label by shares of its own from a symmetric Dirichlet distribution.

    The smaller the concentration, the fewer silos share a label: at 0.1 most have one or two, at 100 all are alike.

    Args:
        labels: int [n].
        concentration: alpha, above 0.
        seed: decides shares and rows.
        least: rows of the smallest silo; shares are drawn again until it has them.

    Returns:
        Ascending row numbers by silo; every row once.

    Raises:
        ConfigurationError: alpha is not above 0, there is no silo, or a hundred draws leave a silo with too few rows.

    Source: section 4.1 of Yurochkin et al. 2019, https://arxiv.org/abs/1905.12022

    >>> split = dirichlet_split(np.array([0, 0, 0, 1, 1, 1]), ["a", "b"], 1.0, seed=1)
    >>> sorted(np.concatenate(list(split.values())).tolist())
    [0, 1, 2, 3, 4, 5]
    """
    if not 0 < concentration < np.inf or not silos:
        raise ConfigurationError(f"concentration {concentration} must be above 0, and {len(silos)} silos at least 1")
    rng, kinds, smallest = np.random.default_rng(seed), np.unique(labels), 0
    for _ in range(_DRAWS):
        shares = rng.dirichlet(np.full(len(silos), concentration), len(kinds)).T  # [silos, labels]
        table = {name: tuple(row) for name, row in zip(silos, shares.tolist(), strict=True)}
        split = label_skewed_split(labels, table, int(rng.integers(2**63)))
        smallest = min(map(len, split.values()))
        if smallest >= least:
            return split
    raise ConfigurationError(
        f"{_DRAWS} draws at concentration {concentration:g} gave the smallest of {len(silos)} silos at last"
        f" {smallest} of {len(labels)} rows where {least} are asked for; raise the concentration, or ask for fewer"
    )
