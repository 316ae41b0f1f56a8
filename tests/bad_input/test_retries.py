"""Only what another try can mend is tried again: an endpoint or a store that does not answer."""

from collections.abc import Sequence

import pytest
from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterName
from prefect.client.schemas.objects import TaskRun

from prefect_federated.core.errors import ChainUnreachable, StoreUnreachable
from prefect_federated.tasks.retry import RETRIES
from tests.bad_input.bad_round import BadRound
from tests.task_records import recorded


def attempts(run: str) -> list[int]:
    """How often each run of a name was tried, as Prefect recorded it."""
    wanted = TaskRunFilter(name=TaskRunFilterName(any_=[run]))
    return [one.run_count for one in recorded(_have_ended, task_run_filter=wanted)]


def _have_ended(runs: Sequence[TaskRun]) -> bool:
    return bool(runs) and all(one.state is not None and one.state.is_final() for one in runs)


@pytest.mark.parametrize(
    "run",
    [
        "expired/validate",  # ConsentError
        "no-column/validate",  # MissingColumn
        "edited/validate",  # PlanNotApproved
        "constant/train",  # NonFiniteUpdate
        "one-label/train",  # TrainingFailed
        "withdrawn-late/commit",  # ConsentError by the contract
    ],
)
def test_error_that_another_try_cannot_mend_makes_one_attempt(bad: BadRound, run: str) -> None:
    assert attempts(f"round-1/{run}") == [1]


@pytest.mark.parametrize("name", ["cut-off", "no-store"])
def test_transport_error_is_tried_again_until_it_is_given_up(bad: BadRound, name: str) -> None:
    assert attempts(f"round-1/{name}/listen") == [1 + RETRIES]


def test_transport_error_that_passes_is_forgotten(bad: BadRound) -> None:
    assert sorted(attempts("round-1/shaky/listen")) == [1, 3]  # once more before it reveals
    assert bad.fates["shaky"].revealed and bad.fates["shaky"].exclusion is None


def test_chain_that_stays_away_is_recorded_as_such(bad: BadRound) -> None:
    fate = bad.fates["cut-off"]
    fate.assert_kept_out(ChainUnreachable, 8, "listen", "http://127.0.0.1:", "eth_call", "check that it runs")


def test_chain_that_goes_away_before_the_grant_is_asked_for_is_no_consent(bad: BadRound) -> None:
    assert attempts("round-1/cut-later/validate") == [1 + RETRIES]
    fate = bad.fates["cut-later"]
    fate.assert_kept_out(ChainUnreachable, 8, "validate", "http://127.0.0.1:", "eth_call", "check that it runs")
    assert not fate.transactions


def test_store_that_stays_away_is_recorded_as_such(bad: BadRound) -> None:
    fate = bad.fates["no-store"]
    fate.assert_kept_out(StoreUnreachable, 8, "listen", bad.consortium.plan, "Not a directory", "check that the folder")
