"""The audit of a version, from the events of its task: parents, deeds, grants as they stand, cases, slashes.

events up to one block --fold--> rounds;  parents and rollbacks --> what the model was trained on;  both --> Audit
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prefect_federated.adapters.evm.event_index import Block
from prefect_federated.adapters.evm.membership import MEMBERSHIP
from prefect_federated.adapters.evm.records import Event, TaskOnChain, Version
from prefect_federated.adapters.lineage.cases import cases, remedy_rows, slashes, taken_from
from prefect_federated.adapters.lineage.deeds import Commits, audited_round, contributors
from prefect_federated.adapters.lineage.descent import Descent, version_rows
from prefect_federated.adapters.lineage.grants import dataset_rows, grant_rows
from prefect_federated.adapters.lineage.losses import Losses
from prefect_federated.adapters.round_log import fold_round
from prefect_federated.core.audit import Audit, BlockRow, EvidenceRow, PlanRow
from prefect_federated.core.errors import SpecMismatch
from prefect_federated.core.privacy import DELTA
from prefect_federated.core.spec import TaskSpec

CONSENT = (
    "ConsentGranted",
    "ConsentWithdrawn",
    "SubjectsSet",
    "DatasetRegistered",
    "DatasetRootPublished",
    "PrivacySpent",
    "PrivacyRefunded",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the chain says at one block: `events` are the task's, `consent` those of `CONSENT`, both in order."""

    chain_id: int
    coordinator: str
    registry: str
    task: TaskOnChain
    as_of: Block
    versions: Sequence[Version]
    events: Sequence[Event]
    consent: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Documents:
    """What lies beside the chain: the spec, metrics by version, evidence by its hash; `missing` says what does not."""

    spec: TaskSpec | None = None
    metrics: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    evidence: Mapping[bytes, EvidenceRow] = field(default_factory=dict)
    missing: Sequence[str] = ()


def audit(asked: str, facts: Facts, number: int, documents: Documents) -> Audit:
    """Tell everything about a version.

    Args:
        asked: how the version was named.
        facts: versions are checked against the head already.
        number: of the version.
        documents: from the store and the caller's folder, checked against the chain's hashes.

    Raises:
        SpecMismatch: the registry has no such version.
    """
    if not 0 <= number < len(facts.versions):
        raise SpecMismatch(
            f"task {facts.task.task} has the versions 0 to {len(facts.versions) - 1}, not {number};"
            f" `federated registry log {facts.task.task}` lists them"
        )
    lineage = facts.versions[: number + 1]
    descent = Descent.of(lineage)
    by_round: dict[int, list[Event]] = {}
    for event in facts.events:
        by_round.setdefault(event.args.get("round", 0), []).append(event)
    membership = [event for event in facts.events if event.name in MEMBERSHIP]
    opened = sorted({e.args["round"] for e in facts.events if e.name == "RoundStarted"})
    newest = len(facts.versions) == len(lineage)  # then rounds that made no version since belong to the picture too
    shown = [round for round in opened if newest or round <= lineage[-1].round]
    logs = {round: fold_round(facts.task.task, round, by_round[round], membership) for round in shown}
    commits = Commits.of(facts.consent, by_round, shown)
    losses = Losses.of(facts.consent, _delta(documents.spec))
    rounds = [audited_round(log, descent, commits, documents.evidence, losses) for log in logs.values()]
    told = [event for event in facts.events if event.args.get("round") in logs]
    bonds = slashes(told)
    medians = {log.version: log.median_metric for log in logs.values() if log.version is not None}
    return Audit(
        asked=asked,
        chain_id=facts.chain_id,
        coordinator=facts.coordinator,
        registry=facts.registry,
        task=facts.task.task,
        task_id="0x" + facts.task.task_id.hex(),
        name=documents.spec.name if documents.spec else None,
        as_of=BlockRow(number=facts.as_of.number, hash=facts.as_of.hash, time=facts.as_of.time),
        version=number,
        version_hash="0x" + lineage[-1].version_hash.hex(),
        delta=losses.delta,
        plan=_plan(facts.task, documents.spec),
        versions=version_rows(lineage, descent, facts.events, documents.metrics, medians),
        rounds=rounds,
        contributors=contributors(rounds, taken_from(bonds), facts.task.task, losses),
        datasets=dataset_rows(facts.consent, rounds),
        grants=grant_rows(facts.consent, rounds, descent, facts.as_of.time, losses),
        challenges=cases(told),
        slashes=bonds,
        remedies=remedy_rows(lineage, rounds, facts.events, facts.consent),
        left_out=list(documents.missing),
    )


def _plan(task: TaskOnChain, spec: TaskSpec | None) -> PlanRow:
    spec_hash = "0x" + task.spec_hash.hex()
    if spec is None:
        return PlanRow(spec_hash=spec_hash)
    return PlanRow(
        spec_hash=spec_hash,
        ref=spec.plan.ref,
        code_hash="0x" + spec.plan.code_hash.hex(),
        rule=spec.rule.name,
        purposes=list(spec.purposes),
        hidden=spec.privacy.unit if spec.privacy else None,
        noise_multiplier=spec.privacy.noise_multiplier if spec.privacy else None,
    )


def _delta(spec: TaskSpec | None) -> float:
    return spec.privacy.delta if spec and spec.privacy else DELTA
