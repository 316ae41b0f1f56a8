"""The audit of a model version as written by `federated audit --json`: stable names, so that a program can check it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from prefect_federated.core.epsilon import epsilon_text
from prefect_federated.core.epsilon_field import Epsilon
from prefect_federated.core.privacy import DELTA


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BlockRow(_Row):
    """The block up to which the chain was read."""

    number: int
    hash: str
    time: int = Field(description="chain time of the block, unix seconds; grants are judged at it")


class VersionRow(_Row):
    """A version of the registry. Hashes are 0x-hex."""

    number: int
    kind: str = Field(description="genesis, round or rollback")
    round: int | None
    version_hash: str
    parent_hash: str
    model_root: str
    aggregate_root: str
    state_root: str
    metrics_hash: str
    block: int
    tx: str
    time: int
    inherited: bool = Field(description="whether the audited model was trained on top of this version, or is it")
    restores: int | None = Field(default=None, description="of a rollback: the version whose model it brings back")
    metrics: dict[str, float] | None = Field(default=None, description="from the result document; null without a store")
    median_metric: float | None = Field(default=None, description="of the committee's votes; null without one")
    purposes: list[str] | None = Field(
        default=None, description="purposes it may be used for; null where none are kept"
    )
    usable_until: int | None = Field(default=None, description="last second of use; null where none is kept")


class CheckRow(_Row):
    """One expectation of a data check, in counts."""

    expectation: str
    column: str | None
    success: bool
    checked: int
    unexpected: int
    missing: int


class EvidenceRow(_Row):
    """What a silo's evidence says, where the caller has it; its hash is the committed one."""

    suite_hash: str
    view_digest: str
    rows_total: int
    rows_without_consent: int
    rows: int
    checks: list[CheckRow]


class DeedRow(_Row):
    """What one participant did in one round; whoever was expected is aggregated or excluded with a reason."""

    account: str
    validated: bool = Field(description="nobody commits without evidence of a check, so whoever committed has passed")
    committed: bool
    revealed: bool
    aggregated: bool
    weight: int | None = None
    commit_tx: str | None = None
    grant: str | None = Field(default=None, description="grant under which it committed")
    dataset_root: str | None = Field(default=None, description="root of the grant's dataset when it committed")
    evidence_hash: str | None = None
    evidence: EvidenceRow | None = None
    epsilon: Epsilon | None = Field(
        default=None, description='privacy that the commit spent; "unbounded" beyond any number, null where none counts'
    )
    excluded_stage: str | None = None
    excluded_reason: str | None = None


class AuditedRound(_Row):
    """One round of the task, up to the audited version."""

    round: int
    status: str = Field(description="SUCCESS, DEGRADED, REJECTED, VOIDED, or NONE while it runs")
    version: int | None = Field(description="version that it made; null if none")
    inherited: bool = Field(description="whether the audited model was trained on what this round aggregated")
    started_at: int
    ended_at: int
    deeds: list[DeedRow]


class ContributorRow(_Row):
    """An account over all rounds."""

    account: str
    expected: int
    validated: int
    committed: int
    revealed: int
    aggregated: int
    excluded: int
    inherited: int = Field(description="rounds in which its update went into the audited model")
    reasons: dict[str, int] = Field(description="why it was excluded, and how often")
    grants: list[str]
    epsilon: Epsilon | None = Field(
        default=None, description='that its commits in this task spent together; "unbounded" or null as a commit\'s'
    )
    slashed_wei: str


class RootRow(_Row):
    """A root that a dataset's holder published."""

    root: str
    block: int
    time: int
    rounds: list[int] = Field(description="rounds of this task committed while it stood")


class DatasetRow(_Row):
    """A dataset under whose grants somebody committed."""

    dataset: str
    holder: str
    roots: list[RootRow]


class GrantRow(_Row):
    """A grant under which somebody committed, and how it stands at the audit's block."""

    grant: str
    dataset: str
    holder: str
    silo: str
    purposes: list[str]
    valid_from: int
    expiry: int
    status: str = Field(description="live, expired, withdrawn or not yet valid")
    withdrawn_at: int | None
    subjects_changed: int = Field(description="how often subjects left or joined")
    rounds: list[int] = Field(description="rounds committed under it")
    versions: list[int] = Field(description="versions of this lineage that were trained on data under it")
    inherited: bool = Field(description="whether the audited model was")
    epsilon_limit: Epsilon | None = Field(default=None, description="of its privacy budget; null without one")
    epsilon_spent: Epsilon | None = Field(
        default=None, description='by commits in all tasks; "unbounded" beyond any number, null where none counted'
    )

    @property
    def privacy(self) -> str:
        """What was spent of the budget, for people; empty where nothing counts."""
        if self.epsilon_spent is None and self.epsilon_limit is None:
            return ""
        of = "" if self.epsilon_limit is None else f" of {epsilon_text(self.epsilon_limit)}"
        return f"{epsilon_text(self.epsilon_spent or 0)}{of}"


class CaseRow(_Row):
    """A challenge, a demand, or what came of one."""

    round: int
    what: str = Field(description="name of the event")
    account: str = Field(description="who brought it, where the event says so")
    detail: dict[str, str]
    block: int
    tx: str


class SlashRow(_Row):
    """A bond that was taken."""

    round: int
    what: str
    account: str
    amount_wei: str
    reason: str
    tx: str


class RemedyRow(_Row):
    """A version that descends from a grant that was withdrawn or whose subjects changed, and what is done about it."""

    version: int
    grant: str
    state: str = Field(description="open, or what a steward answered: retrain, retire, accept")
    rounds: list[int] = Field(description="rounds through which it descends from the grant")
    reason_hash: str | None
    steward: str | None


class PlanRow(_Row):
    """The code that trained, and the spec that says so."""

    spec_hash: str
    ref: str | None = Field(default=None, description="module:Class; null without a store")
    code_hash: str | None = None
    rule: str | None = None
    purposes: list[str] = Field(default_factory=list)
    hidden: Literal["row", "participant"] | None = Field(
        default=None, description="what noise hides, one of many; null where updates carry none"
    )
    noise_multiplier: float | None = Field(default=None, description="of that noise; see the task's privacy")

    @property
    def noise(self) -> str:
        """What noise hides, and how much of it there is."""
        return f"hides each {self.hidden}, multiplier {self.noise_multiplier:g}" if self.hidden else "none"


class Audit(_Row):
    """Everything about one model version, as of one block."""

    format: str = "federated-audit/1"
    asked: str
    chain_id: int
    coordinator: str
    registry: str
    task: int
    task_id: str
    name: str | None
    as_of: BlockRow
    version: int
    version_hash: str
    delta: float = Field(default=DELTA, description="at which every epsilon here is meant")
    plan: PlanRow
    versions: list[VersionRow] = Field(description="parents to genesis, oldest first; the audited version is the last")
    rounds: list[AuditedRound]
    contributors: list[ContributorRow]
    datasets: list[DatasetRow]
    grants: list[GrantRow]
    challenges: list[CaseRow]
    slashes: list[SlashRow]
    remedies: list[RemedyRow] = Field(default_factory=list)
    left_out: list[str] = Field(description="what could not be read, and why")
