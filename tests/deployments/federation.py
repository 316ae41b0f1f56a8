"""A consortium on a Prefect server as operators run it: a pool, a worker and a listener for each party, each at home.

chain, server, blocks --> workers --> `prefect deploy` --> schedule --> one round, settled and paid
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pandas import read_csv
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr
from sqlalchemy import create_engine

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.keys import dev_key
from prefect_federated.adapters.round_log import RoundLog, read_round_log
from prefect_federated.blocks import LocalStore, ModelRegistryMirror, Signer, Silo
from prefect_federated.blocks.party import Stores
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from tests.deployments.orchestra import background, environment, prefect_server, run

FILE = Path(__file__).parents[2] / "deployments" / "prefect.yaml"
SILOS = ("hospital-a", "hospital-b")
PARTIES = ("sponsor", "aggregator", *SILOS)
FLOW = {"sponsor": "open-rounds", "aggregator": "conclude", **dict.fromkeys(SILOS, "participate")}
LISTEN = {"aggregator": "--aggregator", **dict.fromkeys(SILOS, "--silo")}
KEY = "FEDERATED_KEY"  # one variable for everybody: a run signs as whoever's worker it runs on
TERMS = Terms(window_s=900, challenge_s=5, grace_s=60, quorum=2)
PLOT = Plot(rounds=1, hospitals=SILOS, cheats=(), data_docs=False, terms=TERMS)
SOON, TRIES, ROUND_S = timedelta(seconds=12), 8, 900  # a flow run takes up to 40 s to start on two busy cores


@dataclass(frozen=True)
class Services:
    """What a round may run on instead of SQLite, a folder, and a file of data."""

    database: str = ""
    store: Stores | None = None
    mirror: ModelRegistryMirror | None = None
    data: dict[str, str] = field(default_factory=dict)  # silo -> address of the database that has its rows
    plot: Plot = PLOT


@dataclass(frozen=True)
class Played:
    """What one scheduled round left behind, with everything still running."""

    consortium: Consortium
    homes: dict[str, Path]
    api: str
    log: RoundLog


@contextmanager
def scheduled_round(out: Path, services: Services = Services()) -> Iterator[Played]:
    """Everything up, one round by schedule; everything down with the block's end."""
    with ExitStack() as stack:
        api = stack.enter_context(prefect_server(out / "server", services.database))
        devnet = stack.enter_context(Devnet.start())
        consortium = set_up(devnet.url, out, services.store or LocalStore(root=out / "store"), services.plot)
        stack.enter_context(blocks_every_second(devnet.url))
        stack.enter_context(temporary_settings({PREFECT_API_URL: api}))
        homes = save_blocks(consortium, services)
        for party in PARTIES:
            stack.enter_context(worker(party, homes[party], api, consortium))
        for idle in ("relayer", "validator-a", "region-north", "notary"):  # in the file too; here without a worker
            run(out / "operator", api, "prefect", "work-pool", "create", idle, "--type", "process")
        run(out / "operator", api, "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(FILE))
        schedule_soon("open-rounds/sponsor")
        for party in LISTEN:
            stack.enter_context(listener(party, homes[party], api))
        yield Played(consortium, homes, api, await_payment(consortium, homes))


def save_blocks(consortium: Consortium, services: Services) -> dict[str, Path]:
    """Save every party's block under its name; its signing key is left to its worker's environment alone."""
    blocks = {"sponsor": consortium.sponsor, "aggregator": consortium.aggregator, **consortium.members}
    if services.mirror is not None:
        blocks["aggregator"] = consortium.aggregator.model_copy(update={"mirror": services.mirror})
    for silo, url in services.data.items():
        blocks[silo] = in_database(consortium.members[silo], url)
    homes = {}
    for party in PARTIES:
        signer = consortium.ground.accounts[party].signer
        here = Signer(key_variable=KEY, sealing_key=signer.sealing_key, password=signer.password, home=signer.home)
        blocks[party].model_copy(update={"signer": here}).save(party)
        (signer.home / "keystore.json").unlink()
        homes[party] = signer.home
    return homes


def in_database(silo: Silo, url: str) -> Silo:
    """The silo with its rows in a database, and its file gone."""
    assert silo.data is not None
    engine = create_engine(url)
    read_csv(silo.data, float_precision="round_trip").to_sql("ward", engine, index=False)
    engine.dispose()
    silo.data.unlink()
    return silo.model_copy(update={"data": None, "data_url": SecretStr(url), "query": "SELECT * FROM ward"})


@contextmanager
def worker(party: str, home: Path, api: str, consortium: Consortium) -> Iterator[None]:
    """A party's worker, which makes the party's pool; nobody else is told the key."""
    key = "0x" + dev_key(consortium.ground.plot.seed, party).hex()
    env = environment(home, api, **{KEY: key, "PREFECT_WORKER_QUERY_SECONDS": "1"})
    command = ("prefect", "worker", "start", "--pool", party, "--type", "process", "--name", f"{party}-worker")
    with background(home / "worker.log", env, *command):
        with get_client(sync_client=True) as client:
            until(lambda: any(pool.name == party for pool in client.read_work_pools()), 180, home)
        yield


@contextmanager
def listener(party: str, home: Path, api: str) -> Iterator[None]:
    """`federated listen` for a party; it needs no key."""
    with background(home / "listen.log", environment(home, api), *listen(party), "--poll", "0.5"):
        yield


def listen(party: str) -> tuple[str, ...]:
    """The command that listens for a party."""
    return ("federated", "listen", "--task", "1", LISTEN[party], party, "--deployment", f"{FLOW[party]}/{party}")


def schedule_soon(name: str) -> None:
    """Let a deployment's own schedule be due in a few seconds, and once a day from then on.

    On SQLite the scheduler may wait for a lock until that time has passed, and makes no run of what has passed: then
    the schedule is moved once more.
    """
    for _ in range(TRIES):
        _due_soon(name)
        patience = time.monotonic() + 2 * SOON.total_seconds()
        while time.monotonic() < patience:
            if _has_run(name):
                return
            time.sleep(1)


def _has_run(name: str) -> bool:
    """Whether a run was made for the schedule's next time, not only for those of days to come."""
    with get_client(sync_client=True) as client:
        named = DeploymentFilter(id=DeploymentFilterId(any_=[client.read_deployment_by_name(name).id]))
        runs = client.read_flow_runs(deployment_filter=named)
    tomorrow = datetime.now(UTC) + timedelta(hours=1)
    return any(run.expected_start_time and run.expected_start_time < tomorrow for run in runs)


def _due_soon(name: str) -> None:
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(name)
        soon = IntervalSchedule(interval=timedelta(days=1), anchor_date=datetime.now(UTC) + SOON)
        answer = client._client.patch(
            f"/deployments/{deployment.id}/schedules/{deployment.schedules[0].id}",
            json=DeploymentScheduleUpdate(schedule=soon).model_dump(mode="json", exclude_unset=True),
        )
        answer.raise_for_status()


def await_payment(consortium: Consortium, homes: dict[str, Path]) -> RoundLog:
    """Wait until both silos have fetched what the round paid them."""
    federation, task = consortium.federation(), consortium.task
    accounts = [consortium.ground.accounts[silo].address for silo in SILOS]
    until(lambda: all(federation.claimed(task, account) for account in accounts), ROUND_S, *homes.values())
    return read_round_log(federation, task, 1)


@contextmanager
def blocks_every_second(url: str) -> Iterator[None]:
    """The chain goes on by itself, as a real one does: a development chain mines only what is sent."""
    w3, over = rpc.connect(url), threading.Event()

    def mine() -> None:
        while not over.wait(1.0):
            rpc.request(w3, "evm_mine", [])

    thread = threading.Thread(target=mine)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def until(done: Callable[[], bool], seconds: float, *homes: Path) -> None:
    """Wait for something; if it does not come, fail with what the processes said."""
    patience = time.monotonic() + seconds
    while not done():
        if time.monotonic() > patience:
            logs = [log for home in homes for log in home.glob("*.log")]
            pytest.fail("\n".join(f"--- {log}\n{log.read_text()[-3000:]}" for log in logs))
        time.sleep(0.5)
