"""The parts of a task spec: what is read, learned, bounded, combined and paid."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import Root
from prefect_federated.core.privacy import DELTA

MAX_SIZE = 2**31 - 1

# As the participants will read them: pydantic writes a NaN as null, so two specs would share one hash.
JsonValues = Annotated[dict[str, Any], AfterValidator(lambda values: json.loads(canonical(values)))]


class Strict(BaseModel):
    """Frozen, no unknown field, no infinite number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Column(Strict):
    """A numeric feature and the range that a plausible value lies in."""

    name: str = Field(description="column name in every silo's data")
    minimum: float = Field(description="smallest plausible value, inclusive")
    maximum: float = Field(description="largest plausible value, inclusive")

    @model_validator(mode="after")
    def _possible(self) -> "Column":
        if self.minimum > self.maximum:
            raise ValueError(f"column {self.name} has minimum {self.minimum} above maximum {self.maximum}")
        return self


class Freshness(Strict):
    """How old a row may be. Its date is checked and never trained on."""

    column: str = Field(description="column with each row's date: a date, ISO 8601 text, or unix seconds")
    max_age_s: int = Field(gt=0, lt=2**53, description="largest age, seconds, at the end of the round's last reveal")


class DataSpec(Strict):
    """What the task reads in a silo."""

    columns: tuple[Column, ...] = Field(min_length=1, description="features, in the model's order")
    target: str = Field(description="name of the label column")
    target_values: tuple[int, ...] = Field(min_length=2, description="the labels that may occur")
    min_rows: int = Field(default=1, ge=1, description="fewest rows a silo may train on")
    freshness: Freshness | None = Field(default=None, description="how old a row may be; any age if empty")

    @property
    def names(self) -> tuple[str, ...]:
        """Features and target: what is trained on."""
        return (*(column.name for column in self.columns), self.target)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in the model's order."""
        return tuple(column.name for column in self.columns)

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that a grant must cover: features, target, and the date where rows must be fresh."""
        return self.names if self.freshness is None else (*self.names, self.freshness.column)

    @model_validator(mode="after")
    def _distinct(self) -> "DataSpec":
        require_distinct("columns, target and date", self.read)
        if taken := [name for name in self.read if name.startswith("_")]:
            raise ValueError(f"column {', '.join(taken)} begins with _, as the checks' own flags do; rename it")
        require_distinct("target values", self.target_values)
        return self


class Tensor(Strict):
    """One tensor of the model; the model vector is their concatenation in this order."""

    name: str
    shape: tuple[Annotated[int, Field(ge=1)], ...]

    @property
    def size(self) -> int:
        """How many numbers the tensor holds."""
        count = 1
        for side in self.shape:
            count *= side
        return count


class ModelSpec(Strict):
    """The model's tensors, their fixed-point form, and where version 0 lies."""

    tensors: tuple[Tensor, ...] = Field(min_length=1)
    frac_bits: int = Field(default=16, ge=0, le=30, description="a word counts 2^-frac_bits")
    genesis_uri: str = Field(description="content URI of version 0; its root is an enforced parameter")

    @property
    def size(self) -> int:
        """d: how many numbers the model holds."""
        return sum(tensor.size for tensor in self.tensors)

    @model_validator(mode="after")
    def _possible(self) -> "ModelSpec":
        require_distinct("tensors", [tensor.name for tensor in self.tensors])
        if self.size > MAX_SIZE:
            raise ValueError(f"the model holds {self.size} numbers, a payload at most {MAX_SIZE}")
        return self


class PlanSpec(Strict):
    """The training plan: code named by hash, so that a changed character asks for a new approval."""

    ref: str = Field(description="'module:Class' or 'path/to/plan.py:Class'")
    code_hash: Root = Field(description="SHA-256 of the plan's source file")
    hyperparameters: JsonValues = Field(default_factory=dict, description="constructor arguments, JSON values")
    seed: int = Field(default=0, ge=0, description="every participant's seed derives from it, the round and its index")


class PrivacySpec(Strict):
    """Differential privacy of each row: every silo trains by DP-SGD with this much noise (docs/privacy.md).

    Its unit is not written down: specs that were made before there was another keep their hashes.
    """

    unit: Literal["row"] = Field(default="row", exclude=True, description="what is hidden; see ParticipantPrivacy")
    noise_multiplier: float = Field(gt=0, description="standard deviation of a step's noise over max_grad_norm")
    max_grad_norm: float = Field(gt=0, description="L2 norm that one row's gradient is clipped to")
    delta: float = Field(default=DELTA, gt=0, lt=1, description="delta at which epsilon is told")


class UpdateSpec(Strict):
    """How an update is bounded and written down."""

    clip_norm: float = Field(gt=0, description="L2 norm a participant clips its update to")
    limit: int = Field(default=2**24, gt=0, lt=2**31, description="largest magnitude of one word")


class RewardSpec(Strict):
    """How the pool of a round is shared among aggregator, committee and those aggregated."""

    policy: Literal["examples", "equal", "scores"] = Field(
        default="examples", description="shares: examples, one each, or the median of the committee's scores"
    )
    aggregator_fee_bps: int = Field(
        default=0, ge=0, le=10_000, description="hundredths of a percent for the aggregator"
    )
    committee_bps: int = Field(
        default=0, ge=0, le=10_000, description="hundredths of a percent for the committee, in equal parts a seat"
    )
    share_cap_bps: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="most of the rest that one participant gets, in hundredths of a percent; 0 is no limit",
    )


class CommitteeSpec(Strict):
    """What a validator measures, how far it may fall, and how it scores updates; its windows and bond are enforced."""

    metric: str = Field(default="accuracy", description="one that the training plan's evaluate reports")
    better: Literal["higher", "lower"] = Field(default="higher", description="which way the metric is better")
    tolerance: float = Field(
        default=0.02, ge=0, le=1e9, description="a candidate worse than the base model by more than this is rejected"
    )
    scores: Literal["improvement", "loss", "cosine", "leave_one_out", "shapley"] = Field(
        default="improvement",
        description="improvement, loss: of base + update on the held-out set; cosine: to the aggregate; leave_one_out,"
        " shapley: what the mean of all loses, or gains, by the update",
    )
    holdout_root: Root | None = Field(
        default=None, description="salted root of the one set that every member measures on; null: each has its own"
    )


def require_distinct(what: str, values: Sequence[str | int]) -> None:
    """Refuse a list that names something twice; called within a model's validation."""
    if len(set(values)) != len(values):
        raise ValueError(f"{what} {', '.join(map(str, values))} name one twice")
