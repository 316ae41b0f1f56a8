"""Dealing a table out."""

import numpy as np
import pytest

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.partition import label_skewed_split

LABELS = np.array([0] * 100 + [1] * 50)
SHARES = {"a": (0.7, 0.1), "b": (0.2, 0.6), "c": (0.05, 0.2)}


def test_no_row_goes_to_two_silos_and_shares_are_kept() -> None:
    split = label_skewed_split(LABELS, SHARES, seed=1)
    rows = np.concatenate(list(split.values()))
    assert len(set(rows.tolist())) == len(rows) == 95 + 45
    assert [np.bincount(LABELS[part]).tolist() for part in split.values()] == [[70, 5], [20, 30], [5, 10]]


def test_same_seed_deals_the_same_rows() -> None:
    one, again, other = (label_skewed_split(LABELS, SHARES, seed) for seed in (1, 1, 2))
    assert all((one[name] == again[name]).all() for name in SHARES)
    assert any(one[name].tolist() != other[name].tolist() for name in SHARES)


@pytest.mark.parametrize("shares", [{"a": (0.6, 0.5), "b": (0.5, 0.5)}, {"a": (1.0,)}, {"a": (-0.1, 1.0)}])
def test_impossible_shares_are_refused(shares: dict) -> None:
    with pytest.raises(ConfigurationError, match="shares need one number"):
        label_skewed_split(LABELS, shares, seed=1)
