"""Noise that is added before the masks stays in the sum, and in it alone: its deviation is the stated one."""

from typing import Any

import numpy as np
import pytest

from prefect_federated.core.discrete_noise import discrete_gaussian
from prefect_federated.core.errors import ShapeMismatch
from prefect_federated.core.masking.masked import mask
from prefect_federated.core.masking.recovery import open_masks, recover
from prefect_federated.core.silo_noise import part_of
from tests.core.masking.masked_cohort import Cohort, session_of

SIZE, SIGMA, FEWEST = 40_000, 10_000, 3


def test_sum_of_the_survivors_has_the_exact_updates_and_all_their_parts() -> None:
    rng, cohort = np.random.default_rng(8), Cohort(session_of(range(5), 3))
    part = part_of(SIGMA, FEWEST)
    words = {index: rng.integers(-50, 50, SIZE, dtype=np.int32) for index in range(5)}
    noise = {
        index: discrete_gaussian(part, SIZE, lambda count: rng.integers(0, 2**64, count, np.uint64))
        for index in range(5)
    }
    payloads = {index: mask(cohort.seeds(index), words[index], 7, noise[index]) for index in (0, 2, 4)}
    turnout = cohort.turnout(payloads)
    messages = {index: cohort.message(turnout, index) for index in payloads}
    found = recover(open_masks(turnout, cohort.shared, messages), payloads)
    exact = sum(7 * words[index].astype(np.int64) + noise[index] for index in payloads)
    assert (found == exact).all()
    left = found - sum(7 * words[index].astype(np.int64) for index in payloads)
    assert abs(left.std() / SIGMA - 1) < 0.02, "with just the fewest left, the deviation is the stated one"


@pytest.mark.parametrize("noise", [np.ones(1, np.int64), np.ones(3, np.int64), np.ones(4)], ids=["1", "3", "floats"])
def test_noise_that_is_not_one_whole_number_a_word_is_refused_for_one_would_be_that_of_all(noise: Any) -> None:
    seeds, words = Cohort(session_of(range(3), 2)).seeds(1), np.zeros(4, np.int32)
    with pytest.raises(ShapeMismatch, match=rf"noise of participant 1 is {noise.dtype} \[{noise.size}\]"):
        mask(seeds, words, 1, noise)
