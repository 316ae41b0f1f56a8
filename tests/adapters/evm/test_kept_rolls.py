"""Rolls read once for good: a kept reading says what a fresh one says, and is not made while that could change."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.landing import land
from prefect_federated.adapters.lineage.auditing import Documents, audit
from prefect_federated.adapters.lineage.sources import read_facts
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.chains import profile
from prefect_federated.core.rolls import Roll, roll_commits, roll_openings
from prefect_federated.core.round import Phase
from tests.adapters.evm.consortium import Consortium, Silo
from tests.adapters.evm.rolled import (
    commit,
    end_phase,
    found,
    new_poster,
    new_task,
    opening,
    place,
    reader,
    rolls,
    settle,
    store_commits,
    store_openings,
)


def audited(consortium: Consortium, store: LocalStore, index: EventIndex | None) -> str:
    """The audit of the head, to the byte; without an index, one beside it says no more than the block."""
    beside = index or EventIndex(consortium.folder / "beside.sqlite")
    facts = read_facts(reader(consortium, store, index), beside, consortium.task)
    return audit("", facts, len(facts.versions) - 1, Documents()).model_dump_json()


def pair(consortium: Consortium, round: int) -> tuple[Roll, Roll]:
    """A round's roll of the first two silos, and their openings."""
    both = consortium.silos[:2]
    commits = roll_commits([commit(consortium, silo, round=round) for silo in both])
    return commits, roll_openings(commits, [opening(consortium, silo, round=round) for silo in both])


def lift(consortium: Consortium, poster: Federation, silo: Silo, commits: Roll, openings: Roll | None = None) -> None:
    """Take the third commit out of the first round's roll, open it, and let Reveal end."""
    federation, task = silo.federation, consortium.task
    federation.lift(place(consortium, poster, 2), commits, openings)
    federation.reveal(task, 1, silo.opening(1), "cas://own")
    federation.wait_until(federation.round_state(task).deadline + 1)
    federation.tick(task)
    assert consortium.sponsor.round_state(consortium.task).phase is Phase.AGGREGATE


class Year:
    """Three rounds: one with a lifted and a landed leaf, one with a void roll, one whose openings nobody finds yet."""

    def __init__(self, devnet: Devnet, folder: Path) -> None:
        self.consortium, self.store = found(devnet, folder), LocalStore(folder / "store")
        self.elsewhere = LocalStore(folder / "elsewhere")
        self.posters = [new_poster(self.consortium), new_poster(self.consortium)]
        new_task(self.consortium, *self.posters)
        self.lifted_and_landed()
        self.void()
        self.late = self.not_found()

    def lifted_and_landed(self) -> None:
        consortium, store, poster = self.consortium, self.store, self.posters[0]
        first, second, third = consortium.silos
        commits, openings = rolls(consortium, [first, second])
        store_commits(consortium, poster, store, commits)
        end_phase(consortium)
        store_openings(consortium, poster, store, openings)
        lift(consortium, poster, third, commits, openings)
        for silo in (second, third):  # too late to change this round
            silo.federation.withdraw_grant(silo.grant)
        own = Party("first", first.address, first.federation, store, SealingKey.generate())
        assert land(own, consortium.task, 1, first.address)
        settle(consortium, 1, 3)

    def void(self) -> None:
        consortium, store, task = self.consortium, self.store, self.consortium.task
        consortium.sponsor.open_round(task)
        commits, openings = pair(consortium, 2)
        astray = Roll(commits.leaves[::-1])
        store_commits(consortium, self.posters[0], store, astray, 2)
        self.consortium.silos[0].federation.refute_order(
            replace(place(consortium, self.posters[0], 0), round=2), astray
        )
        store_commits(consortium, self.posters[1], store, commits, 2)
        end_phase(consortium)
        store_openings(consortium, self.posters[1], store, openings, 2)
        settle(consortium, 2, 1)

    def not_found(self) -> bytes:
        consortium = self.consortium
        consortium.sponsor.open_round(consortium.task)
        commits, openings = pair(consortium, 3)
        store_commits(consortium, self.posters[1], self.store, commits, 3)
        end_phase(consortium)
        store_openings(consortium, self.posters[1], self.elsewhere, openings, 3)
        settle(consortium, 3, 1)
        return openings.to_bytes()


@pytest.fixture(scope="module")
def year(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Year:
    return Year(devnet, tmp_path_factory.mktemp("year"))


def test_audit_is_the_same_with_the_index_kept_or_deleted_and_without_one(year: Year, tmp_path: Path) -> None:
    consortium, task, index = year.consortium, year.consortium.task, EventIndex(tmp_path / "events.sqlite")

    def told_alike() -> str:
        plain = audited(consortium, year.store, None)
        assert audited(consortium, year.store, index) == plain  # what was kept before, the rest read anew
        assert audited(consortium, year.store, index) == plain
        index.path.unlink()
        assert audited(consortium, year.store, index) == plain
        return plain

    before = told_alike()
    year.store.put([year.late])
    after = told_alike()
    assert after != before
    second = consortium.silos[1]
    second.federation.leave(task)
    second.federation.enrol(task)  # from round 4 on; it was in those before all the same
    told_alike()
    plain, indexed = reader(consortium, year.store), reader(consortium, year.store, index)
    for block in sorted({event.block for event in plain.logged(task)}):
        assert indexed.events(task, to_block=block) == plain.events(task, to_block=block)
    index.path.unlink()
    for posted in plain.logged(task, names=("CommitsPosted",)):  # read in the middle of a round: not kept as its end
        indexed.events(task, to_block=posted.block)
    assert indexed.events(task) == plain.events(task)
    closed = reader(consortium, None)  # whoever names no store sees no leaf, whatever others kept
    assert reader(consortium, None, index).events(task) == closed.events(task) != plain.events(task)


def in_reveal(devnet: Devnet, folder: Path) -> tuple[Consortium, Federation, LocalStore, Roll, Roll]:
    """A first round in Reveal: everybody in a roll, two opened in it, the third not yet lifted."""
    consortium, store = found(devnet, folder), LocalStore(folder / "store")
    poster = new_poster(consortium)
    new_task(consortium, poster)
    commits, openings = rolls(consortium, consortium.silos[:2])
    store_commits(consortium, poster, store, commits)
    end_phase(consortium)
    store_openings(consortium, poster, store, openings)
    return consortium, poster, store, commits, openings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the chain is asked from now on, by method."""
    counted, honest = Counter[str](), rpc.request

    def counting(w3: Web3, method: str, params: list[Any]) -> Any:
        counted[method] += 1
        return honest(w3, method, params)

    monkeypatch.setattr(rpc, "request", counting)
    return counted


def test_round_that_is_over_is_asked_about_once_and_a_running_one_each_time(
    devnet: Devnet, tmp_path: Path, asked: Counter[str]
) -> None:
    consortium, poster, store, commits, openings = in_reveal(devnet, tmp_path)
    index = EventIndex(tmp_path / "events.sqlite")
    lasting = reader(consortium, store, index)

    def calls(federation: Federation) -> int:
        assert federation.addresses
        before = asked["eth_call"]
        assert federation.events(consortium.task)
        return asked["eth_call"] - before

    assert calls(lasting) and not calls(lasting) and calls(reader(consortium, store, index))
    lift(consortium, poster, consortium.silos[2], commits, openings)
    settle(consortium, 1, 3)
    assert calls(reader(consortium, store, index, confirmations=3))
    assert calls(reader(consortium, store, index, confirmations=3))  # the first kept nothing: it was not final
    assert calls(lasting)  # what it found while the round ran is not kept for others
    fresh = reader(consortium, store, index)
    assert not calls(fresh) and fresh.events(consortium.task) == reader(consortium, store).events(consortium.task)
    before = Counter(asked)
    assert len(fresh.events(consortium.task, 1, ("UpdateRevealed",))) == 3
    assert asked - before == {"eth_getBlockByNumber": 2}  # has the chain grown, before each of two looks


def test_what_was_kept_goes_with_the_block_in_which_its_round_ended(anvil: Devnet, tmp_path: Path) -> None:
    consortium, poster, store, commits, openings = in_reveal(anvil, tmp_path)
    task, index = consortium.task, EventIndex(tmp_path / "events.sqlite")
    fork = rpc.request(consortium.w3, "evm_snapshot", [])
    end_phase(consortium)
    settle(consortium, 1, 2)
    assert len(reader(consortium, store, index).events(task, 1, ("UpdateCommitted",))) == 3
    posted = index.events(task, 1, ("CommitsPosted",))
    assert index.kept(posted, 10**9)
    rpc.request(consortium.w3, "evm_revert", [fork])
    third = consortium.silos[2]
    lift(consortium, poster, third, commits, openings)
    other = consortium.facade(consortium.account())
    other.wait_until(other.round_state(task).deadline + 1)  # nobody proposes: the round is void
    other.tick(task)
    rpc.request(consortium.w3, "anvil_mine", [hex(20), hex(1)])  # past the height at which the round ended before
    told = reader(consortium, store, index).events(task, 1, ("UpdateCommitted",))
    assert told == reader(consortium, store).events(task, 1, ("UpdateCommitted",)) and len(told) == 3
    ended = index.block(index.events(task, 1, ("RoundVoided",))[0].block)
    assert ended is not None
    again = EventIndex(tmp_path / "again.sqlite")
    again.catch_up(reader(consortium, store))
    again.keep(replace(ended, hash="0x" + "00" * 32), [(posted[0], told)])  # as another fork had it
    assert again.kept(posted, 10**9) == {}
    again.keep(ended, [(posted[0], told[:2])])
    assert again.kept(posted, ended.number - 1) == {}
    assert again.kept(posted, ended.number) == {(posted[0].block, posted[0].log_index): [
        replace(one, block=posted[0].block, tx_hash=posted[0].tx_hash, log_index=posted[0].log_index,
                timestamp=posted[0].timestamp) for one in told[:2]]}  # fmt: skip


def test_endpoint_that_does_not_say_what_is_final_is_read_all_the_same(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    consortium, poster, store, commits, openings = in_reveal(devnet, tmp_path)
    lift(consortium, poster, consortium.silos[2], commits, openings)
    settle(consortium, 1, 3)
    honest, index = rpc.block, EventIndex(tmp_path / "events.sqlite")

    def silent(w3: Web3, which: int | str = "latest") -> dict[str, Any]:
        if which == "finalized":
            raise rpc.RpcRefused("eth_getBlockByNumber", -32602, "unknown block tag")
        return honest(w3, which)

    monkeypatch.setattr(rpc, "block", silent)
    told = reader(consortium, store, index, profile=profile("ethereum"))
    assert told.events(consortium.task) == reader(consortium, store).events(consortium.task)
    assert "does not say which block is finalized" in caplog.text
    assert index.kept(index.events(consortium.task, 1, ("CommitsPosted",)), 10**9) == {}
