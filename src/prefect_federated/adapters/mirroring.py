"""From a settled round on chain to MLflow: runs, registered version, alias. MLflow can be rebuilt from this.

RoundLog + notes --> parent and child runs;  version + model bytes --> registered version --> champion
"""

import numpy as np

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Version
from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.records import (
    DatasetUse,
    ModelVersion,
    PackagedModel,
    ParticipantRecord,
    RoundKey,
    RoundRecord,
)
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.reading import read_result, read_task_spec, version_with_hash
from prefect_federated.adapters.remedies import read_remedies
from prefect_federated.adapters.round_log import RoundLog
from prefect_federated.core.duo import purpose_codes
from prefect_federated.core.fixed_point import decode
from prefect_federated.core.notes import Notes
from prefect_federated.core.opinion import UNIT
from prefect_federated.core.remedies import gravest
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import RoundState, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning.tensors import unflatten

REMEDY_TAG, PURPOSES_TAG, UNTIL_TAG = "federated.remedy", "federated.purposes", "federated.usable_until"


def mirror_round(aggregator: Aggregator, spec: RoundSpec, log: RoundLog, notes: Notes) -> int | None:
    """Mirror a finished round; returns MLflow's version, None if the round made none or there is no mirror."""
    if aggregator.mirror is None:
        return None
    party, key = aggregator.party, RoundKey(spec.chain_id, spec.coordinator, spec.task, spec.round)
    result = read_result(party, spec.task, spec.round) if log.version is not None else None
    runs = aggregator.mirror.record_round(_round_record(spec, key, log, notes, result))
    if result is None:
        return None
    version = version_with_hash(party.federation.versions(spec.task), log.version_hash)
    number = aggregator.mirror.register(
        _model_version(aggregator, spec, key, log, notes, result, version, runs.round),
        _package(aggregator, spec, result, version),
    )
    _promote(aggregator.mirror, aggregator, spec, version)
    mirror_remedies(aggregator.mirror, party.federation, spec.task, spec.spec.name)
    return number


def mirror_remedies(mirror: Mirror, federation: Federation, task: int, task_name: str) -> None:
    """Tag each mirrored version that descends from changed consent with the state of its gravest remedy."""
    for version_hash, state in gravest(read_remedies(federation, task)).items():
        mirror.tag(task_name, "0x" + version_hash.hex(), {REMEDY_TAG: state.word})


def is_mirrored(aggregator: Aggregator, task: int, state: RoundState) -> bool:
    """Whether MLflow has what became of the task's last round; True without a mirror.

    A round that made a version is there once the alias stands on it, a rejected one once its run is.
    """
    if aggregator.mirror is None:
        return True
    federation = aggregator.party.federation
    if state.status is Status.REJECTED:
        return aggregator.mirror.has_round(RoundKey(federation.chain_id, federation.coordinator, task, state.round))
    name = read_task_spec(aggregator.party, federation.task_of(task)).name
    return aggregator.mirror.follows(name, "0x" + federation.head(task)[0].hex())


def _promote(mirror: Mirror, aggregator: Aggregator, spec: RoundSpec, version: Version) -> None:
    """Move `champion` only onto the head, once its block is final and under as many as the mirror asks for."""
    federation = aggregator.party.federation
    seen = federation.block_number() - version.block
    if federation.head(spec.task)[0] == version.version_hash and version.block <= federation.final_block():
        mirror.promote(spec.spec.name, "0x" + version.version_hash.hex(), confirmations_seen=seen)


def _round_record(
    spec: RoundSpec, key: RoundKey, log: RoundLog, notes: Notes, result: ResultDocument | None
) -> RoundRecord:
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
        metrics=(result.metrics if result else {}) | _median(log),
        counts=counts,
        params={
            "rule": spec.spec.rule.name,
            "purposes": ",".join(spec.spec.purposes),
            "plan": spec.spec.plan.ref,
            "plan_code_hash": "0x" + spec.spec.plan.code_hash.hex(),
        },
        participants=tuple(_participant(spec, account, log, notes) for account in log.expected),
        flow_run_id=notes.flow_run_id,
    )


def _median(log: RoundLog) -> dict[str, float]:
    return {} if log.median_metric is None else {"committee/median_metric": log.median_metric / UNIT}


def _participant(spec: RoundSpec, account: str, log: RoundLog, notes: Notes) -> ParticipantRecord:
    people = log.participation(notes.exclusions, notes.local)
    out = next((e for e in people.excluded if e.participant == account), None)
    local = notes.local.get(account)
    stages = {"commit": "0x" + log.commit_tx[account].hex()} if account in log.commit_tx else {}
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
    )


def _model_version(
    aggregator: Aggregator,
    spec: RoundSpec,
    key: RoundKey,
    log: RoundLog,
    notes: Notes,
    result: ResultDocument,
    version: Version,
    run_id: str,
) -> ModelVersion:
    return ModelVersion(
        key=key,
        task_name=spec.spec.name,
        task_id="0x" + spec.task_id.hex(),
        registry=aggregator.party.federation.addresses.models,
        number=version.number,
        version_hash="0x" + version.version_hash.hex(),
        parent_hash="0x" + version.parent.hex(),
        model_root="0x" + version.model_root.hex(),
        content_uri=result.model_uri,
        tx_hash="0x" + version.tx_hash.hex(),
        status=log.status.name,
        contributors=tuple(notes.name(update.participant) for update in result.included),
        metrics=result.metrics,
        run_id=run_id,
        created_ms=log.ended_at * 1000,
        rights=str(version.rights),
        tags={PURPOSES_TAG: purpose_codes(version.purposes), UNTIL_TAG: str(version.usable_until)},
    )


def _package(aggregator: Aggregator, spec: RoundSpec, result: ResultDocument, version: Version) -> PackagedModel:
    words = fetch_words(aggregator.party.store, spec, "model", result.model_uri, version.model_root)
    vector = decode(words, spec.header("model").parts[0].encoding).astype(np.float32)
    agreed = spec.spec
    return PackagedModel(
        plan=agreed.plan.ref,
        hyperparameters=agreed.plan.hyperparameters,
        tensors=unflatten(vector, agreed.model.tensors),
        columns={column.name: "double" for column in agreed.data.columns},
        code_hash="0x" + agreed.plan.code_hash.hex(),
    )
