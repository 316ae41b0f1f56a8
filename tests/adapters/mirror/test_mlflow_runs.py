"""A round's runs: complete, found again, repaired, never doubled."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.records import RoundRecord

ALL_RUNS = 3  # ViewType.ALL, deleted ones too


def runs_of(client: Any, view: int = 1) -> dict[str, Any]:
    experiment = client.get_experiment_by_name("federated")
    runs = client.search_runs([experiment.experiment_id], run_view_type=view)
    assert len({run.info.run_id for run in runs}) == len(runs)
    return {run.info.run_name: run for run in runs}


def count_runs(client: Any, view: int = 1) -> int:
    experiment = client.get_experiment_by_name("federated")
    return len(client.search_runs([experiment.experiment_id], run_view_type=view))


def test_round_becomes_a_parent_run_with_the_global_models_metrics(
    mirror: Mirror, client: Any, record: RoundRecord
) -> None:
    ids = mirror.record_round(record)
    run = client.get_run(ids.round)
    assert run.info.run_name == "round-3"
    assert run.info.status == "FINISHED"
    assert (run.info.start_time, run.info.end_time) == (record.started_ms, record.ended_ms)
    assert run.data.metrics == {"accuracy": 0.9, "loss": 0.25, "count/expected": 3, "count/aggregated": 2}
    assert client.get_metric_history(ids.round, "accuracy")[0].step == 3
    assert run.data.params == {"rule": "multi_krum"}
    wanted = {
        "federated.task": "readmission",
        "federated.task_id": record.task_id,
        "federated.round": "3",
        "federated.status": "DEGRADED",
        "evm.chain_id": "31337",
        "evm.coordinator": record.key.coordinator,
        "prefect.flow_run_id": "7f0c",
    }
    assert wanted.items() <= run.data.tags.items()
    assert "| copycat |" in run.data.tags["mlflow.note.content"]


def test_participant_becomes_a_child_run_with_its_view_as_dataset_input(
    mirror: Mirror, client: Any, record: RoundRecord
) -> None:
    ids = mirror.record_round(record)
    one = record.participants[1]
    run = client.get_run(ids.participants[one.account])
    assert run.info.run_name == "round-3/hospital-b"
    assert run.data.tags["mlflow.parentRunId"] == ids.round
    assert run.data.metrics == {"loss": 0.3, "count/rows": 120}
    assert run.data.tags["federated.outcome"] == "aggregated"
    assert run.data.tags["federated.stage.validate"] == "passed"
    dataset = run.inputs.dataset_inputs[0].dataset
    assert one.dataset is not None
    assert one.dataset.digest.removeprefix("0x").startswith(dataset.digest)
    assert len(dataset.digest) == 36
    assert run.data.tags["federated.view_digest"] == one.dataset.digest


def test_excluded_participants_run_says_at_which_stage_and_why(
    mirror: Mirror, client: Any, record: RoundRecord
) -> None:
    mirror.record_round(record)
    run = runs_of(client)["round-3/copycat"]
    assert run.info.status == "FAILED"
    assert run.data.tags["federated.outcome"] == "excluded"
    assert run.data.tags["federated.excluded.stage"] == "reveal"
    assert run.data.tags["federated.excluded.reason"] == "CommitmentMismatch"


def test_note_of_a_large_cohort_stays_within_what_mlflow_takes(
    mirror: Mirror, client: Any, record: RoundRecord
) -> None:
    crowd = [replace(record.participants[0], name=f"silo-{n:03d}", account=f"0x{n:040x}") for n in range(60)]
    ids = mirror.record_round(replace(record, participants=tuple(crowd)))
    note = client.get_run(ids.round).data.tags["mlflow.note.content"]
    assert "silo-039" in note and "silo-040" not in note
    assert note.endswith("and 20 more")
    assert len(ids.participants) == 60


def test_voided_round_is_a_failed_run(mirror: Mirror, client: Any, record: RoundRecord) -> None:
    mirror.record_round(replace(record, status="VOIDED"))
    assert runs_of(client)["round-3"].info.status == "FAILED"


def test_mirroring_twice_finds_the_runs_and_writes_nothing(
    mirror: Mirror, client: Any, record: RoundRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mirror.record_round(record)
    from mlflow import MlflowClient

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the second call wrote")

    for verb in ("create_run", "log_batch", "log_inputs", "set_terminated", "delete_run"):
        monkeypatch.setattr(MlflowClient, verb, refuse)
    assert mirror.record_round(record) == first


def test_another_mirror_of_the_same_store_finds_the_same_runs(mirror: Mirror, client: Any, record: RoundRecord) -> None:
    first = mirror.record_round(record)
    assert Mirror(mirror.tracking_uri, "federated").record_round(record) == first
    assert count_runs(client, ALL_RUNS) == 4


@pytest.mark.parametrize("verb", ["create_run", "log_inputs", "log_batch", "set_terminated"])
@pytest.mark.parametrize("calls", [0, 1, 2])
def test_call_that_died_half_way_is_completed_by_the_next(
    mirror: Mirror, client: Any, record: RoundRecord, monkeypatch: pytest.MonkeyPatch, verb: str, calls: int
) -> None:
    from mlflow import MlflowClient

    real, left = getattr(MlflowClient, verb), [calls]

    def dying(*args: Any, **named: Any) -> Any:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(*args, **named)

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, verb, dying)
        try:
            mirror.record_round(record)
        except KeyboardInterrupt:
            pass
        else:
            assert verb == "log_inputs" and calls == 2  # only two of the three have a dataset
    ids = mirror.record_round(record)
    assert count_runs(client, ALL_RUNS) == 4
    for run in runs_of(client).values():
        assert run.info.status in ("FINISHED", "FAILED")
        assert run.data.tags["federated.record"] == record.digest
    assert len(client.get_metric_history(ids.round, "accuracy")) == 1
    assert all(len(run.inputs.dataset_inputs) <= 1 for run in runs_of(client).values())


def test_later_status_of_a_round_updates_its_runs(mirror: Mirror, client: Any, record: RoundRecord) -> None:
    first = mirror.record_round(record)
    assert mirror.record_round(replace(record, status="VOIDED", tags={"evm.settled_block": "90"})) == first
    run = client.get_run(first.round)
    assert (run.info.status, run.data.tags["federated.status"]) == ("FAILED", "VOIDED")
    assert run.data.tags["evm.settled_block"] == "90"
    assert count_runs(client, ALL_RUNS) == 4


def test_another_flow_run_that_mirrors_the_round_again_does_not_take_it_over(
    mirror: Mirror, client: Any, record: RoundRecord
) -> None:
    ids = mirror.record_round(record)
    mirror.record_round(replace(record, flow_run_id="another"))
    assert client.get_run(ids.round).data.tags["prefect.flow_run_id"] == "7f0c"


def test_rounds_of_other_chains_coordinators_tasks_and_numbers_stay_apart(
    mirror: Mirror, client: Any, record: RoundRecord
) -> None:
    others = [{"chain_id": 1}, {"coordinator": "0x" + "33" * 20}, {"task": 2}, {"round": 4}]
    keys = [record.key, *(replace(record.key, **change) for change in others)]
    ids = [mirror.record_round(replace(record, key=key)).round for key in keys]
    assert len(set(ids)) == 5


def test_run_that_another_mirror_created_at_the_same_moment_is_settled_to_the_older(
    mirror: Mirror, client: Any, record: RoundRecord
) -> None:
    ids = mirror.record_round(record)
    original = client.get_run(ids.round)
    later = int(original.data.tags["federated.created_ns"]) + 1
    twin_tags = {**original.data.tags, "federated.created_ns": str(later)}
    client.create_run(original.info.experiment_id, tags=twin_tags, run_name="round-3")
    assert mirror.record_round(record) == ids
    assert count_runs(client) == 4


def test_threads_that_mirror_one_round_at_once_leave_one_set_of_runs(
    tracking_uri: str, client: Any, record: RoundRecord
) -> None:
    found: list[str] = []

    def mirror_it() -> None:
        found.append(Mirror(tracking_uri, "federated").record_round(record).round)

    threads = [threading.Thread(target=mirror_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1
    assert count_runs(client, ALL_RUNS) == 4


def test_parameters_written_otherwise_the_second_time_are_refused_with_both_values(
    mirror: Mirror, make_record: Callable[..., RoundRecord]
) -> None:
    from prefect_federated.core.errors import ConfigurationError

    mirror.record_round(make_record(params={"rule": "median"}))
    with pytest.raises(ConfigurationError, match=r"median.*multi_krum|multi_krum.*median"):
        mirror.record_round(make_record(params={"rule": "multi_krum"}))


def test_mirror_without_participant_runs_writes_one_run_a_round(
    client: Any, record: RoundRecord, mirror: Mirror
) -> None:
    alone = Mirror(mirror.tracking_uri, mirror.experiment, participant_runs=False)
    ids = alone.record_round(record)
    assert ids.participants == {} and count_runs(client) == 1
    assert "| copycat |" in client.get_run(ids.round).data.tags["mlflow.note.content"]
    assert alone.record_round(record) == ids and alone.has_round(record.key)
