"""Small federations that the flow tests drive: three hospitals, no cheats, an hour for each window."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.server_spec import FedAvg, ServerSpec
from prefect_federated.core.spec import Privacy
from prefect_federated.flows.heartbeat import without_heartbeat
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms

ROOT = Path(__file__).parents[2]
FEDAVG = FedAvg()
HOSPITALS = ("hospital-a", "hospital-b", "hospital-c")


class Found(Protocol):
    """Sets a federation up in a folder: paid rounds, validators by name, ways to commit, a quorum."""

    def __call__(
        self,
        folder: Path,
        rounds: int,
        validators: tuple[str, ...] = (),
        modes: int = 3,
        quorum: int = 3,
        privacy: Privacy | None = None,
        server: ServerSpec = FEDAVG,
        hospitals: tuple[str, ...] = HOSPITALS,
    ) -> Consortium: ...


@pytest.fixture(scope="session")
def prefect_api(prefect_server: str) -> Iterator[str]:
    """The Prefect server's address, for flows that need no heartbeat."""
    with without_heartbeat():
        yield prefect_server


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    """A chain of a module's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        running = Devnet.start()
    with running:
        yield running


@pytest.fixture(scope="module")
def found() -> Iterator[Found]:
    """Found a federation with a folder and so many paid rounds, each on a chain of its own."""
    with ExitStack() as chains, pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for

        def found_one(
            folder: Path,
            rounds: int,
            validators: tuple[str, ...] = (),
            modes: int = 3,
            quorum: int = 3,
            privacy: Privacy | None = None,
            server: ServerSpec = FEDAVG,
            hospitals: tuple[str, ...] = HOSPITALS,
        ) -> Consortium:
            devnet = chains.enter_context(Devnet.start())
            plot = Plot(
                rounds=rounds,
                interval_s=0,
                hospitals=hospitals,
                cheats=(),
                data_docs=False,
                terms=Terms(epochs=1, modes=modes, quorum=quorum, privacy=privacy, server=server),
                validators=validators,
            )
            return set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)

        yield found_one
