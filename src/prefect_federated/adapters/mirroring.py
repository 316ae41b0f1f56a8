"""From a settled round on chain to MLflow: runs, registered version, alias. MLflow can be rebuilt from this.

RoundLog + notes --> parent and child runs;  version + model bytes --> registered version --> champion
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from types import MappingProxyType

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Version
from prefect_federated.adapters.lineage.publishing import lineage_page
from prefect_federated.adapters.mlflow.losses import of_participant, of_round
from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.records import (
    DatasetUse,
    ModelVersion,
    PackagedModel,
    ParticipantRecord,
    RoundKey,
    RoundRecord,
)
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.reading import ROUND, read_result, read_task_spec, version_with_hash
from prefect_federated.adapters.remedies import read_remedies
from prefect_federated.adapters.round_log import RoundLog
from prefect_federated.adapters.spending import PrivacyLedger, Spending
from prefect_federated.adapters.statistics import answer_of, write_files
from prefect_federated.core.duo import purpose_codes
from prefect_federated.core.fixed_point import decode_single
from prefect_federated.core.notes import Notes
from prefect_federated.core.opinion import UNIT
from prefect_federated.core.remedies import gravest
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import RoundState, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.statistics.pooled import Summary
from prefect_federated.core.statistics.telling import metrics_of
from prefect_federated.learning.vector import size_of, unflatten

REMEDY_TAG, PURPOSES_TAG, UNTIL_TAG = "federated.remedy", "federated.purposes", "federated.usable_until"
DETECTED_TAG = "federated.detected"
ROLLBACK = 2  # kind of a version that brings an older model back


def mirror_round(aggregator: Aggregator, spec: RoundSpec, log: RoundLog, notes: Notes) -> int | None:
    """Mirror a finished round; returns MLflow's version, None if the round made none or there is no mirror.

    Statistics are metrics and files of the round's run: there is no model to register.
    """
    if aggregator.mirror is None:
        return None
    party, key = aggregator.party, RoundKey(spec.chain_id, spec.coordinator, spec.task, spec.round)
    result = read_result(party, spec.task, spec.round) if log.version is not None else None
    answer = answer_of(party, spec, result)
    spent = spent_by(party.federation, spec, log)
    runs = aggregator.mirror.record_round(round_record(spec, key, log, notes, result, answer, spent))
    if answer[0] is not None:
        aggregator.mirror.attach_files(runs.round, partial(write_files, answer[0]))
    if result is None or spec.spec.statistics is not None:
        return None
    version = version_with_hash(party.federation.versions(spec.task), log.version_hash)
    made = Made(result.model_uri, result.metrics, tuple(notes.name(update.participant) for update in result.included))
    wanted = model_version(party, spec, version, log.status.name, made, runs.round)
    number = aggregator.mirror.register(wanted, package(party, spec, made, version))
    if (shown := lineage_page(party, spec.task, version.number, notes)) is not None:
        aggregator.mirror.attach_lineage(runs.round, shown)
    for newer in rolled_back_since(party, version):
        restored = made_before(party, spec, newer)
        aggregator.mirror.register(
            model_version(party, spec, newer, "ROLLBACK", restored), package(party, spec, restored, newer)
        )
        version = newer
    if standing_head(party, aggregator.mirror, spec.task) == (version_hash := "0x" + version.version_hash.hex()):
        aggregator.mirror.promote(spec.spec.name, version_hash, aggregator.mirror.confirmations)
    mirror_remedies(aggregator.mirror, party.federation, spec.task, spec.spec.name)
    return number


def mirror_remedies(mirror: Mirror, federation: Federation, task: int, task_name: str) -> None:
    """Tag each mirrored version that descends from changed consent with the state of its gravest remedy."""
    for version_hash, state in gravest(read_remedies(federation, task)).items():
        mirror.tag(task_name, "0x" + version_hash.hex(), {REMEDY_TAG: state.word})


def is_mirrored(aggregator: Aggregator, task: int, state: RoundState) -> bool:
    """Whether MLflow has what became of the task's last round; True without a mirror.

    A round that made a model is there once the alias stands on it, a rejected one or statistics once its run is.
    """
    if aggregator.mirror is None:
        return True
    federation = aggregator.party.federation
    agreed = read_task_spec(aggregator.party, federation.task_of(task))
    if state.status is Status.REJECTED or agreed.statistics is not None:
        return aggregator.mirror.has_round(RoundKey(federation.chain_id, federation.coordinator, task, state.round))
    return aggregator.mirror.follows(agreed.name, "0x" + federation.head(task)[0].hex())


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of a version's model beside its hashes: where it lies, how it scored, who is in it."""

    uri: str
    metrics: Mapping[str, float]
    contributors: tuple[str, ...] = ()


def made_before(party: Party, spec: RoundSpec, version: Version) -> Made:
    """Where the model of a version comes from, rollbacks followed back to what they restore."""
    versions = party.federation.versions(version.task)
    while version.kind == ROLLBACK:
        version = version_with_hash(versions, version.aggregate_root)
    if version.kind != ROUND:
        return Made(spec.spec.model.genesis_uri, {})
    result = read_result(party, version.task, version.round)
    return Made(result.model_uri, result.metrics, tuple(update.participant for update in result.included))


def rolled_back_since(party: Party, version: Version) -> list[Version]:
    """Rollbacks that came after a version and before the next round's."""
    later = party.federation.versions(version.task)[version.number + 1 :]
    return list(takewhile(lambda one: one.kind == ROLLBACK, later))


def standing_head(party: Party, mirror: Mirror, task: int) -> str | None:
    """Hash of the head, 0x-hex, where its block is final and confirmed as often as the mirror asks; else None."""
    federation = party.federation
    head = version_with_hash(federation.versions(task), federation.head(task)[0])
    settled = head.block <= federation.final_block()
    confirmed = federation.block_number() - head.block >= mirror.confirmations
    return "0x" + head.version_hash.hex() if settled and confirmed and head.number else None


def round_record(
    spec: RoundSpec,
    key: RoundKey,
    log: RoundLog,
    notes: Notes,
    result: ResultDocument | None,
    answer: tuple[Summary | None, Mapping[str, str]] = (None, MappingProxyType({})),
    spent: Spending | None = None,
) -> RoundRecord:
    """A round as MLflow should have it.

    Args:
        answer: what it found out where the task asks for statistics, and tags of it.
        spent: of privacy as of the round's end, where the task counts it.
    """
    summary, tags = answer
    losses, hides = of_round(spent)
    people = log.participation(notes.exclusions, notes.local)
    counts = {
        "expected": len(people.expected),
        "validated": len(people.validated),
        "committed": len(people.committed),
        "revealed": len(people.revealed),
        "aggregated": len(people.aggregated),
    }
    if log.votes:
        counts |= dict(zip(("accepts", "votes"), log.tally, strict=True))
    return RoundRecord(
        key=key,
        task_name=spec.spec.name,
        task_id="0x" + spec.task_id.hex(),
        status=log.status.name,
        started_ms=log.started_at * 1000,
        ended_ms=log.ended_at * 1000,
        metrics=(result.metrics if result else {}) | _median(log) | (metrics_of(summary) if summary else {}) | losses,
        counts=counts,
        params={
            "rule": spec.spec.rule.name,
            "purposes": ",".join(spec.spec.purposes),
            "plan": spec.spec.plan.ref,
            "plan_code_hash": "0x" + spec.spec.plan.code_hash.hex(),
        },
        participants=tuple(_participant(account, log, notes, result, spent) for account in log.expected),
        flow_run_id=notes.flow_run_id,
        tags={**tags, **hides},
    )


def spent_by(
    federation: Federation, spec: RoundSpec, log: RoundLog, ledger: PrivacyLedger | None = None
) -> Spending | None:
    """What those of a round spent of privacy as of the block in which it ended; None where the task counts nothing.

    Args:
        ledger: read before, where many rounds are asked for.
    """
    if (privacy := spec.spec.privacy) is None:
        return None
    ledger = ledger or PrivacyLedger(federation, log.end_block)
    return ledger.spending(log.task, privacy, log.expected, log.end_block)


def _median(log: RoundLog) -> dict[str, float]:
    return {} if log.median_metric is None else {"committee/median_metric": log.median_metric / UNIT}


def _participant(
    account: str, log: RoundLog, notes: Notes, result: ResultDocument | None, spent: Spending | None
) -> ParticipantRecord:
    people = log.participation(notes.exclusions, notes.local)
    out = next((e for e in people.excluded if e.participant == account), None)
    local = notes.local.get(account)
    stages = {"commit": "0x" + log.commit_tx[account].hex()} if account in log.commit_tx else {}
    losses, named = of_participant(spent, account)
    dataset = None
    if local is not None:
        dataset = DatasetUse(f"{notes.name(account)}-view", "0x" + local.view_digest.hex(), local.rows, local.columns)
    return ParticipantRecord(
        name=notes.name(account),
        account=account,
        stages=stages,
        metrics=local.metrics if local else {},
        counts={"weight": log.weights[account]} if account in log.weights else {},
        dataset=dataset,
        excluded_stage=out.stage if out else "",
        excluded_reason=out.reason if out else "",
        tags=_detected(account, result) | named,
        told=losses,
    )


def _detected(account: str, result: ResultDocument | None) -> dict[str, str]:
    """The tests that name a participant, as a tag; none where there was no detection or nothing was found."""
    named = result.detection.named if result and result.detection else ()
    tests = [one.test for one in named if one.participant == account]
    return {DETECTED_TAG: ", ".join(tests)} if tests else {}


def model_version(
    party: Party, spec: RoundSpec, version: Version, status: str, made: Made, run_id: str = ""
) -> ModelVersion:
    """A version as MLflow should have it."""
    return ModelVersion(
        key=RoundKey(spec.chain_id, spec.coordinator, spec.task, version.round),
        task_name=spec.spec.name,
        task_id="0x" + spec.task_id.hex(),
        registry=party.federation.addresses.models,
        number=version.number,
        version_hash="0x" + version.version_hash.hex(),
        parent_hash="0x" + version.parent.hex(),
        model_root="0x" + version.model_root.hex(),
        content_uri=made.uri,
        tx_hash="0x" + version.tx_hash.hex(),
        status=status,
        contributors=made.contributors,
        metrics=made.metrics,
        run_id=run_id,
        created_ms=version.timestamp * 1000,
        rights=str(version.rights),
        tags={PURPOSES_TAG: purpose_codes(version.purposes), UNTIL_TAG: str(version.usable_until)},
    )


def package(party: Party, spec: RoundSpec, made: Made, version: Version) -> PackagedModel:
    """A version's model from the store, checked against the chain's root: the model alone of what is shared."""
    words = fetch_words(party.store, spec, "model", made.uri, version.model_root)
    vector = decode_single(words, spec.header("model").parts[0].encoding)
    agreed = spec.spec
    return PackagedModel(
        plan=agreed.plan.ref,
        hyperparameters=agreed.plan.hyperparameters,
        tensors=unflatten(vector[: size_of(agreed.model_tensors)], agreed.model_tensors),
        columns=dict.fromkeys(agreed.data.features, "double"),
        code_hash="0x" + agreed.plan.code_hash.hex(),
    )
