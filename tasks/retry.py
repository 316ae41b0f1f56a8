"""When a stage is worth another try: only if the other side could not be reached."""

from typing import Any

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from prefect_federated.core.errors import TransportError

RETRIES = 3
DELAYS_S = [0.2, 1.0, 5.0]


def is_transport_error(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Retry condition of the stages: domain errors fail at once, since trying again changes nothing."""
    try:
        state.result()
    except TransportError:
        return True
    except Exception:
        return False
    return False
