"""Nothing that the tests start may phone home, and no property is timed."""

import os

from hypothesis import settings
from pytest import Item

os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["GX_ANALYTICS_ENABLED"] = "false"

settings.register_profile("untimed", deadline=None)  # a deadline would time the machine, not the code
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[Item]) -> None:
    """Files with slow tests come first: left to the end, one of them would keep a single worker busy for minutes."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
