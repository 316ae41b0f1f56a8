"""One consortium on one chain, and one round in which everything goes wrong; tests read what became of it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.flows.driving import RoundResult
from prefect_federated.flows.heartbeat import without_heartbeat
from tests.bad_input.bad_round import BadRound, play, play_again, without_patience
from tests.bad_input.consortium import Consortium

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    """A Prefect server for the session."""
    quiet = temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False})
    with prefect_test_harness(server_startup_timeout=180), quiet, without_heartbeat(), without_patience():
        yield


@pytest.fixture(scope="session")
def consortium(prefect: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Contracts and parties; tests add silos and tasks of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        devnet = Devnet.start()
    with devnet:
        yield Consortium(devnet.url, tmp_path_factory.mktemp("bad-input"))


@pytest.fixture(scope="session")
def bad(consortium: Consortium) -> Iterator[BadRound]:
    """The bad round, settled; tests only read it."""
    with ExitStack() as endpoints:
        yield play(consortium, endpoints)


@pytest.fixture(scope="session")
def mended(bad: BadRound) -> RoundResult:
    """The next round, in which some of the broken silos are whole again."""
    return play_again(bad)
