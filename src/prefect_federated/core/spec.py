"""The task spec: what a participant agrees to, as canonical JSON whose hash the chain holds.

spec --JCS, SHA-256--> spec hash --with the enforced parameters, keccak256--> task id
"""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationError,
    model_serializer,
    model_validator,
)

from prefect_federated.core.agreement import in_numbers, require_agreement
from prefect_federated.core.canonical import canonical, canonical_hash
from prefect_federated.core.data_use import UseSpec
from prefect_federated.core.detection.detection_spec import DetectionSpec
from prefect_federated.core.encrypted_spec import Encrypted, check_encrypted
from prefect_federated.core.enforced import Enforced, task_id
from prefect_federated.core.errors import SpecError, SpecMismatch
from prefect_federated.core.local_spec import LocalSpec, Sgd, check_local, model_tensors
from prefect_federated.core.mask_spec import Clear, Masked, MaskSpec, check_masking
from prefect_federated.core.masked_numbers import most_in_sum
from prefect_federated.core.masking.cohort import require_graphs
from prefect_federated.core.masking.headroom import require_maskable
from prefect_federated.core.opening_spec import ByEach, OpeningSpec, check_opening
from prefect_federated.core.participant_privacy import ParticipantPrivacy, Privacy, check_participant
from prefect_federated.core.region_spec import RegionSpec, check_regions
from prefect_federated.core.rule_spec import RuleSpec, check_sums
from prefect_federated.core.schedule_spec import ScheduleSpec, Synchronous, check_schedule
from prefect_federated.core.server_spec import FedAvg, ServerSpec
from prefect_federated.core.spec_parts import (
    Column,
    CommitteeSpec,
    DataSpec,
    Freshness,
    ModelSpec,
    PlanSpec,
    PrivacySpec,
    RewardSpec,
    Strict,
    Tensor,
    UpdateSpec,
)
from prefect_federated.core.statistics.agreed import check_statistics
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import Query

__all__ = [
    "Column",
    "CommitteeSpec",
    "DataSpec",
    "DetectionSpec",
    "Enforced",
    "Freshness",
    "LocalSpec",
    "MaskSpec",
    "ModelSpec",
    "OpeningSpec",
    "ParticipantPrivacy",
    "PlanSpec",
    "Privacy",
    "PrivacySpec",
    "Query",
    "RegionSpec",
    "RewardSpec",
    "RuleSpec",
    "ScheduleSpec",
    "ServerSpec",
    "StatisticsPrivacy",
    "TaskSpec",
    "Tensor",
    "UpdateSpec",
    "UseSpec",
    "check_spec",
    "parse_spec",
    "task_id",
]


def _read_for(value: Any) -> str:
    kind = value.get("kind", "training") if isinstance(value, dict) else getattr(value, "kind", "training")
    return "statistics" if kind == "statistics" else "training"


class TaskSpec(Strict):
    """Everything a silo needs to decide whether to take part, and then to take part."""

    format: Literal["federated-task/1"] = "federated-task/1"
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="also the registered model's name in MLflow")
    description: str = ""
    purposes: tuple[str, ...] = Field(min_length=1, description="DUO codes the use falls under")
    use: UseSpec = UseSpec()
    data: Annotated[
        Annotated[DataSpec, Tag("training")] | Annotated[Query, Tag("statistics")], Discriminator(_read_for)
    ]
    model: ModelSpec
    plan: PlanSpec
    local: LocalSpec = Sgd()
    privacy: Privacy | None = None
    update: UpdateSpec
    rule: RuleSpec = RuleSpec()
    server: ServerSpec = FedAvg()
    schedule: ScheduleSpec = Synchronous()
    masking: MaskSpec = Clear()
    opening: OpeningSpec = ByEach()
    regions: tuple[RegionSpec, ...] = ()
    detection: DetectionSpec | None = None
    rewards: RewardSpec = RewardSpec()
    committee: CommitteeSpec = CommitteeSpec()
    enforced: Enforced

    @model_validator(mode="after")
    def _agrees(self) -> "TaskSpec":
        """What a silo reads in words is what the contract enforces, and the rule works at the quorum."""
        check_statistics(self)
        enforced = self.enforced
        numbers = in_numbers(
            self.purposes,
            self.rule,
            self.update,
            self.model,
            enforced.chunk_bytes,
            self.rewards,
            self.use,
            self.server,
            self.schedule,
            self.masking,
        )
        require_agreement(numbers, enforced)
        if (self.privacy is not None) != enforced.private:
            raise SpecError(
                f"privacy is {self.privacy!r} by the words, privacy_floor {enforced.privacy_floor} in the enforced"
                " parameters; give both (`federated task create` fills in the floor), or neither"
            )
        if (enforced.quorum // enforced.group if enforced.group else enforced.quorum) < self.rule.fewest:
            groups = f" in groups of {enforced.group}" if enforced.group else ""
            raise SpecError(
                f"rule {self.rule.name} needs {self.rule.fewest} {'groups' if groups else 'updates'}, the quorum is"
                f" {enforced.quorum}{groups}; raise the quorum"
            )
        check_schedule(self.schedule, self.local)
        check_regions(self.regions, self.rule, self.detection)
        check_masking(self.masking, self.regions, self.detection, self.rewards)
        check_opening(self.opening, enforced, len(self.regions))
        check_local(self.local, self.model.tensors, self.rule, self.server, self.privacy)
        if isinstance(self.privacy, ParticipantPrivacy):
            check_participant(self.privacy, self.update, self.model, self.rule, enforced)
        check_sums(self.rule, enforced.max_participants, enforced.max_weight, self.update.limit)
        if isinstance(self.masking, Encrypted):
            check_encrypted(enforced, self.model.size, self.statistics is not None)
        if self.summed:
            require_maskable(self.update.limit, enforced.max_weight, most_in_sum(enforced))
        if isinstance(self.masking, Masked):
            require_graphs(self.masking, enforced.group or enforced.quorum, most_in_sum(enforced))
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """An opening that nobody chose is not written down: specs made before there was one keep their hashes."""
        fields: dict[str, Any] = handler(self)
        if not self.opening.threshold:
            del fields["opening"]
        return fields

    @property
    def summed(self) -> bool:
        """Whether nobody sees a single update, only sums: they are masked, or encrypted."""
        return self.enforced.masked or isinstance(self.masking, Encrypted)

    @property
    def statistics(self) -> Query | None:
        """What is counted, where silos count instead of training."""
        return self.data if isinstance(self.data, Query) else None

    @property
    def model_tensors(self) -> tuple[Tensor, ...]:
        """Tensors of the model alone, the head of the shared vector: what is evaluated, logged and predicts."""
        return model_tensors(self.local, self.model.tensors)

    def canonical(self) -> bytes:
        """The spec as canonical JSON: the bytes that are stored and hashed."""
        return canonical(self.model_dump(mode="json"))

    @property
    def spec_hash(self) -> bytes:
        """SHA-256 of the canonical JSON, 32 bytes."""
        return canonical_hash(self.model_dump(mode="json"))


def parse_spec(content: bytes, spec_hash: bytes) -> TaskSpec:
    """Read a spec that must hash to what the chain holds.

    Raises:
        SpecMismatch: the bytes hash to something else, or are not in canonical form.
        SpecError: the spec is malformed; the message names the field.
    """
    found = hashlib.sha256(content).digest()
    if found != spec_hash:
        raise SpecMismatch(
            f"task spec hashes to 0x{found.hex()}, the chain says 0x{spec_hash.hex()};"
            " fetch the spec again or refuse the task"
        )
    try:
        spec = TaskSpec.model_validate_json(content)
    except ValidationError as error:
        raise SpecError(f"task spec is malformed: {_first(error)}; refuse the task") from error
    if spec.canonical() != content:
        raise SpecMismatch(f"task spec 0x{found.hex()} is not in canonical form; refuse the task")
    return spec


def check_spec(spec: TaskSpec, chain: Enforced) -> None:
    """Refuse a spec in which any field shared with the contract differs from it.

    Args:
        chain: the parameters as the contract holds them.

    Raises:
        SpecMismatch: naming the first field that differs, with both values.
    """
    for field in Enforced.model_fields:
        ours, theirs = getattr(spec.enforced, field), getattr(chain, field)
        if ours != theirs:
            raise SpecMismatch(
                f"task {spec.name}: field {field} is {ours!r} in the spec, {theirs!r} on chain; refuse it"
            )


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'spec'}: {first['msg']}"
