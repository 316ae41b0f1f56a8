"""The scene, played once; tests read what became of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOGGING_LEVEL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.flows.heartbeat import without_heartbeat
from tests.data_checks.scene import Scene, stage

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def scene(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A settled round; Prefect keeps every line of its log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        devnet = Devnet.start()
    loud = temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: True, PREFECT_LOGGING_LEVEL: "DEBUG"})
    with devnet, loud, without_heartbeat():
        folder = tmp_path_factory.mktemp("data-checks")
        yield stage(devnet.url, folder / "out", folder / "log.txt")
