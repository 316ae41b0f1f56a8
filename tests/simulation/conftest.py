"""Finished simulations of eight participants, two of whom attack, run in this process through the command's work."""

from pathlib import Path

import pytest

from prefect_federated.cli.simulate_run import run_simulation
from prefect_federated.core.report import Report
from prefect_federated.scenario.simulation.options import Options

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
def report(folder: Path, prefect_server: str) -> Report:
    """The simulation as it comes."""
    return simulated(folder)
