"""One consortium on one chain, and one round in which everything goes wrong; tests read what became of it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.flows.cast import RoundResult
from prefect_federated.flows.heartbeat import without_heartbeat
from tests.bad_input.bad_round import BadRound, play, play_again, without_patience
from tests.bad_input.consortium import Consortium

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def prefect(prefect_server: str) -> Iterator[None]:
    """A Prefect server, and retries that follow at once."""
    with without_heartbeat(), without_patience():
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
