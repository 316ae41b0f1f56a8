"""Flow runs without Prefect's heartbeat thread, whose join costs a synchronous flow a second at its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


@contextmanager
def without_heartbeat() -> Iterator[None]:
    """Run flows of this process without heartbeats: for runs that somebody watches, such as demo and tests."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
