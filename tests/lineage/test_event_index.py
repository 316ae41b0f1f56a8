"""The event index: what the chain says, asked for once; blocks that were replaced; files that are not an index."""

import runpy
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from prefect_federated.adapters.evm import event_index, rpc
from prefect_federated.adapters.evm.devnet import Devnet, find_anvil
from prefect_federated.adapters.evm.event_index import EventIndex, index_file
from prefect_federated.core.errors import ChainUnreachable, ConfigurationError
from tests.cli.conftest import ROOT, SmallFederation
from tests.lineage.conftest import indexed


def test_index_and_chain_tell_the_same(settled: SmallFederation, index: EventIndex) -> None:
    ours, theirs, task = indexed(settled, index), settled.reader, settled.task
    middle = theirs.versions(task)[1].block
    for asked in (
        {},
        {"task": task},
        {"task": task, "round": 2},
        {"task": task, "names": ("UpdateCommitted", "Enrolled")},
        {"task": task, "round": 1, "names": ("UpdateRevealed",), "to_block": middle},
        {"names": ("ConsentGranted",), "from_block": 1},
        {"task": task, "to_block": "finalized"},
    ):
        told = ours.events(**asked)
        assert told == theirs.events(**asked)
    assert len(ours.events(task, 2)) > 10 and ours.versions(task) == theirs.versions(task)


def ranges(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Ranges of blocks whose logs are asked for, from now on."""
    honest, asked = rpc.request, []

    def watched(w3: Web3, method: str, params: list[Any]) -> Any:
        if method == "eth_getLogs":
            asked.append((int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)))
        return honest(w3, method, params)

    monkeypatch.setattr(rpc, "request", watched)
    return asked


def test_only_new_blocks_are_asked_for(
    fresh: SmallFederation, index: EventIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = index.catch_up(indexed(fresh, index))
    asked = ranges(monkeypatch)
    reader = indexed(fresh, EventIndex(index.path))
    assert reader.events(fresh.task) and asked == []
    fresh.open_round()
    assert reader.events(fresh.task, 1)[0].name == "RoundStarted"
    assert asked[0][0] == before.number + 1


def test_deleted_index_comes_back(settled: SmallFederation, index: EventIndex) -> None:
    reader = indexed(settled, index)
    before = reader.events(settled.task)
    index.path.unlink()
    assert reader.events(settled.task) == before
    assert index.path.exists()


def test_replaced_blocks_are_dropped_and_read_anew(
    tmp_path: Path, index: EventIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_anvil(ROOT) is None:
        pytest.skip("anvil is neither on the PATH nor in contracts/node_modules")
    monkeypatch.chdir(ROOT)
    with Devnet.start(prefer="anvil") as devnet:
        federation = SmallFederation(devnet.url, tmp_path / "federation").set_up()
        kept = rpc.request(federation.w3, "evm_snapshot", [])
        federation.open_round()
        reader = indexed(federation, index)
        assert reader.events(federation.task, 1)
        rpc.request(federation.w3, "evm_revert", [kept])
        rpc.request(federation.w3, "anvil_mine", [hex(5), hex(7)])
        assert reader.events(federation.task, 1) == []
        assert reader.events() == federation.reader.events()


def test_chain_that_replaces_blocks_while_they_are_read_leaves_nothing_false(
    settled: SmallFederation, index: EventIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, count = rpc.block, iter(range(10**6))

    def moving(w3: Web3, which: int | str = "latest") -> dict[str, Any]:
        return honest(w3, which) | {"hash": f"0x{next(count):064x}"}

    with monkeypatch.context() as patch:
        patch.setattr(rpc, "block", moving)
        with pytest.raises(ChainUnreachable, match="replaced blocks 3 times"):
            index.catch_up(indexed(settled, index))
    assert index.events() == []
    assert indexed(settled, index).events() == settled.reader.events()


def test_rows_that_other_contracts_decoded_are_made_anew(
    settled: SmallFederation, index: EventIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = indexed(settled, index)
    with monkeypatch.context() as patch:
        patch.setattr(event_index, "shapes", lambda: "older")
        index.catch_up(reader)
    with sqlite3.connect(index.path) as database:
        database.execute("delete from events where name = 'VersionAppended'")
    assert reader.events(settled.task) == settled.reader.events(settled.task)


def test_index_of_another_federation_is_refused(
    settled: SmallFederation, fresh: SmallFederation, index: EventIndex
) -> None:
    index.catch_up(settled.reader)
    with pytest.raises(ConfigurationError, match="name another file"):
        index.catch_up(fresh.reader)
    assert index.events(names=("VersionAppended",))
    assert index_file(Path("home"), 1, "0xAB") != index_file(Path("home"), 1, "0xCD")


def test_file_that_is_something_else_is_refused_and_kept(settled: SmallFederation, tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    text.write_text("no database" * 100)
    with sqlite3.connect(other) as database:
        database.execute("create table meta (name text, value text)")
        database.execute("insert into meta values ('precious', 'yes')")
    for path in (text, other):
        with pytest.raises(ConfigurationError, match="no event index"):
            EventIndex(path).catch_up(settled.reader)
    assert text.read_text().startswith("no database")
    with sqlite3.connect(other) as database:
        assert database.execute("select * from meta").fetchall() == [("precious", "yes")]


def test_folder_that_cannot_be_written_to_says_so(settled: SmallFederation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="folder that may be written to"):
        EventIndex(tmp_path / "file" / "events.sqlite").catch_up(settled.reader)


def test_benchmark_of_lineage_runs_on_a_small_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    told = runpy.run_path(str(ROOT / "benchmarks" / "lineage.py"))
    told["main"](30, 4, str(tmp_path / "page.html"))  # what it says of its goal is no matter on a busy machine
    shown = capsys.readouterr().out
    assert "lineage of the model" in shown and "in rolls: " in shown
    assert (tmp_path / "page.html").read_text().count('class="node') > 30
