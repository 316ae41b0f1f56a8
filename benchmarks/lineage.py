"""How long the lineage of a model takes at 1,000 rounds and 20 participants.

python benchmarks/lineage.py [rounds] [participants] [page.html]

The events are made up here and put into the index by the call that `catch_up` puts decoded events in by, since a
chain would need an hour to emit them. What is timed is everything after that: reading them from the file in a new
process's state, folding, JSON, page. A real audit adds four calls to the chain (block, task, head, block).
Relayed rounds are no different: the index holds batches taken apart. docs/lineage.md says what rolled ones cost more.
"""

import gc
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prefect_federated.adapters.evm.abi import checksum
from prefect_federated.adapters.evm.event_index import _TABLES, Block, EventIndex
from prefect_federated.adapters.evm.records import Event, TaskOnChain
from prefect_federated.adapters.evm.versions import check_versions, version_of
from prefect_federated.adapters.lineage.auditing import CONSENT, Documents, Facts, audit
from prefect_federated.adapters.lineage.collector import collector_held
from prefect_federated.adapters.lineage.page import page
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.proposal import pack_exclusions
from prefect_federated.core.round import Reason, Status
from prefect_federated.core.version import VersionFields

GOAL_S = 2.0
CHAIN, TASK, START = 31337, 1, 1_760_000_000
COORDINATOR, REGISTRY = checksum("0x" + "c0" * 20), checksum("0x" + "a1" * 20)


def digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()


@dataclass
class Log:
    """A task's events, made up: everybody commits, some stay silent, one is left out now and then, one withdraws."""

    rounds: int
    participants: int
    events: list[Event] = field(default_factory=list)
    head: bytes = bytes(32)
    number: int = 0

    def __post_init__(self) -> None:
        self.accounts = [checksum("0x" + digest("account", n)[:20].hex()) for n in range(self.participants)]
        self.grants = [digest("grant", n) for n in range(self.participants)]
        self.block = 1
        self._consent()
        self._version(0, 0, bytes(32), digest("model", 0))
        for round in range(1, self.rounds + 1):
            self._round(round)

    @property
    def blocks(self) -> list[Block]:
        numbers = sorted({event.block for event in self.events})
        return [Block(number, f"0x{number:064x}", START + number * 12) for number in numbers]

    def emit(self, name: str, **args: Any) -> None:
        place = {
            "tx_hash": digest("tx", self.block),
            "log_index": len(self.events),
            "timestamp": START + self.block * 12,
        }
        self.events.append(Event(name=name, args=args, block=self.block, address=COORDINATOR, **place))

    def _consent(self) -> None:
        for n, account in enumerate(self.accounts):
            dataset = digest("dataset", n)
            self.emit("DatasetRegistered", dataset=dataset, holder=account, root=digest("root", n))
            terms = {"dataset": dataset, "silo": account, "purposes": 3, "validFrom": START, "expiry": START + 10**8}
            terms["budget"] = 0
            self.emit("ConsentGranted", grantId=self.grants[n], dataset=dataset, silo=account, grant=terms)
            self.emit("Enrolled", task=TASK, participant=account, index=n, fromRound=1)

    def _round(self, round: int) -> None:
        self.block += 10
        task = {"task": TASK, "round": round}
        self.emit("RoundStarted", **task, baseVersion=self.head, cohort=self.participants, opensAt=0, deadline=0)
        silent = round % self.participants if round % 7 == 3 else -1
        for n, account in enumerate(self.accounts):
            self.block += n % 2
            member = task | {"participant": account, "index": n}
            evidence = digest("evidence", round, n)
            self.emit(
                "UpdateCommitted", **member, commitment=digest(round, n), grantId=self.grants[n], evidenceHash=evidence
            )
        for n, account in enumerate(self.accounts):
            self.block += n % 2
            member = task | {"participant": account, "index": n}
            if n == silent:
                self.emit("ParticipantSlashed", **task, participant=account, amount=10**18, reason="no opening")
                continue
            roots = {name: digest(name, round, n) for name in ("payloadRoot", "sealedRoot", "contentKeyHash", "salt")}
            opening = roots | {"weight": 100 + n, "evidenceHash": digest("evidence", round, n)}
            self.emit("UpdateRevealed", **member, opening=opening, uri="cas://sha256/" + "0" * 64)
        left_out = {} if round % 5 or silent == 1 or round % 11 == 4 else {1: Reason.NORM_BOUND}
        if round % 11 == 4:
            self.emit("RoundVoided", **task, phase=7)
            return
        proposal = {"exclusions": pack_exclusions(left_out), "uri": "cas://sha256/" + "1" * 64}
        self.emit("RoundAggregated", **task, proposer=self.accounts[0], proposal=proposal)
        status = Status.SUCCESS if not left_out and silent < 0 else Status.DEGRADED
        self._version(round, 1, digest("aggregate", round), digest("model", round))
        settled = {"status": int(status), "version": self.number - 1, "versionHash": self.head}
        self.emit("RoundSettled", **task, **settled, cohort=0, committed=0, revealed=0, included=0)
        if round % 400 == 6:
            back = next(
                e.args for e in self.events if e.name == "VersionAppended" and e.args["number"] == self.number - 3
            )
            self._version(round, 2, back["versionHash"], back["version"]["modelRoot"])
        if round == self.rounds * 3 // 4:
            self.emit("ConsentWithdrawn", grantId=self.grants[-1], dataset=digest("dataset", 0), withdrawnAt=START + 5)

    def _version(self, round: int, kind: int, aggregate: bytes, model: bytes) -> None:
        ours, rights = (TASK, self.number, round, kind, self.head, model, aggregate), (3, 2**39)
        fields = VersionFields(*ours, bytes(32), digest("metrics", round), *rights)
        names = ("task", "number", "round", "kind", "parent", "modelRoot", "aggregateRoot", "stateRoot", "metricsHash")
        names += ("purposes", "usableUntil")
        values = [getattr(fields, name) for name in VersionFields.__slots__]
        self.head = fields.digest(CHAIN, REGISTRY)
        version = dict(zip(names, values, strict=True))
        self.emit(
            "VersionAppended", task=TASK, number=self.number, versionHash=self.head, version=version, uri="cas://x"
        )
        self.number += 1


def filled(path: Path, log: Log) -> EventIndex:
    """An index with the tables that `catch_up` makes, filled by the call that it fills them by."""
    import sqlite3

    with sqlite3.connect(path) as database:
        for statement in _TABLES:
            database.execute(statement)
        database.execute("insert into meta values ('federation', 'made up')")
    EventIndex(path).add(log.events, log.blocks)
    return EventIndex(path)


def facts_of(index: EventIndex, log: Log) -> Facts:
    """What `read_facts` makes of a chain, without the chain."""
    events = index.events(TASK)
    versions = [version_of(event) for event in events if event.name == "VersionAppended"]
    check_versions(versions, CHAIN, REGISTRY, log.head)
    task = TaskOnChain(TASK, digest("task"), NOBODY, NOBODY, NOBODY, True, True, 0, 0, digest("spec"), None)
    consent = index.events(names=CONSENT)
    return Facts(CHAIN, COORDINATOR, REGISTRY, task, log.blocks[-1], versions, events, consent)


def timed() -> Iterator[float]:
    """Processor seconds since the time before: a busy machine changes them less than the clock's."""
    before = time.process_time()
    while True:
        now = time.process_time()
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
            facts = facts_of(index, log)
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
    return 0 if reading + folding <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3]), *sys.argv[3:]))
