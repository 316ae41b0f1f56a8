"""Privacy of a whole silo, as a task says it: `privacy` with "unit": "participant", and what must go with it.

privacy: {"unit": "participant", "noise_multiplier": 20, "max_norm": 1} --check_participant--> rest of the spec fits
"""

import math
from math import isqrt
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from prefect_federated.core.discrete_noise import MOST_SIGMA
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.errors import SpecError
from prefect_federated.core.masked_numbers import most_in_sum
from prefect_federated.core.payload import INT32_MAX
from prefect_federated.core.privacy import DELTA
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.silo_noise import FAR, SiloNoise, part_of
from prefect_federated.core.spec_parts import ModelSpec, PrivacySpec, Strict, UpdateSpec
from prefect_federated.core.statistics.privacy import StatisticsPrivacy


class ParticipantPrivacy(Strict):
    """Differential privacy of all that a silo has: its whole update gets noise before it leaves (docs/privacy.md)."""

    unit: Literal["participant"] = "participant"
    noise_multiplier: float = Field(gt=0, description="standard deviation of the noise over max_norm")
    max_norm: float = Field(
        gt=0, description="L2 norm that a whole update is clipped to; update.clip_norm says the same"
    )
    delta: float = Field(default=DELTA, gt=0, lt=1, description="delta at which epsilon is told")
    fewest: int = Field(
        default=1,
        ge=1,
        le=10_000,
        description="masked: silos in a sum at least that tell their noise to nobody, among whom it is split",
    )


LEAST_PART = 3  # words: from there on a sum of discrete Gaussians is one, to less than the budget's unit


def _unit(value: Any) -> str | None:
    """What is hidden; or that it is in statistics, which have no gradients to clip."""
    found = value if isinstance(value, dict) else {name: getattr(value, name, None) for name in ("kind", "unit")}
    return "statistics" if found.get("kind") == "statistics" else found.get("unit", "row")


Privacy = Annotated[
    Annotated[PrivacySpec, Tag("row")]
    | Annotated[ParticipantPrivacy, Tag("participant")]
    | Annotated[StatisticsPrivacy, Tag("statistics")],
    Discriminator(
        _unit, "privacy_unit", "unit must be 'row' (DP-SGD, the default) or 'participant'; write one of them"
    ),
]


def part_of_sum(privacy: ParticipantPrivacy, frac_bits: int, max_weight: int) -> int:
    """Sigma, in words, of the noise that each silo adds to its weighted words in a masked sum.

    With the fewest parts in it a sum has noise_multiplier times the most that a silo of the largest weight may add.

    Raises:
        SpecError: the norm is below one word, or there is more noise than can be drawn.
    """
    whole = SiloNoise.of(privacy.noise_multiplier, privacy.max_norm, frac_bits).sigma * max_weight
    if (part := part_of(whole, privacy.fewest)) > MOST_SIGMA:
        raise SpecError(
            f"each silo would add noise of {part} words to its weighted update, {MOST_SIGMA} is the most; lower"
            " frac_bits, max_weight, max_norm or noise_multiplier, or raise privacy.fewest"
        )
    return part


def most_of_parts(part: int, participants: int) -> int:
    """The largest magnitude that noise in a sum of so many parts has, but for once in 5e8 words."""
    return FAR * part * (isqrt(participants - 1) + 1)


def surely_most_of_parts(part: int, participants: int, words: int) -> int:
    """The same of all words of a sum at once, but for a chance of 2^-40: sqrt(2 ln(2^41 words)) deviations.

    >>> surely_most_of_parts(10, 4, 1_000_000), most_of_parts(10, 4)
    (184, 120)
    """
    far = math.sqrt(2 * math.log(2.0**41 * words))
    return math.ceil(far * part * math.sqrt(participants))


def check_participant(
    privacy: ParticipantPrivacy, update: UpdateSpec, model: ModelSpec, rule: RuleSpec, enforced: Enforced
) -> None:
    """Refuse a task in which noisy updates would not fit: two norms, words or a norm bound too small, sums that wrap.

    Raises:
        SpecError: naming both sides.
    """
    if update.clip_norm != privacy.max_norm:
        raise SpecError(
            f"update.clip_norm is {update.clip_norm:g}, privacy.max_norm {privacy.max_norm:g}: an update is clipped"
            " once; make them the same"
        )
    noise = SiloNoise.of(privacy.noise_multiplier, privacy.max_norm, model.frac_bits)
    if enforced.masked:
        _check_parts(privacy, update, model, enforced)
        return
    if privacy.fewest > 1:
        raise SpecError(
            f"privacy.fewest is {privacy.fewest} in a clear task: there each update has the whole noise, for each is"
            " seen; leave it out, or mask the updates"
        )
    if (needed := noise.most_word) > update.limit:
        raise SpecError(
            f"update.limit is {update.limit} words, and a clipped update with noise reaches {needed} (its norm and six"
            " deviations); raise the limit, or lower max_norm, noise_multiplier or frac_bits"
        )
    if rule.norm_bound is not None and (needed := noise.most_norm(model.size)) > rule.norm_bound:
        raise SpecError(
            f"rule.norm_bound is {rule.norm_bound} words, and honest updates with noise reach {needed} in"
            f" {model.size} numbers: they would be left out; raise it, or leave it out"
        )


def _check_parts(privacy: ParticipantPrivacy, update: UpdateSpec, model: ModelSpec, enforced: Enforced) -> None:
    if enforced.group and privacy.fewest > enforced.group:
        raise SpecError(
            f"privacy.fewest is {privacy.fewest}, and the sum of a group of {enforced.group} shows: it would have too"
            " little noise; lower it, or raise masking.group"
        )
    if privacy.fewest > enforced.quorum:
        raise SpecError(
            f"privacy.fewest is {privacy.fewest}, and a round may end with {enforced.quorum} updates, the quorum: then"
            " the sum would have too little noise; lower it, or raise the quorum"
        )
    part = part_of_sum(privacy, model.frac_bits, enforced.max_weight)
    if part < LEAST_PART:
        raise SpecError(
            f"each silo would add noise of {part} words to its weighted update, and sums hide what is charged from"
            f" {LEAST_PART} on; raise frac_bits"
        )
    words = update.limit * enforced.max_weight * most_in_sum(enforced)
    if (most := words + most_of_parts(part, most_in_sum(enforced))) > INT32_MAX:
        raise SpecError(
            f"a masked sum with noise may reach {most} words, {words} of them updates', and wraps beyond {INT32_MAX};"
            " lower the limit with frac_bits, max_weight, max_participants, max_norm or noise_multiplier, or raise"
            " privacy.fewest"
        )
