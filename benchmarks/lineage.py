"""How long the lineage of a model takes at 1,000 rounds and 20 participants.

python benchmarks/lineage.py [rounds] [participants] [page.html]

The events are made up here and put into the index by the call that `catch_up` puts decoded events in by, since a
chain would need an hour to emit them. What is timed is everything after that: reading them from the file in a new
process's state, folding, JSON, page. A real audit adds four calls to the chain (block, task, head, block).
Relayed rounds are no different: the index holds batches taken apart.

Then the same in rolls: made up are the log again and the chain's answers, which are counted and cost nothing here. The
lists with their signatures, the store, and all that checks, keeps and reads them are those of an audit.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from made_up import CHAIN, COORDINATOR, REGISTRY, TASK, Log, RolledLog, digest

from prefect_federated.adapters.evm.event_index import _TABLES, Block, EventIndex
from prefect_federated.adapters.evm.kept_rolls import KeptRolls
from prefect_federated.adapters.evm.records import Event, TaskOnChain
from prefect_federated.adapters.evm.versions import check_versions, version_of
from prefect_federated.adapters.lineage.auditing import CONSENT, Documents, Facts, audit
from prefect_federated.adapters.lineage.collector import collector_held
from prefect_federated.adapters.lineage.page import page
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.enforced import NOBODY

GOAL_S = 2.0


class CaughtUp(EventIndex):
    """An index that has nothing to catch up with."""

    def catch_up(self, calls: "Reader") -> Block:
        """The newest block that it has, after the question which one the chain has."""
        calls.asked += 1
        with self._database() as database:
            return Block(*database.execute("select * from blocks order by number desc limit 1").fetchone())


class Reader(KeptRolls):
    """An auditor's new process, with a chain that answers at once; `asked` counts how often it would have to."""

    asked = 0
    chain_id = CHAIN

    def call(self, contract: str, name: str, *values: Any) -> Any:
        """What the chain says of posters and grants: the last rolls are later ones, all grants are live."""
        self.asked += 1
        return {"posterOf": {"round": 0}, "liveAt": True}[name]

    def task_of(self, task: int) -> Any:
        """What is read of a task to check leaves."""
        self.asked += 1
        return SimpleNamespace(enforced=SimpleNamespace(max_weight=1000, purposes=3))

    def final_block(self) -> int:
        """Everything is final."""
        self.asked += 1
        return 2**40


def filled(path: Path, log: Log) -> EventIndex:
    """An index with the tables that `catch_up` makes, filled by the call that it fills them by."""
    import sqlite3

    with sqlite3.connect(path) as database:
        for statement in _TABLES:
            database.execute(statement)
        database.execute("insert into meta values ('federation', 'made up')")
    EventIndex(path).add(log.events, log.blocks)
    return EventIndex(path)


def facts_of(log: Log, events: list[Event], consent: list[Event]) -> Facts:
    """What `read_facts` makes of a chain, without the chain."""
    versions = [version_of(event) for event in events if event.name == "VersionAppended"]
    check_versions(versions, CHAIN, REGISTRY, log.head)
    task = TaskOnChain(TASK, digest("task"), NOBODY, NOBODY, NOBODY, True, True, 0, 0, digest("spec"), None)
    return Facts(CHAIN, COORDINATOR, REGISTRY, task, log.blocks[-1], versions, events, consent)


def timed() -> Iterator[float]:
    """This thread's processor seconds since the time before: a busy machine changes them less than the clock's."""
    before = time.thread_time()
    while True:
        now = time.thread_time()
        yield now - before
        before = now


def main(rounds: int = 1000, participants: int = 20, out: str = "") -> int:
    log = Log(rounds, participants)
    with tempfile.TemporaryDirectory() as folder:
        watch = timed()
        next(watch)
        gc.collect()
        index = filled(Path(folder) / "events.sqlite", log)
        filling = next(watch)
        with collector_held():
            facts = facts_of(log, index.events(TASK), index.events(names=CONSENT))
            reading = next(watch)
            found = audit(f"{TASK}", facts, len(facts.versions) - 1, Documents())
            folding = next(watch)
        size = len(found.model_dump_json())
        dumping = next(watch)
        shown = page(found)
        drawing = next(watch)
        megabytes = (Path(folder) / "events.sqlite").stat().st_size / 1e6
    if out:
        Path(out).write_text(shown)
    print(f"{rounds} rounds, {participants} participants: {len(log.events)} made-up events, {megabytes:.0f} MB on disk")
    print(f"filling the index, once    {filling:7.3f} s")
    print(f"reading events, versions   {reading:7.3f} s")
    print(f"folding the audit          {folding:7.3f} s")
    print(f"lineage of the model       {reading + folding:7.3f} s   (goal {GOAL_S} s)")
    print(f"as JSON, {size / 1e6:5.1f} MB          {dumping:7.3f} s")
    print(f"as a page, {len(shown) / 1e6:5.1f} MB        {drawing:7.3f} s")
    again = rolled(rounds, participants)
    return 0 if max(reading + folding, again) <= GOAL_S else 1


def rolled(rounds: int, participants: int) -> float:
    """Tell of the same lineage in rolls; seconds of every answer but the first."""
    with tempfile.TemporaryDirectory() as folder:
        log = RolledLog(rounds, participants, store=LocalStore(Path(folder) / "store"))
        path = Path(folder) / "events.sqlite"
        filled(path, log)
        (first, asked, found), (again, few, same) = answer(path, log), answer(path, log)
        megabytes = path.stat().st_size / 1e6
    if few > 5 or same != found or found.count('"revealed":true') < rounds * (participants - 1):
        raise SystemExit(f"{few} questions the second time, answers alike: {same == found}; nothing was kept")
    print(f"in rolls: {len(log.events)} made-up events, {megabytes:.0f} MB on disk")
    print(f"first lineage of the model {first:7.3f} s   and {asked} questions to the chain, which cost nothing here")
    print(f"every later one            {again:7.3f} s   and {few} questions (goal {GOAL_S} s)")
    return again


def answer(path: Path, log: RolledLog) -> tuple[float, int, str]:
    """Seconds that a lineage takes a new process, how often it asks the chain, and what it is told."""
    reader = Reader(SimpleNamespace(), COORDINATOR)
    reader.read_rolls_from(log.store)
    reader.read_events_from(CaughtUp(path))
    watch = timed()
    next(watch)
    gc.collect()
    with collector_held():
        facts = facts_of(log, reader.events(TASK), reader.events(names=CONSENT))
        found = audit(f"{TASK}", facts, len(facts.versions) - 1, Documents())
    return next(watch), reader.asked, found.model_dump_json()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3]), *sys.argv[3:]))
