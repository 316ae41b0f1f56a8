"""What the mirror is told about a round and a model version: plain values, no chain, no Prefect, no MLflow.

RoundKey -> RoundRecord(ParticipantRecord(DatasetUse) ...) -> ModelVersion + PackagedModel
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RoundKey:
    """Names one round of one task of one coordinator; the same words as in the chain's events.

    >>> RoundKey(31337, "0xAb", 1, 3).text
    'eip155:31337:0xab/1/3'
    """

    chain_id: int
    coordinator: str
    task: int
    round: int

    @property
    def federation(self) -> str:
        """The coordinator in CAIP-10 form, lower case so that it can be searched."""
        return f"eip155:{self.chain_id}:{self.coordinator.lower()}"

    @property
    def text(self) -> str:
        """The tag by which the runs of this round are found again."""
        return f"{self.federation}/{self.task}/{self.round}"


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """A validated view that was trained on: its name, digest and size, never a value of it."""

    name: str
    digest: str
    rows: int
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParticipantRecord:
    """What one participant did in a round; `excluded_stage` and `_reason` are empty when it was aggregated.

    `stages` says what became of each stage, for example `{"commit": "0x<transaction>"}`. `told` are metrics that the
    chain alone tells: whoever holds MLflow against it compares them.
    """

    name: str
    account: str
    stages: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    dataset: DatasetUse | None = None
    excluded_stage: str = ""
    excluded_reason: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """A finished round. Times come from the chain, so that mirroring twice writes the same values."""

    key: RoundKey
    task_name: str
    task_id: str
    status: str
    started_ms: int
    ended_ms: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    participants: tuple[ParticipantRecord, ...] = ()
    flow_run_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Hash of what happened; a run that carries it needs no second write, whoever mirrors it."""
        what_happened = {name: value for name, value in asdict(self).items() if name != "flow_run_id"}
        return hashlib.sha256(json.dumps(what_happened, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RunIds:
    """MLflow run ids of a round: the parent's, and each participant's by account."""

    round: str
    participants: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of the on-chain registry, hashes in hex; `number` is the chain's, MLflow has its own.

    `rights` says in words what it may be used for, and until when.
    """

    key: RoundKey
    task_name: str
    task_id: str
    registry: str
    number: int
    version_hash: str
    parent_hash: str
    model_root: str
    content_uri: str
    tx_hash: str
    status: str
    contributors: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    run_id: str = ""
    created_ms: int = 0
    rights: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class PackagedModel:
    """Everything needed to predict: tensors by name and the training plan that knows what to do with them.

    Args:
        plan: `module:Class` of an installed training plan.
        hyperparameters: keyword arguments of that class, as JSON values.
        tensors: the model's state by name.
        columns: input columns in order, each with its MLflow type (`double`, `long`, `string`, ...).
        output_shape: shape of a prediction, -1 for the rows.
    """

    plan: str
    hyperparameters: Mapping[str, Any]
    tensors: Mapping[str, NDArray[Any]]
    columns: Mapping[str, str]
    output_shape: tuple[int, ...] = (-1,)
    output_dtype: str = "int64"
    code_hash: str = ""
