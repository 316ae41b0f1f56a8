"""Nothing that the tests start may phone home, and no property is timed."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["GX_ANALYTICS_ENABLED"] = "false"

settings.register_profile("untimed", deadline=None)  # a deadline would time the machine, not the code
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: left to the end, one of them would keep a single worker busy for minutes."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """One Prefect server for all tests of a process; its API's address.

    Prefect's events, from which it knows task runs, go to the server that a process first sent some to.
    """
    from prefect.events.worker import EventsWorker
    from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    EventsWorker.drain_all()
    quiet = temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False})
    with prefect_test_harness(server_startup_timeout=180), quiet:
        yield str(PREFECT_API_URL.value())
