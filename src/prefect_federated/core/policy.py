"""A silo's own policy: what it will not do, whatever a task says. It beats the task."""

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict, Field

from prefect_federated.core.enforced import MODES
from prefect_federated.core.errors import PlanNotApproved, PolicyRefused
from prefect_federated.core.masking.graph import sizes
from prefect_federated.core.spec import ParticipantPrivacy, StatisticsPrivacy, TaskSpec

MANY = 2**32  # a cohort that no policy finds too small


class Policy(BaseModel):
    """Rules of one silo. The defaults approve no plan and no reader: a silo names what it trusts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approved_plans: tuple[str, ...] = Field(
        default=(), description="0x-hex code hashes of training plans that may run here"
    )
    readers: tuple[str, ...] = Field(default=(), description="accounts that may be given this silo's content keys")
    min_cohort: int = Field(
        default=1,
        ge=1,
        description="fewest participants admitted to a round this silo joins, or to a group whose sum shows",
    )
    masked_only: bool = Field(default=False, description="no clear mode: nobody may see this silo's update alone")
    min_noise: float = Field(
        default=0,
        ge=0,
        allow_inf_nan=False,
        description="least noise, as a multiple of what it hides; above 0, DP is required",
    )
    whole_silo: bool = Field(default=False, description="only tasks whose noise hides all that this silo has")
    most_split: int = Field(
        default=1,
        ge=1,
        description="silos among whom a masked sum's noise may be split: so many keep their parts to themselves",
    )
    min_cell: int = Field(
        default=5,
        ge=1,
        description="fewest rows of a cell that statistics may tell of this silo, but for missing values where a query"
        " has them told; smaller ones stay here",
    )
    min_rows: int = Field(default=1, ge=1, description="fewest consented rows this silo trains on")
    forbidden_columns: tuple[str, ...] = Field(
        default=(), description="columns that never leave, not even into training"
    )
    disclosure: bool = Field(
        default=False, description="whether a dispute may show single chunks of this silo's updates to everybody"
    )
    purposes: tuple[str, ...] | None = Field(
        default=None, description="purposes this silo serves; None leaves it to the grants"
    )
    suite_hash: str | None = Field(
        default=None, description="0x-hex hash of the silo's own suite as it was approved; None without one"
    )


def noise_of(spec: TaskSpec) -> float:
    """Standard deviation of a task's noise over the most that what it hides can move; 0 is no DP.

    A row moves a sum of gradients by its clipping norm, counts by what follows from their query, all data of a silo an
    update by twice its own.
    """
    if isinstance(spec.privacy, ParticipantPrivacy):
        return spec.privacy.noise_multiplier / 2
    return 0.0 if spec.privacy is None else spec.privacy.noise_multiplier


def check_policy(
    policy: Policy, spec: TaskSpec, readers: Collection[str], code_hash: bytes, cohort: int = MANY
) -> None:
    """Refuse a task that the silo's policy does not allow.

    Args:
        cohort: participants admitted to the round.
        readers: the accounts that a payload of this round would be readable for.
        code_hash: SHA-256 of the plan's source as it lies in this silo, 32 bytes.

    Raises:
        PlanNotApproved: the plan in this silo is not the task's, or not approved here.
        PolicyRefused: a column, purpose, reader, mode, cohort or noise is not allowed.
    """
    _check_plan(policy, spec, code_hash)
    _check_exposure(policy, spec, cohort)
    if spec.enforced.disclosure and not policy.disclosure:
        raise PolicyRefused(
            f"task {spec.name} lets disputes show chunks of updates (disclosure {spec.enforced.disclosure}), this silo"
            " allows 0; set disclosure in the silo's policy or stay out"
        )
    for what, asked, allowed in (
        ("readers", {reader.lower() for reader in readers}, {reader.lower() for reader in policy.readers}),
        ("purposes", set(spec.purposes), set(spec.purposes if policy.purposes is None else policy.purposes)),
        ("columns", set(spec.data.read), set(spec.data.read) - set(policy.forbidden_columns)),
    ):
        if extra := sorted(asked - allowed):
            raise PolicyRefused(
                f"task {spec.name} asks for {what} {', '.join(extra)}, this silo allows"
                f" {', '.join(sorted(allowed)) or 'none'}; change the silo's policy or stay out"
            )


def _check_exposure(policy: Policy, spec: TaskSpec, cohort: int) -> None:
    """How much of one silo an aggregate or an update may show."""
    if cohort < policy.min_cohort:
        raise PolicyRefused(
            f"a round of {spec.name} has a cohort of {cohort}, this silo joins from {policy.min_cohort} on;"
            " wait for more participants, or lower min_cohort in the silo's policy"
        )
    if (group := spec.enforced.group) and (smallest := sizes(cohort, group)[0]) < policy.min_cohort:
        raise PolicyRefused(
            f"a round of {spec.name} shows the sums of groups of {smallest}, this silo joins from {policy.min_cohort}"
            " on; raise masking.group in the task, or lower min_cohort in the silo's policy"
        )
    if policy.masked_only and MODES[spec.enforced.mode] != "masked":
        raise PolicyRefused(
            f"task {spec.name} runs in {MODES[spec.enforced.mode]} mode, this silo allows masked alone;"
            " change masked_only in the silo's policy or stay out"
        )
    if (noise := noise_of(spec)) < policy.min_noise:
        raise PolicyRefused(
            f"task {spec.name} trains with noise multiplier {noise:g}, this silo asks for {policy.min_noise:g} or more;"
            " lower min_noise in the silo's policy or stay out"
        )
    if isinstance(spec.privacy, ParticipantPrivacy | StatisticsPrivacy) and spec.privacy.fewest > policy.most_split:
        raise PolicyRefused(
            f"task {spec.name} splits its noise among {spec.privacy.fewest} silos, this silo allows"
            f" {policy.most_split}: so many have to keep their parts to themselves; raise most_split in the silo's"
            " policy or stay out"
        )
    _check_cells(policy, spec)
    if policy.whole_silo and not isinstance(spec.privacy, ParticipantPrivacy):
        hidden = "nothing" if spec.privacy is None else f"each {spec.privacy.unit}"
        raise PolicyRefused(
            f"task {spec.name} hides {hidden} under noise, this silo joins tasks that hide each participant; change"
            " whole_silo in the silo's policy or stay out"
        )


def _check_cells(policy: Policy, spec: TaskSpec) -> None:
    """How few rows a count may be about, once it has left the silo; with as much noise as the silo asks for, any.

    Who never said how much is enough is not taken to find any noise enough.
    """
    query = spec.statistics
    if query is None:
        return
    if spec.privacy is not None:
        if policy.min_cell > 1 and not policy.min_noise:
            raise PolicyRefused(
                f"task {spec.name} has silos tell cells of any size under noise (multiplier"
                f" {spec.privacy.noise_multiplier:g}), this silo tells none below {policy.min_cell} and has not said"
                " from which noise on it would; set min_noise in the silo's policy, or min_cell to 1, or stay out"
            )
        return
    told = query.cells.fewest if query.cells.at == "silo" else 1
    if told < policy.min_cell:
        raise PolicyRefused(
            f"task {spec.name} has silos tell cells of {told} rows (data.cells: fewest {query.cells.fewest}, at"
            f" {query.cells.at}), this silo tells none below {policy.min_cell}; lower min_cell in the silo's policy or"
            " stay out"
        )


def _check_plan(policy: Policy, spec: TaskSpec, code_hash: bytes) -> None:
    if code_hash != spec.plan.code_hash:
        raise PlanNotApproved(
            f"plan {spec.plan.ref} hashes to 0x{code_hash.hex()} here,"
            f" the task names 0x{spec.plan.code_hash.hex()}; install the version the task was made with"
        )
    if "0x" + code_hash.hex() not in {approved.lower() for approved in policy.approved_plans}:
        raise PlanNotApproved(
            f"plan {spec.plan.ref} with code hash 0x{code_hash.hex()} is not among this silo's"
            f" {len(policy.approved_plans)} approved plans ({', '.join(policy.approved_plans) or 'none'});"
            " review it, then add the hash to the policy"
        )
