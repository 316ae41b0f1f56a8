"""Privacy of a whole silo, as a task says it: `privacy` with "unit": "participant", and what must go with it.

privacy: {"unit": "participant", "noise_multiplier": 20, "max_norm": 1} --check_participant--> rest of the spec fits
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from prefect_federated.core.enforced import MODES
from prefect_federated.core.errors import SpecError
from prefect_federated.core.privacy import DELTA
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.silo_noise import SiloNoise
from prefect_federated.core.spec_parts import ModelSpec, PrivacySpec, Strict, UpdateSpec


class ParticipantPrivacy(Strict):
    """Differential privacy of all that a silo has: its whole update gets noise before it leaves (docs/privacy.md)."""

    unit: Literal["participant"] = "participant"
    noise_multiplier: float = Field(gt=0, description="standard deviation of the noise over max_norm")
    max_norm: float = Field(
        gt=0, description="L2 norm that a whole update is clipped to; update.clip_norm says the same"
    )
    delta: float = Field(default=DELTA, gt=0, lt=1, description="delta at which epsilon is told")


def _unit(value: Any) -> str | None:
    return value.get("unit", "row") if isinstance(value, dict) else getattr(value, "unit", None)


Privacy = Annotated[
    Annotated[PrivacySpec, Tag("row")] | Annotated[ParticipantPrivacy, Tag("participant")],
    Discriminator(
        _unit, "privacy_unit", "unit must be 'row' (DP-SGD, the default) or 'participant'; write one of them"
    ),
]


def check_participant(
    privacy: ParticipantPrivacy, update: UpdateSpec, model: ModelSpec, rule: RuleSpec, mode: int
) -> None:
    """Refuse a task in which noisy updates would not fit: two norms, words or a norm bound too small, masks.

    Raises:
        SpecError: naming both sides.
    """
    if update.clip_norm != privacy.max_norm:
        raise SpecError(
            f"update.clip_norm is {update.clip_norm:g}, privacy.max_norm {privacy.max_norm:g}: an update is clipped"
            " once; make them the same"
        )
    if MODES[mode] != "clear":
        raise SpecError(
            f"privacy of participants in {MODES[mode]} mode: there is no noise yet that is split among participants;"
            " take mode 0, or the task without it"
        )
    noise = SiloNoise.of(privacy.noise_multiplier, privacy.max_norm, model.frac_bits)
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
