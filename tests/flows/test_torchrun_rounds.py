"""A silo that trains in two processes, one of which is killed on the way: the round loses nothing by it."""

from pathlib import Path

import pytest
from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterTags

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.core.errors import TrainingFailed
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.tasks.commit import recall
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS, Found
from tests.learning.together_plans import HERE, MARK
from tests.task_records import recorded

pytestmark = pytest.mark.slow


def test_silo_whose_process_was_killed_trains_again_in_the_next_run_and_its_update_counts(
    prefect_api: str, found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prefect_federated.scenario.task_spec.PLAN", HERE + "Ward")
    consortium = found(tmp_path, rounds=1)
    task, federation = consortium.task, consortium.federation()
    first = consortium.members[HOSPITALS[0]].model_copy(update={"processes": 2}).open()
    others = [consortium.members[name].open() for name in HOSPITALS[1:]]
    open_round(consortium.sponsor.open(), task)
    monkeypatch.setenv(MARK, str(tmp_path / "killed"))
    with pytest.raises(TrainingFailed, match="in 2 processes ended with status 1 and no word of a process"):
        take_part(first, task)
    assert (tmp_path / "killed").exists()
    assert recall(first.party, listen(first.party, task, 1)) is None
    assert not federation.has_committed(task, 1, first.party.account)
    assert [take_part(silo, task) for silo in (first, *others)] == ["commit", "commit", "commit, reveal"]
    assert [take_part(silo, task) for silo in (first, others[0])] == ["reveal", "reveal"]
    assert bring_on(consortium.aggregator.open(), task) == "aggregate"
    wanted = TaskRunFilter(tags=TaskRunFilterTags(all_=["device:cpu", "processes:2"]))
    assert len(recorded(lambda runs: len(runs) >= 2, task_run_filter=wanted)) == 2  # that which failed, the one after
    findings = audit_with_data(first, task, 1, None, True)
    assert "update" in [one.what for one in findings] and all(one.holds for one in findings)
