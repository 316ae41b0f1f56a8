"""The scene, played once, and twice more with noise, on rows and on whole silos; tests read what became of it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from prefect.settings import (
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_LEVEL,
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_RESULTS_PERSIST_BY_DEFAULT,
    temporary_settings,
)

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.core.spec import ParticipantPrivacy, Privacy, PrivacySpec
from prefect_federated.flows.heartbeat import without_heartbeat
from tests.bad_input.flaky import flaky_endpoint
from tests.data_checks.scene import Scene, stage

ROOT = Path(__file__).parents[2]


def keeping(results: Path) -> AbstractContextManager[object]:
    """Prefect keeps every line of its log, and there what flows return."""
    return temporary_settings(
        {
            PREFECT_LOGGING_TO_API_ENABLED: True,
            PREFECT_LOGGING_LEVEL: "DEBUG",
            PREFECT_RESULTS_PERSIST_BY_DEFAULT: True,
            PREFECT_LOCAL_STORAGE_PATH: results,
        }
    )


@contextmanager
def played(folder: Path, privacy: Privacy | None = None) -> Iterator[Scene]:
    """A settled round of which Prefect keeps all that it can, and an endpoint all that was said to the chain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        devnet = Devnet.start()
    results = folder / "results"
    with devnet, flaky_endpoint(devnet.url) as endpoint, keeping(results), without_heartbeat():
        endpoint.heard = []
        scene = stage(endpoint.url, folder / "out", folder / "log.txt", privacy)
        yield replace(scene, results=results, chain_said=endpoint.heard)


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
