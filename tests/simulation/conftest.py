"""Finished simulations of eight participants, two of whom attack, run in this process through the command's work."""

from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.sorting import FlowRunSort

from prefect_federated.cli.simulate_run import run_simulation
from prefect_federated.core.report import Report
from prefect_federated.scenario.simulation.options import Options
from tests.task_records import recorded

ROOT = Path(__file__).parents[2]


def simulated(out: Path, heard: list[tuple[int, str, str]] | None = None, **changes: object) -> Report:
    """Run a small simulation; `heard` takes what its driver says."""
    settings: dict[str, object] = {
        **{"participants": 8, "rounds": 2, "attackers": 2, "attack": "sign-flip", "rule": "multi_krum"},
        **{"unit": 2, "shards": 1, "epochs": 2},
    }
    out.mkdir(parents=True, exist_ok=True)
    options = Options(**(settings | changes))  # type: ignore[arg-type]
    listen = (lambda *said: None) if heard is None else lambda *said: heard.append(said)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        return run_simulation(out, options, lambda line: None, listen)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's simulation left everything."""
    return tmp_path_factory.mktemp("simulation") / "out"


@pytest.fixture(scope="session")
def ran(folder: Path, prefect_server: str) -> tuple[Report, set[str]]:
    """The simulation as it comes, and the names of its task runs, read before another test empties the server."""
    report = simulated(folder)
    return report, set(task_runs(f"round-{len(report.rounds)}/attackers/reveal"))


@pytest.fixture(scope="session")
def report(ran: tuple[Report, set[str]]) -> Report:
    """The simulation as it comes."""
    return ran[0]


def task_runs(*awaited: str) -> dict[str, UUID]:
    """The task runs of the simulation that began last, by name, once the server has recorded those awaited."""
    named = FlowFilter(name=FlowFilterName(any_=["federated-simulation"]))
    with get_client(sync_client=True) as client:
        (last,) = client.read_flow_runs(flow_filter=named, sort=FlowRunSort.START_TIME_DESC, limit=1)
    mine = FlowRunFilter(id=FlowRunFilterId(any_=[last.id]))
    found = recorded(lambda runs: {*awaited} <= {run.name for run in runs}, flow_run_filter=mine)
    return {run.name: run.id for run in found}
