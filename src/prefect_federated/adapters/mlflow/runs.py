"""Writes a round's runs into MLflow so that doing it twice, or dying half-way, leaves the same runs.

find by tag -> create what is missing -> settle duplicates -> fill what is not complete
"""

import json
import time
from typing import TYPE_CHECKING

from prefect_federated.adapters.mlflow.layout import PARENT, RunLayout, layout, slot_of
from prefect_federated.adapters.mlflow.records import DatasetUse, RoundKey, RoundRecord, RunIds

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

KEY_TAG = "federated.key"
SLOT_TAG = "federated.account"
RECORD_TAG = "federated.record"
CREATED_TAG = "federated.created_ns"
LINEAGE_FILE = "lineage.html"
DIGEST_CHARS = 36  # MLflow's limit; the tag federated.view_digest holds the whole digest
OVER = ("FINISHED", "FAILED", "KILLED")


def record_round(
    client: "MlflowClient", experiment_id: str, record: RoundRecord, again: bool = False, children: bool = True
) -> RunIds:
    """Mirror a round; a second call with the same record finds its runs and writes nothing.

    A call that died at any point is completed by the next one: `federated.record` is written with the last
    batch, so a run without it, or one still RUNNING, is filled again with the same values; with `again` any run is.
    Without `children` the round's own run is all there is.
    """
    wanted, digest = layout(record, children), record.digest
    found = _find(client, experiment_id, record.key.text)
    if missing := [run for slot, run in wanted.items() if slot not in found]:
        for run in missing:
            _create(client, experiment_id, run, record, found)
        found = _find(client, experiment_id, record.key.text)
    parent_id = found[PARENT].info.run_id
    for slot, run in wanted.items():
        if again or not _complete(found[slot], digest):
            _fill(client, found[slot].info.run_id, run, record, digest, parent_id)
    nested = {one.account: found[slot_of(one.account)].info.run_id for one in record.participants if children}
    return RunIds(round=parent_id, participants=nested)


def has_round(client: "MlflowClient", experiment_id: str, key: RoundKey) -> bool:
    """Whether a round's runs are there, all written to the end, whatever record they are of."""
    found = _find(client, experiment_id, key.text).values()
    return bool(found) and all(run.info.status in OVER and RECORD_TAG in run.data.tags for run in found)


def run_of(client: "MlflowClient", experiment_id: str, key: RoundKey, slot: str = PARENT) -> str:
    """Id of a round's run, its own or the participant's of that slot; empty where there is none."""
    run = _find(client, experiment_id, key.text).get(slot)
    return str(run.info.run_id) if run else ""


def lineage_link(client: "MlflowClient", experiment_id: str, key: RoundKey) -> str:
    """Address of the lineage page on a round's run."""
    if not (run_id := run_of(client, experiment_id, key)):
        return ""
    if not any(one.path == LINEAGE_FILE for one in client.list_artifacts(run_id)):
        return ""
    if client.tracking_uri.startswith("http"):
        run = f"#/experiments/{experiment_id}/runs/{run_id}"
        return f"{client.tracking_uri.rstrip('/')}/{run}/artifacts/{LINEAGE_FILE}"
    return f"{str(client.get_run(run_id).info.artifact_uri).rstrip('/')}/{LINEAGE_FILE}"


def _find(client: "MlflowClient", experiment_id: str, key: str) -> "dict[str, Run]":
    """Runs of a round by slot; where two mirrors both created one, the older stays and the other goes."""
    found: dict[str, Run] = {}
    runs = client.search_runs([experiment_id], f"tags.`{KEY_TAG}` = '{key}'", max_results=50_000)
    for run in sorted(runs, key=lambda run: (int(run.data.tags[CREATED_TAG]), run.info.run_id)):
        if found.setdefault(run.data.tags[SLOT_TAG], run) is not run:
            client.delete_run(run.info.run_id)
    return found


def _create(
    client: "MlflowClient", experiment_id: str, run: RunLayout, record: RoundRecord, found: "dict[str, Run]"
) -> None:
    """Create an empty run that can already be found by its tags, and put it into `found`."""
    tags = {KEY_TAG: record.key.text, SLOT_TAG: run.slot, CREATED_TAG: str(time.time_ns())}
    if run.slot != PARENT:
        tags["mlflow.parentRunId"] = found[PARENT].info.run_id
    found[run.slot] = client.create_run(experiment_id, record.started_ms, tags, run.name)


def _complete(run: "Run", digest: str) -> bool:
    return run.info.status in OVER and run.data.tags.get(RECORD_TAG) == digest


def _fill(
    client: "MlflowClient", run_id: str, run: RunLayout, record: RoundRecord, digest: str, parent_id: str
) -> None:
    """Write a run's content: dataset, then everything else in one batch, then its end."""
    from mlflow.entities import Metric, Param, RunTag

    if run.dataset:
        client.log_inputs(run_id, [_dataset_input(run.dataset)])
    parent = {} if run.slot == PARENT else {"mlflow.parentRunId": parent_id}
    tags = {**run.tags, **parent, RECORD_TAG: digest}
    at_ms, step = record.ended_ms, record.key.round
    client.log_batch(
        run_id,
        metrics=[Metric(key, float(value), at_ms, step) for key, value in run.metrics.items()],
        params=[Param(key, value) for key, value in run.params.items()],
        tags=[RunTag(key, value) for key, value in tags.items()],
    )
    client.set_terminated(run_id, run.status, record.ended_ms)


def _dataset_input(view: DatasetUse) -> "DatasetInput":
    from mlflow.entities import Dataset, DatasetInput, InputTag

    digest = view.digest.removeprefix("0x")
    dataset = Dataset(
        name=view.name,
        digest=digest[:DIGEST_CHARS],
        source_type="federated",
        source=json.dumps({"view_digest": digest}),
        schema=json.dumps({"columns": list(view.columns)}) if view.columns else None,
        profile=json.dumps({"num_rows": view.rows}),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
