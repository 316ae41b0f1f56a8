"""Shards on a Ray cluster, one node of which dies in the middle of a round: the model of threads, bit for bit."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from prefect.client.orchestration import get_client
from ray.cluster_utils import Cluster
from typer.testing import CliRunner

from prefect_federated.cli.main import app
from prefect_federated.core.report import Report
from prefect_federated.scenario.simulation import on_ray
from tests.simulation.conftest import ROOT, simulated, task_runs

SHM_BYTES = 80 << 20  # of each node
SHARD = 12  # honest participants of one
SETTINGS: dict[str, object] = {
    **{"participants": 2 * SHARD + 2, "attackers": 2, "attack": "alie", "rule": "median", "rounds": 2},
    **{"unit": 4, "shards": 2, "committee": 1, "epochs": 100},
}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A head that runs nothing; nodes come with the test."""
    head = {"num_cpus": 0, "object_store_memory": SHM_BYTES, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield made
    finally:
        made.shutdown()


class Killer:
    """Kills a node once letters of the first round lie in the mailbox, but fewer than a shard leaves."""

    def __init__(self, cluster: Cluster, node: object, mailbox: Path) -> None:
        self._cluster, self._node, self._mailbox = cluster, node, mailbox
        self.seen = 0
        self._thread = Thread(target=self._wait, daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join(60)

    def _wait(self) -> None:
        patience = time.monotonic() + 300
        while not self.seen and time.monotonic() < patience:
            self.seen = len(list(self._mailbox.glob("*/1/1/commit/*.json")))
            time.sleep(0.002)
        if 0 < self.seen < SHARD:
            self._cluster.remove_node(self._node, allow_graceful=False)


@pytest.mark.slow
def test_node_that_dies_in_mid_round_has_its_shard_run_on_the_other_and_no_bit_of_the_model_changes(
    tmp_path: Path, prefect_server: str, cluster: Cluster
) -> None:
    node, _ = (cluster.add_node(num_cpus=1, object_store_memory=SHM_BYTES) for _ in range(2))
    killer = Killer(cluster, node, tmp_path / "ray" / "mailbox")
    spread = simulated(tmp_path / "ray", runner="ray", ray_address=cluster.address, **SETTINGS)
    killer.join()
    assert 0 < killer.seen < SHARD and len(cluster.list_all_nodes()) == 2
    assert sorted(_starts("round-1/shard-1/commit", "round-1/shard-2/commit")) == [1, 2]
    alone = simulated(tmp_path / "threads", **SETTINGS)
    assert [row.model_hash for row in spread.rounds] == [row.model_hash for row in alone.rounds]
    assert [row.status for row in spread.rounds] == ["SUCCESS", "SUCCESS"]
    assert [row.scores for row in spread.rounds] == [row.scores for row in alone.rounds]
    assert _earned(spread) == _earned(alone) and spread.balances.difference_wei == "0"


def _earned(report: Report) -> dict[str, str]:
    return {name: row.earned_wei for name, row in report.balances.accounts.items()}


def _starts(*names: str) -> list[int]:
    """How often each of these task runs began, as Prefect's server recorded it."""
    found = task_runs(*names)
    with get_client(sync_client=True) as client:
        states = [client.read_task_run_states(found[name]) for name in names]
    return [sum(state.name == "Running" for state in some) for some in states]


@pytest.mark.slow
def test_command_starts_a_cluster_of_its_own_where_none_is_named(tmp_path: Path) -> None:
    out, people = tmp_path / "out", ["--participants", "4", "--rounds", "1", "--committee", "0"]
    command = [str(Path(sys.executable).with_name("federated")), "simulate", "--runner", "ray", "--out", str(out)]
    done = subprocess.run([*command, *people], cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report = Report.model_validate_json((out / "report.json").read_text())
    assert report.options["runner"] == "ray" and [row.status for row in report.rounds] == ["SUCCESS"]


def test_without_ray_the_command_says_what_to_install_and_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "NEEDED", ("ray", "ray_that_nobody_installed"))
    done = CliRunner().invoke(app, ["simulate", "--runner", "ray", "--out", str(tmp_path / "out")])
    said = " ".join(done.output.split())
    assert done.exit_code == 2 and not (tmp_path / "out").exists()
    assert "--runner ray needs ray_that_nobody_installed" in said and "prefect-federated[ray]" in said


def test_named_prefect_server_is_kept_for_nodes_elsewhere_and_else_left(tmp_path: Path) -> None:
    code = "import os, pathlib, sys; from prefect_federated.cli import quiet;"
    code += f" quiet.apply(pathlib.Path({str(tmp_path)!r}), keep_server=sys.argv[1] == 'keep');"
    code += " print(os.environ.get('PREFECT_API_URL'))"
    url = "http://prefect.example:4200/api"
    said = [
        subprocess.run(
            [sys.executable, "-c", code, word],
            env={**os.environ, "PREFECT_API_URL": url},
            capture_output=True,
            text=True,
        ).stdout.strip()
        for word in ("keep", "leave")
    ]
    assert said == [url, "None"]
