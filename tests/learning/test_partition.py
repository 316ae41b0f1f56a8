"""Dealing a table out."""

import numpy as np
import pytest

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.partition import dirichlet_split, label_skewed_split

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


MANY = np.repeat(np.arange(10), 180)
SILOS = [f"silo-{number}" for number in range(20)]


@pytest.mark.parametrize("concentration", [0.1, 1.0, 100.0])
def test_dirichlet_deals_every_row_once(concentration: float) -> None:
    split = dirichlet_split(MANY, SILOS, concentration, seed=1)
    assert list(split) == SILOS
    assert np.sort(np.concatenate(list(split.values()))).tolist() == list(range(len(MANY)))
    again = dirichlet_split(MANY, SILOS, concentration, seed=1)
    assert all((split[name] == again[name]).all() for name in SILOS)
    assert any(split[name].tolist() != rows.tolist() for name, rows in dirichlet_split(MANY, SILOS, 0.5, 2).items())


def test_share_of_a_label_has_the_variance_of_the_distribution() -> None:
    """A share has mean 1/n and variance (1/n)(1 - 1/n) / (alpha n + 1): Dirichlet's, with n silos."""
    for concentration in (0.1, 1.0):
        splits = [dirichlet_split(MANY, SILOS, concentration, seed, least=0) for seed in range(40)]
        counts = np.array([np.bincount(MANY[rows], minlength=10) for one in splits for rows in one.values()]) / 180
        assert counts.mean() == pytest.approx(1 / 20)
        assert counts.var() == pytest.approx(0.05 * 0.95 / (20 * concentration + 1), rel=0.1)


def test_smallest_silo_has_the_rows_asked_for() -> None:
    assert min(map(len, dirichlet_split(MANY, SILOS, 0.1, seed=0, least=0).values())) < 12
    assert min(map(len, dirichlet_split(MANY, SILOS, 0.1, seed=0, least=12).values())) >= 12


@pytest.mark.parametrize(
    ("silos", "concentration", "least", "message"),
    [
        (SILOS, 0.0, 1, "concentration 0.0 must be above 0"),
        (SILOS, float("nan"), 1, "concentration nan must be above 0"),
        ([], 1.0, 1, "0 silos at least 1"),
        (SILOS, 0.1, 91, r"at last \d+ of 1800 rows where 91 are asked for; raise the"),
    ],
)
def test_impossible_dirichlet_is_refused(silos: list[str], concentration: float, least: int, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        dirichlet_split(MANY, silos, concentration, 1, least)
