"""What the runs of a round look like in MLflow, as plain values: one parent, one child per participant."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prefect_federated.adapters.mlflow.description import round_note
from prefect_federated.adapters.mlflow.records import DatasetUse, ParticipantRecord, RoundRecord

PARENT = ""


@dataclass(frozen=True, slots=True)
class RunLayout:
    """A run as it should be; `slot` tells a round's runs apart: empty for the parent, else the account.

    `told` are those of the metrics that chain and store tell, whoever mirrors.
    """

    slot: str
    name: str
    status: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    told: Mapping[str, float]
    params: Mapping[str, str] = field(default_factory=dict)
    dataset: DatasetUse | None = None


def layout(record: RoundRecord, children: bool = True) -> dict[str, RunLayout]:
    """The wanted runs of a round by slot, the parent first; without `children` it is alone."""
    shared = {
        "federated.task": record.task_name,
        "federated.task_id": record.task_id,
        "federated.round": str(record.key.round),
        "evm.chain_id": str(record.key.chain_id),
        "evm.coordinator": record.key.coordinator,
        "mlflow.source.name": "prefect-federated",
        "mlflow.source.type": "JOB",
        **({"prefect.flow_run_id": record.flow_run_id} if record.flow_run_id else {}),
    }
    nested = record.participants if children else ()
    runs = [_parent(record, shared), *(_child(record, one, shared) for one in nested)]
    return {run.slot: run for run in runs}


def slot_of(account: str) -> str:
    """Slot of a participant's run; accounts differ in case only by their checksum."""
    return account.lower()


def _parent(record: RoundRecord, shared: Mapping[str, str]) -> RunLayout:
    note = {"federated.status": record.status, "mlflow.note.content": round_note(record)}
    metrics = {**record.metrics, **_counted(record.counts)}
    return RunLayout(
        slot=PARENT,
        name=f"round-{record.key.round}",
        status="FAILED" if record.status in ("REJECTED", "VOIDED") else "FINISHED",
        metrics=metrics,
        told=metrics,
        tags={**shared, **note, **record.tags},
        params=record.params,
    )


def _child(record: RoundRecord, one: ParticipantRecord, shared: Mapping[str, str]) -> RunLayout:
    tags = {
        **shared,
        "federated.participant": one.name,
        **{f"federated.stage.{stage}": outcome for stage, outcome in one.stages.items()},
        **({"federated.view_digest": one.dataset.digest} if one.dataset else {}),
        **_outcome(one),
        **one.tags,
    }
    return RunLayout(
        slot=slot_of(one.account),
        name=f"round-{record.key.round}/{one.name}",
        status="FAILED" if one.excluded_stage else "FINISHED",
        metrics={**one.metrics, **_counted(one.counts), **one.told},
        told=one.told,
        tags=tags,
        dataset=one.dataset,
    )


def _outcome(one: ParticipantRecord) -> dict[str, str]:
    if not one.excluded_stage:
        return {"federated.outcome": "aggregated"}
    return {
        "federated.outcome": "excluded",
        "federated.excluded.stage": one.excluded_stage,
        "federated.excluded.reason": one.excluded_reason,
    }


def _counted(counts: Mapping[str, int]) -> dict[str, float]:
    """Counts stand in their own section of MLflow's metrics page."""
    return {f"count/{name}": float(count) for name, count in counts.items()}
