"""`federated round status` against rounds in every phase."""

from pathlib import Path

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.round import Reason


def test_all_tasks_are_listed_without_a_task(cli, settled) -> None:
    rows = cli.json("round", "status", *settled.options)
    assert [(row["task"], row["round"], row["phase"]) for row in rows] == [(1, 2, "SETTLED")]


def test_rounds_of_a_task_are_listed_with_status_and_version(cli, settled) -> None:
    rows = cli.json("round", "status", settled.task, *settled.options)
    assert [(row["round"], row["status"], row["version"]) for row in rows] == [(1, "SUCCESS", 1), (2, "SUCCESS", 2)]
    silos = [silo.address for silo in settled.silos]
    assert all(row[step] == silos for row in rows for step in ("expected", "committed", "revealed", "aggregated"))


def test_past_round_is_told_from_the_log(cli, settled) -> None:
    row = cli.json("round", "status", settled.task, 1, *settled.options)
    assert (row["phase"], row["status"], row["awaited"], row["excluded"]) == ("SETTLED", "SUCCESS", [], [])
    assert row["version_hash"] == "0x" + settled.reader.versions(settled.task)[1].version_hash.hex()


def test_tables_show_the_same_as_json(cli, settled) -> None:
    for arguments in ((), (settled.task,), (settled.task, 2)):
        result = cli("round", "status", *arguments, *settled.options)
        assert result.exit_code == 0 and "settled" in result.stdout
    assert settled.silos[0].address in result.stdout and " UTC" in result.stdout


def test_running_round_names_those_it_waits_for_and_excludes_nobody_yet(cli, fresh) -> None:
    round = fresh.open_round()
    fresh.commit(fresh.silos[1], round)
    row = cli.json("round", "status", fresh.task, round, *fresh.options)
    state = fresh.reader.round_state(fresh.task)
    assert (row["phase"], row["status"], row["deadline"]) == ("COMMIT", "RUNNING", state.deadline)
    assert row["committed"] == [fresh.silos[1].address] and row["excluded"] == []
    assert row["awaited"] == [fresh.silos[0].address, fresh.silos[2].address]
    assert row["chain_time"] == fresh.reader.chain_time()


def test_round_goes_through_its_phases_as_the_chain_tells_them(cli, fresh) -> None:
    round = fresh.open_round()
    for silo in fresh.silos:
        fresh.commit(silo, round)
    assert cli.json("round", "status", fresh.task, round, *fresh.options)["phase"] == "REVEAL"
    for silo in fresh.silos[:2]:
        fresh.reveal(silo, round)
    row = cli.json("round", "status", fresh.task, round, *fresh.options)
    assert row["awaited"] == [fresh.silos[2].address]
    rpc.wait_until(fresh.w3, row["deadline"] + 1)
    row = cli.json("round", "status", fresh.task, round, *fresh.options)
    assert (row["phase"], row["awaited"]) == ("AGGREGATE", [fresh.parties["aggregator"].address])
    fresh.propose(round, {fresh.silos[0].address: Reason.NORM_BOUND})
    assert cli.json("round", "status", fresh.task, round, *fresh.options)["phase"] == "CHALLENGE"
    fresh.settle(round)
    row = cli.json("round", "status", fresh.task, round, *fresh.options)
    assert (row["phase"], row["status"]) == ("SETTLED", "DEGRADED")
    stages = {one["participant"]: one["stage"] for one in row["excluded"]}
    assert stages == {fresh.silos[0].address: "aggregate", fresh.silos[2].address: "reveal"}
    assert row["aggregated"] == [fresh.silos[1].address]


def test_round_that_nobody_committed_to_is_voided_by_time_alone(cli, fresh) -> None:
    round = fresh.open_round()
    rpc.wait_until(fresh.w3, fresh.reader.round_state(fresh.task).deadline + 1)
    row = cli.json("round", "status", fresh.task, round, *fresh.options)
    assert (row["phase"], row["status"], row["awaited"]) == ("VOIDED", "VOIDED", [])
    assert len(row["excluded"]) == 3


def test_task_without_rounds_says_so(cli, fresh) -> None:
    assert "no round yet" in cli("round", "status", fresh.task, *fresh.options).stdout


def test_unknown_round_is_refused_with_what_to_do(cli, settled) -> None:
    result = cli("round", "status", settled.task, 9, *settled.options)
    assert result.exit_code == 7
    assert f"task {settled.task} has no round 9" in result.stderr and "round status" in result.stderr


def test_unknown_task_is_refused(cli, settled) -> None:
    result = cli("round", "status", 77, *settled.options)
    assert result.exit_code == 3 and "77" in result.stderr and result.stdout == ""


def test_deployment_file_of_the_demo_in_the_working_folder_is_found(cli, settled) -> None:
    Path("federated-demo").mkdir()
    Path("federated-demo/deployment.json").write_text((settled.folder / "deployment.json").read_text())
    rows = cli.json("round", "status", "--chain", settled.url)
    assert [row["round"] for row in rows] == [2]
