"""Who may see a single update: chosen by name in the task spec.

masking: {"name": "masked", "threshold": 3} --validated, hashed with the spec--> the contract's mode and threshold
masking: {"name": "encrypted", "holders": [...]} --validated, hashed with the spec--> keys; clear for the contract
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from prefect_federated.core.detection.detection_spec import DetectionSpec
from prefect_federated.core.encrypted_spec import Encrypted
from prefect_federated.core.enforced import MODES
from prefect_federated.core.errors import SpecError
from prefect_federated.core.region_spec import RegionSpec
from prefect_federated.core.spec_parts import RewardSpec, Strict


class _Masking(Strict):
    """Nobody holds a key."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Key holders."""
        return ()


class Clear(_Masking):
    """Aggregator, standby and committee see each update: robust rules, scores and evidence are possible."""

    name: Literal["clear"] = "clear"

    @property
    def numbers(self) -> dict[str, int]:
        """The contract's parameters."""
        return {"mode": MODES.index("clear"), "threshold": 0, "group": 0}


class Masked(_Masking):
    """Nobody sees a single update: each adds masks that fall away in the sum.

    Source: Bonawitz et al. 2017, https://doi.org/10.1145/3133956.3133982
    """

    name: Literal["masked"] = "masked"
    threshold: int = Field(
        ge=2, le=10_000, description="shares that open a secret of a mask: so many must stay until the end of a round"
    )
    group: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="members of a group, or a few more, that masks within itself; 0 is one sum of all",
    )
    colluding: float = Field(
        default=0.2, ge=0, lt=1, description="above 128 who mask together: largest fraction that colludes with a reader"
    )
    dropping: float = Field(
        default=0.1, ge=0, lt=1, description="above 128 who mask together: largest fraction that drops out of a round"
    )

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.group and self.threshold > self.group:
            raise ValueError(
                f"threshold {self.threshold} in groups of {self.group}: a secret's shares are held within its group;"
                " lower the threshold, or raise the group"
            )
        return self

    @property
    def numbers(self) -> dict[str, int]:
        """The contract's parameters."""
        return {"mode": MODES.index("masked"), "threshold": self.threshold, "group": self.group}


MaskSpec = Annotated[Clear | Masked | Encrypted, Field(discriminator="name")]


def check_masking(
    masking: MaskSpec, regions: Sequence[RegionSpec], detection: DetectionSpec | None, rewards: RewardSpec
) -> None:
    """Refuse a masked or encrypted task in which something needs single updates.

    Rule, buffer and committee are refused where the numbers are checked.

    Raises:
        SpecError: naming both sides.
    """
    if isinstance(masking, Clear):
        return
    wanting = {
        "regions": bool(regions),
        "detection": detection is not None,
        "rewards.policy scores": rewards.policy == "scores",
    }
    for what, there in wanting.items():
        if there:
            kind = "an encrypted" if isinstance(masking, Encrypted) else "a masked"
            raise SpecError(f"{what} in {kind} task: nobody sees a single update of it; leave one of them out")
