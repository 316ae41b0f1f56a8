"""Statistics rounds on a chain: pooled figures are those of all rows in one place, and small cells stay at home."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.training import train_on
from prefect_federated.adapters.data.view import ConsentView
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.granting import change_subjects
from prefect_federated.adapters.mirroring import is_mirrored
from prefect_federated.adapters.mlflow.records import RoundKey
from prefect_federated.adapters.reconciling import drifts, repair, wanted
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.silo import Silo
from prefect_federated.adapters.statistics import read_summary
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.errors import ConsentError, ContentMismatch, EmptyView, PolicyRefused, SpecError
from prefect_federated.core.notes import Notes
from prefect_federated.core.round import Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.layout import Layout
from prefect_federated.core.statistics.pooled import Numbers, Summary
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario.consortium import Consortium, data_path, mlflow_uri
from prefect_federated.tasks.settle import mirror
from prefect_federated.tasks.train import train
from prefect_federated.tasks.validate import validate
from tests.flows import local_scene as scene
from tests.flows.statistics_scene import WARDS, answered, do, member, tables, wards

pytestmark = pytest.mark.usefixtures("prefect_api")


def numbers_of(summary: Summary, name: str) -> Numbers:
    (found,) = [told.numbers for told in summary.columns if told.name == name]
    assert found is not None
    return found


def assert_is_that_of(summary: Summary, rows: pd.DataFrame) -> None:
    """Counts are equal, moments within the fixed point, quantiles within their bin."""
    age, marker, sex = summary.columns
    assert summary.rows == len(rows)
    assert list(age.cells[1:4]) == np.histogram(rows["age"], bins=[20, 40, 60, 80])[0].tolist()
    assert numbers_of(summary, "age").mean == rows["age"].mean()
    assert numbers_of(summary, "age").sample_variance == pytest.approx(rows["age"].var(), rel=1e-12)
    present = rows["marker"].dropna()
    assert marker.cells[-1] == len(rows) - len(present)
    assert list(marker.cells[1:5]) == np.histogram(present[present <= 4], bins=[0, 1, 2, 3, 4])[0].tolist()
    assert marker.cells[5] == (present > 4).sum()
    held, found = present.clip(0, 4), numbers_of(summary, "marker")
    assert found.error == 4 / 2**17
    assert found.mean == pytest.approx(held.mean(), abs=found.error)
    assert np.sqrt(found.variance or 0) == pytest.approx(held.std(ddof=0), abs=found.error)
    for one in found.quantiles:
        true = float(np.quantile(present, one.share, method="inverted_cdf"))
        assert one.low <= true <= one.high and one.high - one.low == 1 and one.low <= (one.value or 0) <= one.high
    assert sex.cells[:2] == ((rows["sex"] == "f").sum(), (rows["sex"] == "m").sum())
    assert [told.withheld for told in summary.columns] == [0, 0, 0]


def everybody(*names: str) -> pd.DataFrame:
    return pd.concat([tables()[name] for name in names or WARDS], ignore_index=True)


def exact() -> dict[str, object]:
    return {"cells": {"fewest": 1}}


@pytest.mark.parametrize("masked", [True, False], ids=["masked", "clear"])
def test_pooled_figures_are_those_of_all_rows_in_one_place(tmp_path: Path, masked: bool) -> None:
    with wards(tmp_path, masked=masked, **exact()) as consortium:
        spec, summary = answered(consortium)
        assert spec.spec.enforced.masked is masked and summary.silos == 4
        assert_is_that_of(summary, everybody())
        verified = verify_proposal(consortium.standby.open().party, spec)
        assert verified.read_updates and not verified.findings


def test_who_drops_out_is_not_in_the_figures_and_they_say_of_how_many_they_are(tmp_path: Path) -> None:
    with wards(tmp_path, **exact()) as consortium:
        _, summary = answered(consortium, *WARDS[:3])
        assert summary.silos == 3
        assert_is_that_of(summary, everybody(*WARDS[:3]))


def test_a_column_outside_a_grant_is_refused_by_that_silo_alone(tmp_path: Path) -> None:
    with wards(tmp_path, columns={"ward-b": ("age", "marker")}, **exact()) as consortium:
        spec = scene.opened(consortium)
        with pytest.raises(ConsentError, match=r"for sex, the grant covers age, marker"):
            member(consortium, "ward-b").share(spec.task, spec.round)
        others = [name for name in WARDS if name != "ward-b"]
        for step in ("share", "commit", "reveal", "unmask"):
            do(consortium, spec, step, *others)
        scene.conclude(consortium, spec)
        assert consortium.federation().round_state(spec.task).status is Status.DEGRADED
        assert_is_that_of(read_summary(consortium.standby.open().party, spec), everybody(*others))


def without(frame: pd.DataFrame, rows: int) -> pd.DataFrame:
    return frame.iloc[rows:].reset_index(drop=True)


def test_a_silo_with_fewer_rows_than_asked_for_stays_out(tmp_path: Path) -> None:
    having = tables() | {"ward-a": tables()["ward-a"].head(19)}
    with wards(tmp_path, having=having, **exact()) as consortium:
        spec = scene.opened(consortium)
        with pytest.raises(EmptyView, match=r"19 of 19 rows .* at least 20 are needed"):
            member(consortium, "ward-a").share(spec.task, spec.round)


def test_small_cells_leave_no_silo_and_readers_of_a_clear_round_find_none(tmp_path: Path) -> None:
    having = tables()
    having["ward-a"].loc[:2, "sex"] = "x"  # three who are neither f nor m
    with wards(tmp_path, masked=False, having=having) as consortium:
        spec, summary = answered(consortium)
        reader = consortium.aggregator.open().party
        seen = gather(reader, spec, consortium.federation().reveals(spec.task, spec.round)).updates
        query = spec.spec.statistics
        assert query is not None and len(seen) == 4
        layout, coding = Layout(query), Coding(spec.spec.enforced.max_participants, masked=False)
        for update in seen:
            counts = layout.counts(coding.decode(update.words[:], 1, layout.widths))
            for column in counts.columns:
                assert not any(0 < cell < 5 for cell in (*column.cells, column.withheld))
                assert sum(column.cells) + column.withheld == counts.rows
        sex = summary.columns[2]
        rows = pd.concat(having.values())
        assert summary.rows == len(rows) and sex.withheld > 3
        assert sum(cell or 0 for cell in sex.cells) + sex.withheld == len(rows)


def leaves(consortium: Consortium, ward: str, subjects: list[str]) -> None:
    """Some subjects of a ward take their consent back."""
    key = member(consortium, ward).silo.party.sealing_key
    record = data_path(consortium.ground, ward).with_name("consent.sealed")
    change_subjects(consortium.federation(f"{ward}-dpo"), record, key, (), subjects)


def test_a_second_answer_that_differs_in_one_subject_is_refused_by_that_silo_before_it_owes_anything(
    tmp_path: Path,
) -> None:
    with wards(tmp_path) as consortium:
        _, first = answered(consortium)
        _, same = answered(consortium)
        assert same == first, "the same rows are answered again, to the same figures"
        leaves(consortium, "ward-c", ["ward-c-007"])
        spec = scene.opened(consortium)
        with pytest.raises(PolicyRefused, match=r"column age were answered in round 1/1 .* fewer than 5 rows"):
            member(consortium, "ward-c").share(spec.task, spec.round)
        others = [name for name in WARDS if name != "ward-c"]
        for step in ("share", "commit", "reveal", "unmask"):
            do(consortium, spec, step, *others)
        scene.conclude(consortium, spec)
        assert read_summary(consortium.standby.open().party, spec).silos == 3
        gone = member(consortium, "ward-c").account
        assert consortium.federation().enrolment(spec.task, gone).bonded
        assert gone not in read_round_log(consortium.federation(), spec.task, spec.round).dealt


def test_a_subject_who_leaves_between_share_and_commit_keeps_no_silo_from_its_own_round(tmp_path: Path) -> None:
    with wards(tmp_path) as consortium:
        spec = scene.opened(consortium)
        do(consortium, spec, "share")
        ward = member(consortium, "ward-a")
        evidence = validate(ward.silo, spec)
        for _ in range(2):
            train(ward.silo, spec, evidence)  # its answer is kept, and never sealed: the process died
        kept = [ward.silo.party.vault.recall(f"statistics/{ward.account}/{number}".lower()) for number in range(2)]
        assert kept[0] is not None and kept[1] is None, "once for the round, however often it is tried"
        leaves(consortium, "ward-a", ["ward-a-007"])
        for step in ("commit", "reveal", "unmask"):
            do(consortium, spec, step)
        scene.conclude(consortium, spec)
        summary = read_summary(consortium.standby.open().party, spec)
        assert (summary.silos, summary.rows) == (4, len(everybody()) - 1)


def test_statistics_stand_in_mlflow_as_metrics_and_files_of_the_round_without_a_model(tmp_path: Path) -> None:
    import mlflow

    with wards(tmp_path, **exact()) as consortium:
        spec, summary = answered(consortium)
        aggregator, federation = consortium.aggregator.open(), consortium.federation()
        state = federation.round_state(spec.task)
        assert not is_mirrored(aggregator, spec.task, state)
        assert mirror(aggregator, spec, read_round_log(federation, spec.task, spec.round), Notes()) is None
        assert is_mirrored(aggregator, spec.task, state)
        client = mlflow.MlflowClient(mlflow_uri(tmp_path))
        assert aggregator.mirror is not None
        run = client.get_run(aggregator.mirror.run_of(RoundKey(spec.chain_id, spec.coordinator, spec.task, 1)))
        assert run.data.metrics["age/mean"] == numbers_of(summary, "age").mean
        assert run.data.metrics["marker/missing"] == 32 and run.data.metrics["rows"] == len(everybody())
        files = {one.path for one in client.list_artifacts(run.info.run_id)}
        assert {"statistics.json", "statistics.csv", "statistics.png"} <= files
        assert not client.search_registered_models()
        auditor = consortium.standby.open().party
        assert drifts(aggregator.mirror, wanted(auditor, aggregator.mirror, spec.task)) == []
        client.delete_run(run.info.run_id)
        found = drifts(aggregator.mirror, lacking := wanted(auditor, aggregator.mirror, spec.task))
        assert {drift.kind for drift in found} == {"missing run"}
        repair(aggregator.mirror, lacking, found)
        assert drifts(aggregator.mirror, lacking) == []


def test_a_silo_that_sends_no_counts_spoils_the_figures_and_not_the_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    def no_counts(silo: Silo, spec: RoundSpec, view: ConsentView) -> EncodedUpdate:
        update = train_on(silo, spec, view)
        return replace(update, words=update.words + Coding(8, masked=False).factor)  # each digit one more

    with wards(tmp_path, masked=False) as consortium:
        spec = scene.opened(consortium)
        for name in WARDS[:3]:
            member(consortium, name).commit(spec.task, spec.round)
        with monkeypatch.context() as patch:
            patch.setattr(import_module("prefect_federated.tasks.train"), "train_on", no_counts)
            member(consortium, WARDS[3]).commit(spec.task, spec.round)
        do(consortium, spec, "reveal")
        scene.conclude(consortium, spec)
        aggregator, federation = consortium.aggregator.open(), consortium.federation()
        with pytest.raises((ContentMismatch, SpecError), match="something else than counts"):
            read_summary(aggregator.party, spec)
        assert mirror(aggregator, spec, read_round_log(federation, spec.task, spec.round), Notes()) is None
        assert aggregator.mirror is not None
        run = aggregator.mirror.run_of(RoundKey(spec.chain_id, spec.coordinator, spec.task, 1))
        tags = mlflow.MlflowClient(mlflow_uri(tmp_path)).get_run(run).data.tags
        assert "something else than counts" in tags["federated.statistics"]


def test_an_audit_in_the_silo_counts_the_same_again_and_answers_nothing_anew(tmp_path: Path) -> None:
    with wards(tmp_path) as consortium:
        spec, _ = answered(consortium)
        silo = member(consortium, "ward-b").silo
        found = audit_with_data(silo, spec.task, spec.round, retrain=True)
        assert [finding.what for finding in found if not finding.holds] == [] and found[-1].what == "update"
