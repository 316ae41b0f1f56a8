"""`federated listen` between a real chain and a real Prefect server: each event becomes one run, whatever happens."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from prefect_federated.adapters.evm import rpc
from prefect_federated.cli.listen import follow
from prefect_federated.core.errors import ChainUnreachable

pytestmark = pytest.mark.slow
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def prefect(prefect_server: str) -> None:
    """A server with the deployments of both roles."""
    from prefect_federated.flows.conclude import conclude
    from prefect_federated.flows.participate import participate

    participate.to_deployment(name="participate").apply()
    conclude.to_deployment(name="conclude").apply()


@pytest.fixture
def block(prefect, fresh) -> Callable[[str], str]:
    """Saves the block of a party of a fresh federation, under a name of its own, and returns that name."""
    from prefect_federated.blocks import Aggregator, EvmChain, LocalStore, Signer, Silo

    chain = EvmChain(rpc_url=fresh.url, chain_id=31337, coordinator=fresh.coordinator, deployed_block=fresh.block)

    def save(name: str) -> str:
        party, unique = fresh.parties[name], f"{name}-{fresh.coordinator[2:10].lower()}"
        signer = Signer(
            keystore=party.keystore, sealing_key=party.sealing_key, password=SecretStr(PASSWORD), home=party.home
        )
        common = {"label": name, "chain": chain, "signer": signer, "store": LocalStore(root=fresh.folder / "store")}
        if name == "aggregator":
            Aggregator(**common).save(unique)
        else:
            Silo(**common, data=Path("data.csv"), consent_record=Path("consent.sealed")).save(unique)
        return unique

    return save


def runs(block: str) -> list[str]:
    """Idempotency keys of the runs that were asked for a block."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = [run for run in client.read_flow_runs(limit=200) if block in run.parameters.values()]
    return sorted(str(run.idempotency_key) for run in found)


def listen(cli, federation, kind: str, block: str, *more: str):
    result = cli("listen", f"--{kind}", block, "--task", federation.task, "--once", *more)
    assert result.exit_code == 0, result.output
    return result


def test_opened_round_starts_one_run_however_often_one_listens(cli, fresh, block) -> None:
    silo = block("silo-0")
    round = fresh.open_round()
    for _ in range(3):
        listen(cli, fresh, "silo", silo)
    key = f"eip155:31337:{fresh.coordinator.lower()}:RoundStarted:{fresh.task}:{round}:{silo}"
    assert runs(silo) == [key]


def test_lost_position_starts_nothing_twice(cli, fresh, block) -> None:
    """As when it dies after a run was asked for and before the position was kept."""
    silo = block("silo-0")
    fresh.open_round()
    listen(cli, fresh, "silo", silo)
    (position,) = (fresh.parties["silo-0"].home / "listen").glob("*.json")
    position.unlink()
    assert "RoundStarted" in listen(cli, fresh, "silo", silo).stdout
    assert len(runs(silo)) == 1


def test_two_silos_of_one_server_get_a_run_each(cli, fresh, block) -> None:
    silos = [block("silo-0"), block("silo-1")]
    fresh.open_round()
    for silo in silos:
        listen(cli, fresh, "silo", silo)
    assert [len(runs(silo)) for silo in silos] == [1, 1]


def test_each_role_hears_its_own_phases(cli, fresh, block) -> None:
    silo, aggregator = block("silo-0"), block("aggregator")
    round = fresh.open_round()
    for party in fresh.silos:
        fresh.commit(party, round)
    for party in fresh.silos:
        fresh.reveal(party, round)
    fresh.propose(round)
    fresh.settle(round)
    listen(cli, fresh, "silo", silo)
    listen(cli, fresh, "aggregator", aggregator)
    heard = {name: {key.split(":")[3] for key in runs(name)} for name in (silo, aggregator)}
    assert heard[silo] == {"RoundStarted", "PhaseChanged.REVEAL", "RoundSettled"}
    assert heard[aggregator] == {"RoundStarted", "PhaseChanged.AGGREGATE", "RoundAggregated", "RoundSettled"}


def test_rounds_that_are_over_start_nothing(cli, fresh, block) -> None:
    first = fresh.open_round()
    rpc.wait_until(fresh.w3, fresh.reader.round_state(fresh.task).deadline + 1)
    second = fresh.open_round()
    silo = block("silo-0")
    listen(cli, fresh, "silo", silo)
    assert [key.split(":")[5] for key in runs(silo)] == [str(second)] != [str(first)]


def test_another_tasks_rounds_start_nothing(cli, fresh, block) -> None:
    fresh.open_round()
    other = fresh.parties["sponsor"].federation.create_task(
        fresh.spec.enforced, fresh.spec.spec_hash, "cas://x", label="other"
    )
    silo = block("silo-0")
    assert cli("listen", "--silo", silo, "--task", other, "--once").exit_code == 0
    assert runs(silo) == []


def test_missing_block_and_deployment_are_named(cli, fresh, block) -> None:
    silo = block("silo-0")
    fresh.open_round()
    for more, said in ((["--silo", "nobody"], "nobody"), (["--silo", silo, "--deployment", "x/y"], "x/y")):
        result = cli("listen", *more, "--task", fresh.task, "--once")
        assert result.exit_code == 2 and said in result.stderr and "Traceback" not in result.output
    assert "RoundStarted" in listen(cli, fresh, "silo", silo).stdout  # nothing was skipped by the failure


def test_nobody_to_listen_for_is_said(cli) -> None:
    for more in ((), ("--silo", "a", "--aggregator", "b"), ("--aggregator", "a", "--validator", "b")):
        assert cli("listen", *more, "--task", "1").exit_code == 2


def test_unreachable_chain_is_said_once_and_tried_again(capsys) -> None:
    pauses: list[float] = []

    class Enough(Exception):
        """Ends the listener."""

    class Quiet:
        def advance(self) -> list[object]:
            return []

    def opened() -> Quiet:
        if len(pauses) < 4:
            raise ChainUnreachable("the chain endpoint http://node did not answer")
        return Quiet()

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            raise Enough

    with pytest.raises(Enough):
        follow(opened, lambda started: None, 0.5, sleep)  # type: ignore[arg-type, return-value]
    assert pauses == [1, 2, 4, 8, 0.5, 0.5]
    said = capsys.readouterr().err
    assert said.count("did not answer") == 1 and said.count("reachable again") == 1


def test_prefect_that_is_down_ends_a_single_pass_with_8(tmp_path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/api"
    env = os.environ | {"PREFECT_API_URL": url, "PREFECT_HOME": str(tmp_path), "PREFECT_CLIENT_MAX_RETRIES": "0"}
    command = "from prefect_federated.cli.main import app; app()"
    ended = subprocess.run(
        [sys.executable, "-c", command, "listen", "--silo", "a", "--task", "1", "--once"],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 8 and url in ended.stderr and "Traceback" not in ended.stderr, ended.stderr
