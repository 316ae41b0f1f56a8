"""A task that hides whole silos: said once in words and once in numbers, and refused where noise would not fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import norm

from prefect_federated.core.errors import SpecError
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.participant_privacy import part_of_sum, surely_most_of_parts
from prefect_federated.core.payload import header_chunk, plain_header
from prefect_federated.core.policy import noise_of
from prefect_federated.core.silo_noise import SiloNoise
from prefect_federated.core.spec import ParticipantPrivacy, PrivacySpec, TaskSpec, parse_spec
from tests.core.conftest import GROUPED, MASKED

Bent = Callable[..., TaskSpec]
HIDING = {"unit": "participant", "noise_multiplier": 2.0, "max_norm": 1.0}
NOISE = SiloNoise.of(2.0, 1.0, 16)


def test_unit_participant_is_read_by_every_participant_as_the_sponsor_wrote_it(bent: Bent) -> None:
    spec = bent({"privacy": HIDING})
    again = parse_spec(spec.canonical(), spec.spec_hash)
    assert again.privacy == spec.privacy == ParticipantPrivacy(noise_multiplier=2.0, max_norm=1.0, delta=1e-5)
    assert b'"unit":"participant"' in spec.canonical()


def test_specs_that_hide_rows_keep_the_bytes_and_the_hash_they_had_before_there_was_a_unit(bent: Bent) -> None:
    row = {"noise_multiplier": 0.7, "max_grad_norm": 2.0}
    spec = bent({"privacy": row})
    assert b'"privacy":{"delta":0.00001,"max_grad_norm":2,"noise_multiplier":0.7}' in spec.canonical()
    assert isinstance(spec.privacy, PrivacySpec)
    assert bent({"privacy": {"unit": "row", **row}}).spec_hash == spec.spec_hash


@pytest.mark.parametrize("unit", ["silo", "Participant", "", None, 3])
def test_another_unit_is_refused_with_those_there_are(unit: object, bent: Bent) -> None:
    with pytest.raises(ValidationError, match=r"unit must be 'row' \(DP-SGD, the default\) or 'participant'"):
        bent({"privacy": {**HIDING, "unit": unit}})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("noise_multiplier", 0),
        ("noise_multiplier", float("inf")),
        ("max_norm", 0),
        ("max_norm", -1),
        ("delta", 0),
        ("delta", 1),
        ("max_grad_norm", 1.0),  # a row's
    ],
)
def test_whole_silos_without_noise_norm_or_delta_are_refused(field: str, value: object, bent: Bent) -> None:
    with pytest.raises(ValidationError, match=field):
        bent({"privacy": {**HIDING, field: value}})


def test_noise_without_a_floor_on_chain_is_refused(bent: Bent) -> None:
    with pytest.raises(SpecError, match="privacy_floor 0 in the enforced parameters; give both"):
        bent({"privacy": HIDING, "enforced.privacy_floor": 0})


def test_two_norms_are_refused(bent: Bent) -> None:
    with pytest.raises(SpecError, match=r"clip_norm is 1, privacy.max_norm 0.5: an update is clipped once"):
        bent({"privacy": {**HIDING, "max_norm": 0.5}})


def test_limit_that_cuts_the_noise_is_refused(bent: Bent) -> None:
    least = NOISE.most_word
    assert bent({"privacy": HIDING, "update.limit": least, "enforced.limit": least}).update.limit == least
    with pytest.raises(SpecError, match=f"update.limit is {least - 1} words, .* with noise reaches {least}"):
        bent({"update.limit": least - 1, "enforced.limit": least - 1})


def test_norm_bound_that_leaves_out_the_honest_is_refused(bent: Bent) -> None:
    least = NOISE.most_norm(3)
    bound = {"rule": {"name": "mean", "norm_bound": least}, "enforced.norm_bound": least}
    assert bent({"privacy": HIDING, **bound}).rule.norm_bound == least
    with pytest.raises(SpecError, match=f"norm_bound is {least - 1} words, .* reach {least} in 3 numbers"):
        bent({"rule": {"name": "mean", "norm_bound": least - 1}, "enforced.norm_bound": least - 1})


SPLIT: dict[str, Any] = {
    **MASKED,
    "privacy": {"unit": "participant", "noise_multiplier": 2.0, "max_norm": 1.0, "fewest": 2},
    "model.frac_bits": 8,
    "update.limit": 2**10,
    "enforced.limit": 2**10,
    "enforced.aggregate_header": "0x" + leaf_hash(header_chunk(plain_header("aggregate", 3, 8))).hex(),
}


def test_in_a_masked_task_the_noise_is_split_among_the_fewest(bent: Bent) -> None:
    task = bent(SPLIT)
    privacy = task.privacy
    assert isinstance(privacy, ParticipantPrivacy)
    whole = SiloNoise.of(2.0, 1.0, 8).sigma * task.enforced.max_weight
    part = part_of_sum(privacy, 8, task.enforced.max_weight)
    assert 2 * part**2 >= whole**2 > 2 * (part - 1) ** 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fewest": 4}, "privacy.fewest is 4, and a round may end with 3 updates"),
        ({"noise_multiplier": 1000.0}, "a masked sum with noise may reach .* wraps beyond 2147483647"),
        ({"noise_multiplier": 20_000.0}, "each silo would add noise of .* words to its weighted update"),
    ],
)
def test_split_noise_that_could_be_too_little_or_wrap_is_refused(
    changes: dict[str, Any], words: str, bent: Bent
) -> None:
    with pytest.raises(SpecError, match=words):
        bent({**SPLIT, "privacy": {**SPLIT["privacy"], **changes}})


def test_noise_of_a_task_with_groups_is_split_within_a_group(bent: Bent) -> None:
    grouped = {**SPLIT, **GROUPED, "update.limit": 2**10, "enforced.limit": 2**10}
    assert bent({**grouped, "privacy": {**SPLIT["privacy"], "fewest": 5}}).enforced.group == 5
    with pytest.raises(SpecError, match="fewest is 6, and the sum of a group of 5 shows"):
        bent({**grouped, "privacy": {**SPLIT["privacy"], "fewest": 6}})


def test_noise_of_a_whole_sum_stays_below_what_a_reader_allows() -> None:
    """Of two million words none passes the bound that an honest sum is never refused by; six deviations are passed."""
    noise = np.random.default_rng(7).normal(0, 10 * np.sqrt(3), 2_000_000)
    assert abs(noise).max() < surely_most_of_parts(10, 3, noise.size)
    assert norm.sf(surely_most_of_parts(10, 3, 10**6) / (10 * np.sqrt(3))) * 2 * 10**6 < 2**-40


def test_noise_is_not_split_where_each_update_is_seen(bent: Bent) -> None:
    with pytest.raises(SpecError, match=r"privacy\.fewest is 2 in a clear task"):
        bent({"privacy": {**HIDING, "fewest": 2}})


def test_noise_that_cannot_be_drawn_is_refused(bent: Bent) -> None:
    with pytest.raises(SpecError, match="the noise at most 2147483647"):
        bent({"privacy": {**HIDING, "noise_multiplier": 1e6}})


@pytest.mark.parametrize(
    "local", [{"name": "sgd"}, {"name": "fedprox", "mu": 0.1}, {"name": "fedbn", "layers": ["bias"]}]
)
def test_whatever_a_silo_does_at_home_may_be_hidden(local: dict[str, Any], bent: Bent) -> None:
    assert bent({"privacy": HIDING, "local": local}).local.name == local["name"]


@pytest.mark.parametrize(
    "changes",
    [
        {"local": {"name": "scaffold"}},
        {"local": {"name": "fednova"}, "server": {"name": "fednova"}, "enforced.step": 1},
    ],
)
def test_what_is_shared_beside_the_model_is_not_drowned(changes: dict[str, Any], bent: Bent) -> None:
    with pytest.raises(SpecError, match=r"in a task with privacy of participants: noise would drown"):
        bent({"privacy": HIDING, **changes})


def test_silo_compares_the_noise_with_what_its_data_can_move(bent: Bent) -> None:
    """All data of a silo move an update by twice the norm: replaced, it may point the other way."""
    assert noise_of(bent({"privacy": HIDING})) == 1.0
