"""What a reader takes for a sum of honest updates: never less than they can come to, and nothing beyond it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefect_federated.adapters.gathering import OutOfRange
from prefect_federated.adapters.sum_bounds import most_noise, most_norm, require_honest_sum
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.draft import complete
from prefect_federated.cli.stats_draft import draft_of
from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.fixed_point import Encoding, encode
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import TaskSpec
from prefect_federated.core.statistics.query import Query
from prefect_federated.learning.clip import clip, norm_bound_words
from tests.core.conftest import ALICE, GROUPED, MASKED, Values, bend, small_task
from tests.core.test_local_spec import NOVA

SIZE, FRAC_BITS = 3, 16  # of the small task, whose updates are clipped to 1
HIDING = {"unit": "participant", "noise_multiplier": 0.5, "max_norm": 1.0, "fewest": 2}


def round_of(task: TaskSpec) -> RoundSpec:
    found: Any = SimpleNamespace(spec=task)
    return found


def small(changes: Values) -> RoundSpec:
    return round_of(bend(small_task(), changes))


def counting(folder: Path, clip_norm: float) -> RoundSpec:
    """A masked task that counts the rows of ages, exactly."""
    query = Query.model_validate({"columns": [{"name": "age", "minimum": 20, "maximum": 80, "bins": 3}]})
    draft = draft_of(query, name="survey", purposes=["HMB"], aggregator=ALICE, participants=8)
    store = LocalStore(root=folder).open()
    made = complete(draft, store)
    return round_of(made.model_copy(update={"update": made.update.model_copy(update={"clip_norm": clip_norm})}))


ONE_SUM, IN_GROUPS = small(MASKED), small(GROUPED)


@pytest.mark.parametrize("spec", [ONE_SUM, IN_GROUPS], ids=["one sum", "groups"])
def test_a_mean_is_as_long_as_one_update_may_be_and_not_a_word_longer(spec: RoundSpec) -> None:
    most = most_norm(spec)
    assert most == norm_bound_words(1.0, SIZE, FRAC_BITS)
    require_honest_sum(spec, np.array([7 * most, 0, 0]), 7, 3)
    require_honest_sum(spec, np.array([0, 0, -7 * most]), 7, 3)
    with pytest.raises(OutOfRange, match=rf"the mean of 3 updates has a norm of {most} words, .* come to {most} at"):
        require_honest_sum(spec, np.array([7 * most, 0, 1]), 7, 3)


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.integers(1, 9), st.booleans(), st.sampled_from([1.0, 1e-3, 1e3]))
def test_a_sum_of_updates_clipped_and_rounded_as_silos_do_is_never_refused(
    seed: int, count: int, same: bool, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    deltas = [(scale * rng.standard_normal(SIZE)).astype(np.float32) for _ in range(1 if same else count)]
    words = [encode(clip(one, 1.0).delta, Encoding(FRAC_BITS, ONE_SUM.spec.update.limit))[0] for one in deltas]
    weights = [int(weight) for weight in rng.integers(1, 1000, count)]
    total: Sums = np.zeros(SIZE, np.int64)
    for number, weight in enumerate(weights):
        total += weight * words[0 if same else number].astype(np.int64)  # all of one: the longest mean there is
    require_honest_sum(ONE_SUM, total, sum(weights), count)


def test_updates_that_all_rounding_makes_longer_are_within_the_bound() -> None:
    """Of numbers half a word away from even ones each is rounded up: sqrt(d) / 2 longer, as much as there can be."""
    half = np.full(4, 2**15 - 0.5)  # norm 2^16 - 1
    words = np.rint(half)
    assert np.linalg.norm(words) == np.linalg.norm(half) + np.sqrt(4) / 2
    assert np.linalg.norm(words) <= norm_bound_words((2**16 - 1) / 2**16, 4, FRAC_BITS)


def test_one_update_a_hundred_times_too_long_is_seen_in_the_one_sum() -> None:
    own = encode(np.full(SIZE, SIZE**-0.5), Encoding(FRAC_BITS, 2**24))[0].astype(np.int64)
    require_honest_sum(ONE_SUM, 20 * own, 20, 20)
    long = np.clip(100 * own, -ONE_SUM.spec.update.limit, ONE_SUM.spec.update.limit)  # as long as the range lets it be
    with pytest.raises(OutOfRange, match="somebody masked something else, and nobody can tell who"):
        require_honest_sum(ONE_SUM, 2 * own + long, 3, 3)


def test_dp_sgd_clips_after_its_noise_so_its_sums_keep_the_norm() -> None:
    spec = small(MASKED | {"privacy": {"noise_multiplier": 1, "max_grad_norm": 1}})
    assert most_norm(spec) == most_norm(ONE_SUM) and most_noise(spec, 3) == 0


def test_noise_of_whole_silos_and_fednovas_steps_have_no_norm_that_bounds_them() -> None:
    hidden = small(
        MASKED | {"privacy": HIDING, "update.limit": 2**16, "enforced.limit": 2**16, "enforced.max_weight": 99}
    )
    assert most_norm(hidden) is None and most_noise(hidden, 3) > 0
    beyond = hidden.spec.update.limit * 30 + most_noise(hidden, 3)
    require_honest_sum(hidden, np.full(SIZE, beyond), 30, 3)
    with pytest.raises(OutOfRange, match=f"a word of {beyond + 1}, .* come to {beyond} at most"):
        require_honest_sum(hidden, np.full(SIZE, beyond + 1), 30, 3)
    assert most_norm(small(MASKED | NOVA)) is None


def test_counts_are_not_clipped_so_a_small_clip_norm_refuses_none(tmp_path: Path) -> None:
    spec = counting(tmp_path, clip_norm=1.0)
    size, limit = spec.spec.model.size, spec.spec.update.limit
    require_honest_sum(spec, np.full(size, 3 * limit), 3, 3)
    with pytest.raises(OutOfRange, match="the sum has a word of"):
        require_honest_sum(spec, np.full(size, 3 * limit + 1), 3, 3)


def test_a_bound_beyond_all_words_bounds_nothing_and_breaks_nothing() -> None:
    spec = small(MASKED | {"update.clip_norm": 1e308})
    require_honest_sum(spec, np.full(SIZE, 3 * spec.spec.update.limit), 3, 3)
