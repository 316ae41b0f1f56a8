"""The result document of a round: what stands behind a proposal's hashes, kept in the content store."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefect_federated.core.canonical import canonical, canonical_hash
from prefect_federated.core.detection.detect import DetectionReport
from prefect_federated.core.enforced import Address, Root, Wei
from prefect_federated.core.errors import ContentMismatch, PayloadError
from prefect_federated.core.merkle import leaf_hash, root_of_leaves
from prefect_federated.core.rewards import sum_root


class IncludedUpdate(BaseModel):
    """One update in the aggregate, under the weight it was given: the revealed one, or a coefficient of its rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    participant: Address
    payload_root: Root
    weight: Annotated[int, Field(ge=1, lt=2**32)]

    @property
    def content(self) -> bytes:
        """The record's 56 bytes: participant, payload root, weight as uint32."""
        return bytes.fromhex(self.participant[2:]) + self.payload_root + self.weight.to_bytes(4, "big")


class ResultDocument(BaseModel):
    """Where aggregate and model lie, who is in, what everybody is owed so far, how the model scores."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["federated-result/1"] = "federated-result/1"
    aggregate_uri: str
    model_uri: str
    state_uri: str | None = Field(default=None, description="the server optimiser's state; null where it keeps none")
    included: tuple[IncludedUpdate, ...]
    rewards: dict[Address, Wei] = Field(description="cumulative amounts since the task began")
    metrics: dict[str, float]
    detection: DetectionReport | None = Field(default=None, description="null where the task asks for none")

    def to_bytes(self) -> bytes:
        """The document as canonical JSON."""
        return canonical(self.model_dump(mode="json"))

    @property
    def included_root(self) -> bytes:
        """Merkle root over the records of the included updates, in the cohort's order."""
        return root_of_leaves([leaf_hash(update.content) for update in self.included])

    @property
    def metrics_hash(self) -> bytes:
        """SHA-256 of the metrics as canonical JSON; where there is a detection report, of both together."""
        report = None if self.detection is None else self.detection.model_dump(mode="json")
        return hash_of_metrics(self.metrics, report)

    @property
    def reward_root(self) -> tuple[bytes, int]:
        """Root and total of the cumulative reward tree."""
        return sum_root(self.rewards)


def hash_of_metrics(metrics: Mapping[str, float], detection: Mapping[str, Any] | None) -> bytes:
    """What `metricsHash` on chain binds, 32 bytes.

    Args:
        detection: the report as JSON values.

    >>> hash_of_metrics({}, None) == canonical_hash({})
    True
    """
    return canonical_hash(dict(metrics) if detection is None else {"metrics": metrics, "detection": detection})


def parse_result(content: bytes, included_root: bytes, metrics_hash: bytes, reward_root: bytes) -> ResultDocument:
    """Read a result document and check it against the hashes that the chain holds.

    Raises:
        PayloadError: it is malformed.
        ContentMismatch: it is not what was proposed.
    """
    try:
        document = ResultDocument.model_validate_json(content)
    except ValidationError as error:
        raise PayloadError(f"result document is malformed: {error.errors()[0]['msg']}") from error
    for what, ours, theirs in (
        ("included updates", document.included_root, included_root),
        ("metrics and detection report", document.metrics_hash, metrics_hash),
        ("rewards", document.reward_root[0], reward_root),
    ):
        if ours != theirs:
            raise ContentMismatch(
                f"the {what} in the result document hash to 0x{ours.hex()}, the chain says 0x{theirs.hex()}"
            )
    return document
