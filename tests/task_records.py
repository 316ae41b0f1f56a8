"""Task runs as a Prefect server has recorded them, some time after they ran: on busy cores, a long time."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import TaskRun
from prefect.events.worker import EventsWorker

PATIENCE_S = 240


def recorded(enough: Callable[[Sequence[TaskRun]], bool], **filters: Any) -> list[TaskRun]:
    """The task runs that these filters of `read_task_runs` give, once there are enough.

    Raises:
        AssertionError: there are not, after four minutes.
    """
    EventsWorker.drain_all()  # what this process has to tell is with the server
    deadline = time.monotonic() + PATIENCE_S
    with get_client(sync_client=True) as client:
        while True:
            found = client.read_task_runs(limit=200, **filters)
            if enough(found):
                return found
            assert time.monotonic() < deadline, f"after {PATIENCE_S} s: {sorted(run.name for run in found)}"
            time.sleep(0.3)
