"""The scene, played once, and twice more with noise, on rows and on whole silos; tests read what became of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOGGING_LEVEL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.core.spec import ParticipantPrivacy, Privacy, PrivacySpec
from prefect_federated.flows.heartbeat import without_heartbeat
from tests.data_checks.scene import Scene, stage

ROOT = Path(__file__).parents[2]


@contextmanager
def played(folder: Path, privacy: Privacy | None = None) -> Iterator[Scene]:
    """A settled round; Prefect keeps every line of its log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        devnet = Devnet.start()
    loud = temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: True, PREFECT_LOGGING_LEVEL: "DEBUG"})
    with devnet, loud, without_heartbeat():
        yield stage(devnet.url, folder / "out", folder / "log.txt", privacy)


@pytest.fixture(scope="package")
def scene(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The round without private training."""
    with played(tmp_path_factory.mktemp("data-checks")) as scene:
        yield scene


@pytest.fixture(scope="module")
def private_scene(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The same round of a task that asks for DP-SGD."""
    privacy = PrivacySpec(noise_multiplier=1.0, max_grad_norm=1.0)
    with played(tmp_path_factory.mktemp("private-round"), privacy) as scene:
        yield scene


@pytest.fixture(scope="module")
def hidden_scene(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The same round of a task that hides whole silos."""
    privacy = ParticipantPrivacy(noise_multiplier=8.0, max_norm=1.0)
    with played(tmp_path_factory.mktemp("hidden-round"), privacy) as scene:
        yield scene
