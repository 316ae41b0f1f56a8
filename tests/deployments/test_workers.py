"""A scheduled round on a real Prefect server, by deployed flows on a worker for each party, on a chain elsewhere."""

from collections import Counter
from collections.abc import Iterator

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterIdempotencyKey,
)
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.states import Running

from prefect_federated.core.round import Phase, RoundState, Status
from prefect_federated.flows.next_window import schedule_next, window_key
from tests.deployments.federation import LISTEN, PARTIES, SILOS, Played, listen, scheduled_round, until
from tests.deployments.orchestra import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with scheduled_round(tmp_path_factory.mktemp("deployed")) as played:
        yield played


def test_scheduled_round_is_settled_with_everybody_aggregated_and_paid(played: Played) -> None:
    assert played.log.status is Status.SUCCESS
    assert len(played.log.aggregated) == len(played.log.expected) == len(SILOS)
    assert next(run for run in runs_of("sponsor") if run.state_name == "Completed").auto_scheduled


def test_every_party_acts_on_its_own_worker_in_its_own_home(played: Played) -> None:
    for party in PARTIES:
        own, words = runs_of(party), (played.homes[party] / "worker.log").read_text()
        assert {run.work_pool_name for run in own} == {party}
        assert f"{party}/task-1/" in words
        assert not [other for other in PARTIES if other != party and f"{other}/task-1/" in words]
        assert list((played.homes[party] / "outbox").glob("*/done/*.json"))


def test_task_runs_are_named_after_round_party_and_stage(played: Played) -> None:
    once = [f"round-1/{silo}/{stage}" for silo in SILOS for stage in ("validate", "train", "commit", "reveal")]
    once += ["round-1/aggregator/aggregate", "task-1/sponsor/open"]
    last = ("round-1/aggregator/settle", "round-1/aggregator/mirror")  # may still be on their way when silos are paid
    until(lambda: all(completed()[name] for name in last), 240, *played.homes.values())
    assert {name: completed()[name] for name in once} == dict.fromkeys(once, 1)


def test_no_run_failed(played: Played) -> None:
    runs = [run for party in PARTIES for run in runs_of(party)]
    assert not [(run.name, run.state) for run in runs if run.state_name in ("Failed", "Crashed")]


def test_a_key_makes_one_run_however_often_it_is_asked_for(played: Played) -> None:
    asked = [run_deployment("participate/hospital-a", idempotency_key="once", timeout=0) for _ in range(2)]
    assert asked[0].id == asked[1].id  # type: ignore[union-attr]
    assert len(runs_with("once")) == 1


@pytest.mark.parametrize("party", ["hospital-a"])
def test_listener_that_forgot_everything_starts_nothing_twice(played: Played, party: str) -> None:
    before = {run.id for run in runs_of(party) if run.idempotency_key and "RoundS" in run.idempotency_key}
    home = played.homes[party]
    told = run(home, played.api, *listen(party), "--once", "--position", str(home / "forgotten.json"))
    assert "RoundStarted" in told and "RoundSettled" in told
    after = {run.id for run in runs_of(party) if run.idempotency_key and "RoundS" in run.idempotency_key}
    assert after == before


@pytest.mark.parametrize("party", LISTEN)
def test_a_run_asks_for_the_next_window_before_it_ends(played: Played, party: str) -> None:
    key = window_key(played.consortium.federation(), 1, 1)
    assert [run for run in runs_of(party) if (run.idempotency_key or "").startswith(f"{key}:")]


class LateChain:
    """A chain whose newest block is older than the clock on the wall; nothing else of a federation is asked for."""

    chain_id, coordinator, now_s = 1, "0xC0", 100
    state = RoundState(1, 1, Phase.COMMIT, Status.NONE, 0, 160, 0, 2, 1, 0, 0, 0, 0, b"", b"", "")

    def round_state(self, task: int) -> RoundState:
        return self.state

    def chain_time(self) -> int:
        return self.now_s

    def paused_until(self) -> int:
        return 0

    def deals_from(self, state: RoundState) -> int:
        return 0


def test_run_that_came_before_the_chains_clock_comes_again(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run for a window used to be asked for under one key only: woken early, it was never woken again."""
    chain, key = LateChain(), "eip155:1:0xc0:1:1:161"
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("participate/hospital-a").id
        monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", str(deployment))

        @flow
        def ends(silo: str, task: int) -> None:
            schedule_next(chain, task)  # type: ignore[arg-type]

        ends("hospital-a", 1)
        ends("hospital-a", 1)
        first = runs_with(f"{key}:{deployment}")
        assert len(first) == 1
        client.set_flow_run_state(first[0].id, Running(), force=True)
        chain.now_s = 155
        ends("hospital-a", 1)
        ends("hospital-a", 1)
        assert len(runs_with(f"{key}:{deployment}")) == len(runs_with(f"{key}:{deployment}:155")) == 1


def runs_of(party: str) -> list[FlowRun]:
    """Runs of all deployments that are named after a party."""
    named = DeploymentFilter(name=DeploymentFilterName(any_=[party]))
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(deployment_filter=named)


def runs_with(key: str) -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(
            flow_run_filter=FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=[key]))
        )


def completed() -> Counter[str]:
    """How many task runs of each name have completed."""
    with get_client(sync_client=True) as client:
        return Counter(task.name for task in client.read_task_runs() if task.state_name == "Completed")
