"""Clipping, and the integer bound that goes with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefect_federated.core.errors import NonFiniteUpdate
from prefect_federated.learning.clip import clip, norm_bound_words


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.floats(1e-3, 1e3), st.integers(8, 20))
def test_clipped_and_rounded_update_never_exceeds_the_integer_bound(seed: int, d: int, bound: float, bits: int) -> None:
    delta = np.random.default_rng(seed).normal(scale=bound, size=d).astype(np.float32)
    words = np.rint(clip(delta, bound).delta.astype(np.float64) * 2**bits).astype(object)
    assert int((words * words).sum()) <= norm_bound_words(bound, d, bits) ** 2


def test_sign_flipped_tenfold_update_exceeds_the_integer_bound() -> None:
    delta = clip(np.random.default_rng(0).normal(size=300).astype(np.float32), 1.5).delta
    words = np.rint(-10.0 * delta.astype(np.float64) * 2**16)
    assert np.linalg.norm(words) > 9 * norm_bound_words(1.5, 300, 16)


def test_short_update_is_left_to_the_bit() -> None:
    delta = np.random.default_rng(0).normal(size=50).astype(np.float32)
    clipped = clip(delta, 1e6)
    assert clipped.factor == 1.0
    assert clipped.delta.tobytes() == delta.tobytes()


def test_direction_is_kept() -> None:
    delta = np.random.default_rng(0).normal(size=50).astype(np.float32)
    cut = clip(delta, 0.25).delta
    assert np.linalg.norm(cut) == pytest.approx(0.25, rel=1e-6)
    assert cut @ delta / (np.linalg.norm(cut) * np.linalg.norm(delta)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_diverged_training_is_refused(value: float) -> None:
    with pytest.raises(NonFiniteUpdate, match="NaN or infinite"):
        clip(np.array([1.0, value], np.float32), 1.0)
