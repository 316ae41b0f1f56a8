"""MLflow against chain and store: what differs, and MLflow written again from them alone.

chain + store --> wanted runs, versions, alias --compare--> drifts --write again--> MLflow, compared once more
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prefect_federated.adapters.mirroring import (
    REMEDY_TAG,
    ROLLBACK,
    made_before,
    model_version,
    package,
    round_record,
    spent_by,
    standing_head,
)
from prefect_federated.adapters.mlflow.drift import Drift, alias_drift, owner_drift, run_drifts, version_drifts
from prefect_federated.adapters.mlflow.mending import drop_run, drop_strangers, forget, lay_files_again, release_name
from prefect_federated.adapters.mlflow.mirror import CHAMPION, Mirror
from prefect_federated.adapters.mlflow.records import ModelVersion, PackagedModel, RoundKey, RoundRecord
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_past_spec, read_result
from prefect_federated.adapters.remedies import read_remedies
from prefect_federated.adapters.round_log import RoundLog, read_round_log
from prefect_federated.adapters.spending import PrivacyLedger
from prefect_federated.adapters.statistics import answer_of
from prefect_federated.core.notes import Notes
from prefect_federated.core.remedies import gravest
from prefect_federated.core.round import Status
from prefect_federated.core.round_spec import RoundSpec

if TYPE_CHECKING:
    from mlflow import MlflowClient

MIRRORED = (Status.SUCCESS, Status.DEGRADED, Status.REJECTED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What MLflow should have of a task, from chain and store alone."""

    name: str
    federation: str
    task: int
    records: tuple[RoundRecord, ...]
    versions: tuple[tuple[ModelVersion, PackagedModel], ...]
    champion: str | None
    models: bool = True  # False where its rounds are statistics: they are runs alone


def wanted(party: Party, mirror: Mirror, task: int) -> Wanted:
    """Read it, each document checked against the chain.

    Raises:
        ContentMismatch: a document in the store is not the chain's; MLflow cannot be judged by it.
    """
    federation = party.federation
    versions, states = federation.versions(task), gravest(read_remedies(federation, task))
    rounds = {round: _round(party, task, round) for round in _finished(party, task)}
    last = next(iter(rounds.values()), None)
    mirrored: list[tuple[ModelVersion, PackagedModel]] = []
    for version in versions[1:]:
        spec = rounds[version.round][0] if version.round in rounds else last[0] if last else None
        if spec is not None and spec.spec.statistics is None:
            status = "ROLLBACK" if version.kind == ROLLBACK else rounds[version.round][1].status.name
            made = made_before(party, spec, version)
            told = model_version(party, spec, version, status, made)
            if (state := states.get(version.version_hash)) is not None:
                told = replace(told, tags={**told.tags, REMEDY_TAG: state.word})
            mirrored.append((told, package(party, spec, made, version)))
    records, ledger = [], PrivacyLedger(federation) if last and last[0].spec.privacy else None
    for round, (spec, log) in rounds.items():
        key = RoundKey(federation.chain_id, federation.coordinator, task, round)
        result = read_result(party, task, round) if log.version is not None else None
        answer, spent = answer_of(party, spec, result), spent_by(federation, spec, log, ledger)
        records.append(round_record(spec, key, log, Notes(), result, answer, spent))
    models = last is None or last[0].spec.statistics is None
    return Wanted(
        name=last[0].spec.name if last else "",
        federation=RoundKey(federation.chain_id, federation.coordinator, task, 0).federation,
        task=task,
        records=tuple(records),
        versions=tuple(mirrored),
        champion=standing_head(party, mirror, task) if models else None,
        models=models,
    )


def drifts(mirror: Mirror, task: Wanted) -> list[Drift]:
    """Everything in which MLflow differs; nothing is written."""
    if not task.records and not task.versions:
        return []
    with mirror.connected() as (client, experiment_id):
        return list(_drifts(client, experiment_id, mirror.model_name(task.name), task, mirror.participant_runs))


def repair(mirror: Mirror, task: Wanted, found: list[Drift]) -> None:
    """Write again what differs, and only that: what a live mirror knew beside the chain stays where nothing is wrong.

    Versions that the chain does not have leave the registry, runs of rounds that never were are deleted; MLflow
    keeps their files until its own garbage collection.
    """
    name = mirror.model_name(task.name)
    changed = {drift.version_hash for drift in found if drift.version_hash}
    altered = {drift.version_hash for drift in found if drift.kind == "altered artifact"}
    runs = {drift.round for drift in found if drift.round is not None}
    with mirror.connected() as (client, experiment_id):
        release_name(client, name, f"{task.federation}/{task.task}")
        drop_strangers(client, experiment_id, name, task)
        false = {(drift.round, drift.slot) for drift in found if drift.kind == "changed metric"}
        for record in task.records:
            for slot in (slot for round, slot in false if round == record.key.round):
                drop_run(client, experiment_id, record.key, slot)
    for record in task.records:
        if record.key.round in runs:
            mirror.record_round(record, again=True)
    for version, model in task.versions:
        if version.version_hash in altered and mirror.files == "store":
            with mirror.connected() as (client, _):
                forget(client, name, version.version_hash)
        if version.version_hash in changed:
            mirror.register(_with_run(mirror, version), model)
        if version.version_hash in altered and mirror.files == "mlflow":
            with mirror.connected() as (client, _):
                lay_files_again(client, name, version, model)
    if task.champion is not None:
        mirror.promote(task.name, task.champion, mirror.confirmations)


def _with_run(mirror: Mirror, version: ModelVersion) -> ModelVersion:
    """The version with the id of its round's run, if the round has one."""
    run_id = mirror.run_of(version.key)
    return replace(version, run_id=run_id) if run_id and version.status != "ROLLBACK" else version


def _drifts(client: "MlflowClient", experiment_id: str, name: str, task: Wanted, children: bool) -> Iterator[Drift]:
    if not task.models:
        yield from run_drifts(client, experiment_id, task.records, f"{task.federation}/{task.task}", children)
        return
    missing = list(owner_drift(client, name, f"{task.federation}/{task.task}"))
    yield from missing
    yield from run_drifts(client, experiment_id, task.records, f"{task.federation}/{task.task}", children)
    if any(drift.kind == "missing model" for drift in missing):
        for version, _ in task.versions:
            what = f"version {version.number} on chain"
            yield Drift(
                "version only on chain", what, "not in MLflow", version.version_hash, None, version.version_hash
            )
        return
    yield from version_drifts(client, name, task.versions)
    yield from alias_drift(client, name, CHAMPION, task.champion)


def _finished(party: Party, task: int) -> list[int]:
    ended = party.federation.events(task, names=("RoundSettled",))
    return [event.args["round"] for event in ended if Status(event.args["status"]) in MIRRORED]


def _round(party: Party, task: int, round: int) -> tuple[RoundSpec, RoundLog]:
    return read_past_spec(party, task, round), read_round_log(party.federation, task, round)
