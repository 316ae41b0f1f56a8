"""A hospital's worth of poison in a federation with detection: named in every record, scored with nothing, unforgeable.

round 1 accepted --> named in result, report, MLflow; round 2 rejected by the committee --> named all the same
round 3 --> an aggregator that leaves the name out is found out
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prefect_federated.adapters import attesting, outcome
from prefect_federated.adapters.detecting import last_step
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.lineage.sources import read_documents, read_facts
from prefect_federated.adapters.mlflow.store import open_client
from prefect_federated.adapters.reading import read_past_spec, read_result
from prefect_federated.adapters.scoring import Trial
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.combine import Combined
from prefect_federated.core.detection.detect import DetectionReport
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.findings import Wrong
from prefect_federated.core.round import Status
from prefect_federated.core.spec import DetectionSpec
from prefect_federated.flows.artifacts import detection_rows
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.members import Casting, Participant
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.adversaries import Dissenter
from prefect_federated.scenario.consortium import Consortium, mlflow_uri, set_up
from prefect_federated.scenario.plot import VALIDATORS, Plot
from prefect_federated.scenario.reporting import round_row
from prefect_federated.scenario.task_spec import Terms
from tests.flows.choosy import Choosy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Four hospitals, one more that multiplies its update by -10, three validators, and no norm bound."""
    folder = tmp_path_factory.mktemp("detection")
    plot = Plot(
        rounds=9,
        interval_s=0,
        hospitals=breast_cancer.HOSPITALS,
        cheats=("flipper",),
        data_docs=False,
        terms=Terms(epochs=1, norm_rule=False, tolerance=1.0, detection=DetectionSpec()),
        validators=VALIDATORS,
    )
    yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)


def driven(consortium: Consortium, dissents_in: int = 0) -> RoundResult:
    """One round; two of three validators reject it if it is the one to dissent in."""
    federation = consortium.federation("sponsor")
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    honest = [block.open() for block in consortium.validators.values()]
    bad = [Dissenter(one.party, one.holdout, dissents_in=dissents_in) for one in honest[:2]]
    blocks = consortium.members.values()
    cast = Cast(
        sponsor=consortium.sponsor.open(),
        aggregator=consortium.aggregator.open(),
        members=[one.member() if isinstance(one, Casting) else Participant(one.open()) for one in blocks],
        validators=[*bad, honest[2]] if dissents_in else honest,
    )
    return drive_round(cast, consortium.task)


def flipper_of(consortium: Consortium) -> str:
    return consortium.ground.accounts["flipper"].address


def test_poisoner_is_named_in_result_report_and_mlflow_and_scores_nothing(consortium: Consortium) -> None:
    result, flipper = driven(consortium), flipper_of(consortium)
    assert result.log.status is Status.SUCCESS  # a name is no exclusion
    party = consortium.standby.open().party
    document = read_result(party, consortium.task, result.log.round)
    assert document.detection is not None and document.detection == result.detection
    assert document.detection.accounts == {flipper} and len(document.detection.measures) == 5

    row = round_row(consortium.federation(), result)
    assert {one.participant for one in row.detected} == {"flipper"}
    tests = [one.test for one in row.detected]
    assert "scaled" in tests
    assert detection_rows(document.detection, result.notes)[0]["participant"] == "flipper"
    client = open_client(mlflow_uri(consortium.ground.out))
    runs = client.search_runs(
        [one.experiment_id for one in client.search_experiments()], "tags.`federated.detected` != ''"
    )
    assert [run.data.tags["federated.detected"] for run in runs] == [", ".join(tests)]
    assert runs[0].data.tags["federated.account"].lower() == flipper.lower()

    spec = read_past_spec(party, consortium.task, result.log.round)
    assert not verify_proposal(party, spec).findings
    hidden = {next(one.uri for one in party.federation.reveals(spec.task, spec.round) if one.participant != flipper)}
    blind = replace(party, store=Choosy(party.store, hidden, StoreUnreachable("nobody answers")))
    found = verify_proposal(blind, spec)
    assert not found.findings and len(found.unreached) == 1, "a report without an update is another report"


def test_audit_reads_the_metrics_of_a_round_with_a_report(consortium: Consortium, tmp_path: Path) -> None:
    driven(consortium)
    party = consortium.standby.open().party
    facts = read_facts(party.federation, EventIndex(tmp_path / "events.sqlite"), consortium.task)
    found = read_documents(party, facts)
    assert found.missing == [] and all("accuracy" in metrics for metrics in found.metrics.values()) and found.metrics


def test_validator_gives_nothing_to_whom_detection_names(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ones(trial: Trial, combined: Combined, length: int) -> tuple[int, ...]:
        return tuple(int(index in trial.updates) for index in range(length))

    result = driven(consortium)
    monkeypatch.setattr(attesting, "score", ones)
    validator = next(iter(consortium.validators.values())).open()
    spec = read_past_spec(validator.party, consortium.task, result.log.round)
    places = {reveal.participant: reveal.index for reveal in validator.party.federation.reveals(spec.task, spec.round)}
    scores = validator.opinion(spec).scores
    assert {account: scores[index] for account, index in places.items()} == {
        account: int(account != flipper_of(consortium)) for account in places
    }


def test_rejected_round_names_the_poisoner_all_the_same(consortium: Consortium) -> None:
    result = driven(consortium, dissents_in=next_round(consortium))
    assert result.log.status is Status.REJECTED and result.log.version is None
    assert result.detection is not None and result.detection.accounts == {flipper_of(consortium)}


def test_aggregator_that_leaves_a_name_out_is_found_out(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = DetectionReport(measures=(), named=())
    with monkeypatch.context() as patch:
        patch.setattr(outcome, "run_detection", lambda party, spec, gathered: empty)
        result = driven(consortium)
    party = consortium.standby.open().party
    spec = read_past_spec(party, consortium.task, result.log.round)
    (finding,) = verify_proposal(party, spec).findings
    assert finding.wrong is Wrong.DETECTION and not finding.provable
    assert "names nobody" in finding.detail and flipper_of(consortium) in finding.detail


def test_last_step_is_none_for_the_first_version_and_base_minus_parent_later(consortium: Consortium) -> None:
    party = consortium.standby.open().party
    first = read_past_spec(party, consortium.task, 1)
    assert last_step(party, first) is None
    later = read_past_spec(party, consortium.task, 2)
    step = last_step(party, later)
    assert step is not None and step.any()


def next_round(consortium: Consortium) -> int:
    return consortium.federation().round_state(consortium.task).round + 1
