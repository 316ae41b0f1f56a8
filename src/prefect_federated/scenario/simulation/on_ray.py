"""Shards on Ray: one Prefect task each, wherever there is room; the shards of a node that dies run again elsewhere.

flow here --RayTaskRunner--> tasks on nodes --> the same chain, store, mailbox and Prefect server as here
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from prefect_federated.core.errors import ConfigurationError

NEEDED = ("ray", "prefect_ray")
STORE_BYTES = 256 << 20  # shared memory of a cluster of our own; a shard with its tables is a few megabytes
CARRIED = ("PREFECT_", "MLFLOW_", "GX_", "DO_NOT_TRACK")  # of the environment, by the beginning of names


def require_ray() -> None:
    """Refuse to go on without Ray.

    Raises:
        ConfigurationError: it is not installed.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise ConfigurationError(
            f"--runner ray needs {' and '.join(missing)}, not installed here; install it with"
            " pip install 'prefect-federated[ray]', or leave --runner at threads"
        )


def ray_runner(address: str, workers: int) -> Any:
    """Prefect's runner on a cluster, or on one of our own on this machine.

    Args:
        address: of a running cluster; empty starts one with so many workers.
    """
    require_ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from prefect_ray import RayTaskRunner

    shared = {"log_to_driver": False, "runtime_env": {"env_vars": _carried()}}
    if address:
        return RayTaskRunner(address=address, init_kwargs=shared)
    own = {"address": "local", "num_cpus": workers, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    return RayTaskRunner(init_kwargs=shared | own)


def cores() -> int:
    """How many tasks the connected cluster runs at once."""
    return max(1, int(import_module("ray").cluster_resources().get("CPU", 1)))


@contextmanager
def one_server() -> Iterator[None]:
    """Within it, tasks on all nodes report to the Prefect server of this process; else each would start one."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with get_client(sync_client=True) as client:
        url = str(client.api_url)
    with temporary_settings({PREFECT_API_URL: url}):
        yield


def _carried() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(CARRIED)}
