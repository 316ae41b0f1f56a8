"""The report of a run, as written to `report.json`: stable names, so that a program can check it."""

from pydantic import BaseModel, ConfigDict, Field

from prefect_federated.core.epsilon_field import Epsilon


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ExclusionRow(_Row):
    """A participant that was expected and is not in the aggregate."""

    participant: str = Field(description="name, or account where no name is known")
    stage: str = Field(description="validate, train, commit, reveal or aggregate")
    reason: str = Field(description="one sentence")


class DetectedRow(_Row):
    """A participant that a test of the task's detection names, whether or not its update was aggregated."""

    participant: str
    test: str = Field(description="reading, scaled, alike, opposed, astray, idle or stale")
    detail: str = Field(description="one sentence with the figure and its bound")


class OverturnRow(_Row):
    """A proposal that was proven wrong on chain, and what that cost whom."""

    proposer: str
    accuser: str
    taken_wei: str = Field(description="the proposer's bond")
    bounty_wei: str = Field(description="the half of it that the accuser gets once nobody can appeal")


class VoteRow(_Row):
    """What a member of a round's committee voted; nulls where it showed no vote."""

    member: str
    accept: bool | None
    metric: float | None = Field(description="of the candidate on the member's own held-out set")


class AppealRow(_Row):
    """An appeal against a slash, and how it ended."""

    appellant: str
    taken_wei: str = Field(description="what the slash took")
    deposit_wei: str = Field(description="what the appeal cost until it was answered; lost if it was rejected")
    ruling: str = Field(description="accept, reject or draw")


class RoundRow(_Row):
    """One round, as chain and MLflow tell it."""

    round_id: int
    status: str = Field(description="SUCCESS, DEGRADED, REJECTED or VOIDED")
    expected: list[str]
    validated: list[str]
    committed: list[str]
    revealed: list[str]
    aggregated: list[str]
    excluded: list[ExclusionRow]
    exact: bool | None = Field(
        default=None,
        description="of a masked round: whether each word of the aggregate is that of the updates of `aggregated`,"
        " added up apart from masks, their noise included; null where nobody compared",
    )
    detected: list[DetectedRow] = Field(default_factory=list, description="named by detection, test by test")
    overturned: list[OverturnRow] = Field(default_factory=list, description="proposals proven wrong, in order")
    votes: list[VoteRow] = Field(default_factory=list, description="the committee, in the order of its seats")
    scores: dict[str, int] = Field(
        default_factory=dict, description="median over the votes of each who revealed; empty unless pay goes by scores"
    )
    median_metric: float | None = Field(default=None, description="median of the metrics voted; null if none counted")
    model_hash: str = Field(description="SHA-256 Merkle root of the model after the round, 0x-hex")
    parent_hash: str = Field(description="the same of the model before it")
    model_version: int = Field(description="number in the on-chain registry")
    mlflow_version: int | None = Field(description="number in MLflow's registry; null without a mirror")
    metrics: dict[str, float] = Field(description="of the model after the round on the held-out data")
    gas: dict[str, int] = Field(description="gas used by call, summed over all senders")
    wall_s: float = Field(description="wall-clock seconds, information only")
    stages_s: dict[str, float] = Field(default_factory=dict, description="of a simulation: the same by stage")


class BalanceRow(_Row):
    """What one account held before and after, wei. The chain's gas fees are listed apart."""

    account: str
    before_wei: str
    after_wei: str
    stake_before_wei: str
    stake_after_wei: str
    earned_wei: str = Field(description="rewards, and bounties that were paid")
    slashed_wei: str = Field(description="bonds, and deposits of rejected appeals")
    fees_wei: str


class SiloLossRow(_Row):
    """What a silo's commits spent of privacy."""

    silo: str = Field(description="name, or account where no name is known")
    epsilon_in_task: Epsilon = Field(description='by its commits in this task; "unbounded" beyond any number')
    epsilon_spent: Epsilon = Field(description="by its commits in all tasks, under all grants")
    epsilon_limit: Epsilon | None = Field(description="the silo's own, over all of them; null without one")


class GrantLossRow(_Row):
    """What commits under a grant spent of privacy."""

    grant: str = Field(description="0x-hex")
    silo: str = Field(description="to whom it was given")
    epsilon_spent: Epsilon = Field(description='by commits in all tasks; "unbounded" beyond any number')
    epsilon_limit: Epsilon | None = Field(description="of its budget, as the data holder signed it; null without one")


class PrivacyLoss(_Row):
    """What a run's task spent of privacy, as the chain counts it, commits that were refunded left out."""

    hidden: str = Field(description="what noise hides, one of many: row or participant")
    delta: float = Field(description="at which every epsilon here is meant")
    silos: list[SiloLossRow] = Field(description="everybody who could take part")
    grants: list[GrantLossRow] = Field(description="under which somebody committed in the task, the last used last")


class Baselines(_Row):
    """The same plan without federation: all data in one place, and each silo alone."""

    pooled: dict[str, float]
    local: dict[str, dict[str, float]]


class Balances(_Row):
    """Accounts, and the contracts' own money; `difference_wei` is 0 when everything adds up."""

    accounts: dict[str, BalanceRow]
    contracts_before_wei: str
    contracts_after_wei: str
    fees_wei: str = Field(description="gas fees of all accounts, which the chain burned or gave to its miner")
    difference_wei: str


class Report(_Row):
    """Everything a run can be checked by."""

    format: str = "federated-report/1"
    task: int
    task_id: str
    chain_id: int
    coordinator: str
    seed: int
    options: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="of a simulation: what was asked for"
    )
    rounds: list[RoundRow]
    appeals: list[AppealRow] = Field(default_factory=list, description="against slashes, in their order")
    balances: Balances
    privacy: PrivacyLoss | None = Field(default=None, description="null where the task counts no privacy loss")
    baselines: Baselines
    links: dict[str, str] = Field(description="commands and paths that open what the run left behind")
