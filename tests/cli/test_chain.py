"""Chain profiles as commands: listed, rehearsed, pinned, and a task priced before it is sent."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet, find_anvil
from prefect_federated.adapters.evm.rehearsal import rehearse
from prefect_federated.core.chains import PROFILES, profile
from tests.cli import conftest
from tests.cli.conftest import ROOT, Cli, SmallFederation
from tests.cli.program import ctrl_c, start


@pytest.fixture
def polygon() -> Iterator[Devnet]:
    """anvil set up like Polygon, each transaction mined at once."""
    if find_anvil(ROOT) is None:
        pytest.skip("anvil is neither on the PATH nor in contracts/node_modules")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        running = rehearse(profile("polygon"), real_time=False)
    with running:
        yield running


def test_every_profile_is_listed_with_its_sources(cli: Cli) -> None:
    listed = cli.json("chain", "profiles")
    assert [one["name"] for one in listed] == list(PROFILES)
    assert all(one["chain_id"] == PROFILES[one["name"]].chain_id and one["sources"] for one in listed)
    table = cli("chain", "profiles").stdout
    assert all(name in table for name in PROFILES) and "16,777,216" in table


@pytest.mark.skipif(find_anvil(ROOT) is None, reason="anvil is neither on the PATH nor in contracts/node_modules")
def test_a_rehearsal_serves_the_profile_s_chain_at_its_pace() -> None:
    process = start("devnet", "--port", "0", "--profile", "arbitrum", "--accounts", "1", "--json", cwd=ROOT)
    try:
        assert process.stdout is not None
        record = json.loads(process.stdout.readline())
        w3 = rpc.connect(record["url"], 42_161)
        rpc.request(w3, "evm_mine", [])
        seen = rpc.request_int(w3, "eth_blockNumber", [])
        while rpc.request_int(w3, "eth_blockNumber", []) < seen + 2:  # nobody sends anything: the clock mines
            time.sleep(0.1)
        assert int(rpc.block(w3)["gasLimit"], 16) == 32_000_000
        assert rpc.block(w3, "finalized")["number"] == "0x0"
    finally:
        assert ctrl_c(process) == 0


@pytest.mark.parametrize("other", [("--kind", "eth-tester"), ("--block-time", "1"), ("--state", "chain.json")])
def test_a_rehearsal_takes_no_setting_that_its_profile_makes(cli: Cli, other: tuple[str, str]) -> None:
    result = cli("devnet", "--profile", "base", *other)
    assert result.exit_code == 2 and "base" in result.stderr


def test_a_profile_of_another_chain_than_answers_is_refused_with_both_ids(cli: Cli, fresh: SmallFederation) -> None:
    result = cli("task", "show", "1", *fresh.options, "--profile", "base")
    assert result.exit_code == 2 and "31337" in result.stderr and "8453" in result.stderr
    result = cli("task", "show", "1", *fresh.options, "--profile", "base", "--chain-id", "31337")
    assert result.exit_code == 2 and "base is chain 8453" in result.stderr and "31337" in result.stderr
    assert cli("task", "show", "1", *fresh.options, "--profile", "local").exit_code == 0


def create(federation: SmallFederation, name: str, **enforced: int) -> list[Any]:
    spec = federation.make_spec(name).model_dump(mode="json")
    Path("spec.json").write_text(json.dumps(spec | {"enforced": spec["enforced"] | enforced}))
    store = ["--store", federation.store_address]
    return ["task", "create", "spec.json", *store, *federation.options, *federation.parties["sponsor"].options]


def test_an_estimate_names_the_price_and_sends_nothing(cli: Cli, fresh: SmallFederation) -> None:
    sponsor, tasks = fresh.parties["sponsor"], fresh.reader.tasks()
    before = rpc.balance_of(fresh.w3, sponsor.address)
    cost = cli.json(*create(fresh, "priced"), "--estimate", "--profile", "local")
    assert (fresh.reader.tasks(), rpc.balance_of(fresh.w3, sponsor.address)) == (tasks, before)
    shown = cli(*create(fresh, "priced"), "--estimate").stdout
    assert str(cost["gas"]) in shown and "data on Ethereum" not in shown
    assert cli(*create(fresh, "priced")).exit_code == 0
    paid = before - rpc.balance_of(fresh.w3, sponsor.address)
    assert 0.5 * paid < int(cost["total_wei"]) < 1.5 * paid and paid <= int(cost["most_wei"])


def test_a_task_with_a_gap_below_finality_needs_a_word_of_consent(
    cli: Cli, polygon: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(conftest.WINDOWS, "finality_gap", 5)
    federation = SmallFederation(polygon.url, tmp_path / "federation", silo_count=1).set_up()
    command = create(federation, "hasty", finality_gap=4)
    result = cli(*command, "--profile", "polygon")
    assert result.exit_code == 3 and "finality_gap is 4 s" in result.stderr and "after 5 s" in result.stderr
    assert cli(*command, "--profile", "polygon", "--short-gap").exit_code == 0


def test_contracts_are_not_deployed_to_another_chain_than_the_profile_names(cli: Cli, fresh: SmallFederation) -> None:
    sender = fresh.parties["sponsor"].options
    result = cli("deploy", "--chain", fresh.url, *sender, "--profile", "optimism")
    assert result.exit_code == 2 and "serves chain 31337" in result.stderr and "chain 10;" in result.stderr
    assert not Path("deployment.json").exists()
