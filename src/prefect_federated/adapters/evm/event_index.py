"""Events of a federation in a SQLite file: each is decoded once, and read back without asking the chain for its past.

node --new blocks only--> decoded rows --task, round, name--> Event

The file holds nothing that chain and content store do not: delete it, and the next read builds it again. A block that
was replaced is noticed by its hash; everything from there on is dropped and read anew. Beside the events lies what
posted roots stand for in rounds that are over (`kept_rolls`), each dropped with the block in which its round ended.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.calls import ContractCalls
from prefect_federated.adapters.evm.event_rows import event_of, packed, rows_of, shapes, unpacked
from prefect_federated.adapters.evm.logs import STEP, read_logs
from prefect_federated.adapters.evm.records import Event, RawLog
from prefect_federated.core.errors import ChainUnreachable, ConfigurationError

FORMAT = "federated-events/2"  # to be raised too when rolls are taken apart otherwise: old readings are dropped
TRIES = 3
_TABLES = (
    "create table meta (name text primary key, value text not null)",
    "create table blocks (number integer primary key, hash text not null, time integer not null)",
    """create table events (
        block integer not null, log_index integer not null, part integer not null, name text not null, task integer,
        round integer, args text not null, tx_hash blob not null, time integer not null, address text not null,
        primary key (block, log_index, part)
    ) without rowid""",
    "create index events_of_round on events (task, round, name)",
    "create index events_by_name on events (name)",
    """create table rolls (
        block integer not null, log_index integer not null, task integer not null, round integer not null,
        ended integer not null, events text not null, primary key (block, log_index)
    ) without rowid""",
    "create index rolls_of_round on rolls (task, round)",
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block that the index has read: its number, hash (0x-hex) and time in chain seconds."""

    number: int
    hash: str
    time: int


def index_file(home: Path, chain_id: int, coordinator: str) -> Path:
    """Where the index of a federation lies in a home: beside the outbox, one file a chain and coordinator."""
    return home / "events" / f"{chain_id}-{coordinator.lower()}.sqlite"


class EventIndex:
    """Events of one deployment up to a block; threads and processes may share the file."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made with the first read."""
        self.path = path
        self._lock = threading.RLock()
        self._open: sqlite3.Connection | None = None

    def catch_up(self, calls: ContractCalls) -> Block:
        """Read what the chain has and the index has not; drop what the chain replaced. Returns the newest block.

        Raises:
            ChainUnreachable: the endpoint does not answer, or replaces blocks faster than they can be read.
            ConfigurationError: the file cannot be used.
        """
        newest = _block(calls, "latest")
        with self._database() as database:
            if _is_of(database, calls) and _last(database) == newest:
                return newest
        for _ in range(TRIES):
            with self._database() as database, database:
                database.execute("begin immediate")
                self._claim(database, calls)
                _rewind(database, calls)
            if self._extend(calls, newest := _block(calls, "latest")):
                return newest
        raise ChainUnreachable(
            f"the chain replaced blocks {TRIES} times while their events were read; try again in a moment"
        )

    def events(
        self,
        task: int | None = None,
        round: int | None = None,
        names: Sequence[str] = (),
        from_block: int = 0,
        to_block: int | None = None,
    ) -> list[Event]:
        """Events in the order in which they happened, those of a batch one by one, as of the last `catch_up`.

        Args:
            task: only events of this task.
            round: only events of this round.
            names: only these; empty means all.
            from_block: first block.
            to_block: last block; None means the newest that was read.
        """
        wanted = {"task = ?": task, "round = ?": round, "block >= ?": from_block or None, "block <= ?": to_block}
        given = {condition: value for condition, value in wanted.items() if value is not None}
        conditions = [*given, f"name in ({', '.join('?' * len(names))})"] if names else [*given]
        where = " where " + " and ".join(conditions) if conditions else ""
        with self._database() as database:
            found = database.execute(
                f"select * from events{where} order by block, log_index, part", [*given.values(), *names]
            )
            return [event_of(row) for row in found]

    def block(self, number: int) -> Block | None:
        """A block that was read and has events, or was the last of a step; None for any other."""
        with self._database() as database:
            row = database.execute("select * from blocks where number = ?", (number,)).fetchone()
            return Block(*row) if row else None

    def kept(self, posted: Sequence[Event], to_block: int) -> dict[tuple[int, int], list[Event]]:
        """What posted roots stand for, by block and log index, where it was kept and the round ended by a block."""
        by_place = {(event.block, event.log_index): event for event in posted}
        wanted = {column: {event.args[column] for event in posted} for column in ("task", "round")}
        one = {column: values.pop() for column, values in wanted.items() if len(values) == 1}
        where = "".join(f" and {column} = ?" for column in one)
        with self._database() as database:
            found = database.execute(
                f"select block, log_index, events from rolls where ended <= ?{where}", [to_block, *one.values()]
            )
            rows = {(block, log_index): text for block, log_index, text in found}
        return {place: unpacked(event, rows[place]) for place, event in by_place.items() if place in rows}

    def keep(self, ended: Block, readings: Iterable[tuple[Event, Sequence[Event]]]) -> None:
        """Keep what posted roots of a round stand for; nothing where the block that ended it was replaced since.

        Args:
            ended: block in which the round ended, as the index had it before the rolls were read.
            readings: each posted event with the events that its root stands for, also where those are none.
        """
        rows = [
            (one.block, one.log_index, one.args["task"], one.args["round"], ended.number, packed(events))
            for one, events in readings
        ]
        with self._database() as database, database:
            database.execute("begin immediate")
            known = database.execute("select * from blocks where number = ?", (ended.number,)).fetchone()
            if known and Block(*known) == ended:
                database.executemany("insert or replace into rolls values (?, ?, ?, ?, ?, ?)", rows)

    def add(self, events: Iterable[Event], blocks: Iterable[Block]) -> None:
        """Keep decoded events, in their order, with the blocks that they lie in and the last block read; all or none.

        `catch_up` calls it; who fills an index from elsewhere answers for what is in it.
        """
        with self._database() as database, database:
            database.execute("begin immediate")
            database.executemany("insert or replace into events values (?,?,?,?,?,?,?,?,?,?)", rows_of(events))
            database.executemany(
                "insert or replace into blocks values (?, ?, ?)", [(one.number, one.hash, one.time) for one in blocks]
            )

    # --- inside ----------------------------------------------------------------------------------------

    def _claim(self, database: sqlite3.Connection, calls: ContractCalls) -> None:
        """Make the tables, or make them anew where other code decoded the rows; refuse another federation's."""
        known, ours = _meta(database), _identity(calls)
        if known and known["federation"] != ours["federation"]:
            raise ConfigurationError(
                f"{self.path} holds the events of {known['federation']}, asked for is {ours['federation']};"
                " name another file for another federation"
            )
        if _is_of(database, calls):
            return
        for table in ("meta", "blocks", "events", "rolls"):
            database.execute(f"drop table if exists {table}")
        for statement in _TABLES:
            database.execute(statement)
        database.executemany("insert into meta values (?, ?)", (ours | {"start": str(calls.from_block)}).items())

    def _extend(self, calls: ContractCalls, newest: Block) -> bool:
        """Read up to a block, step by step, each kept at once; False where a block was replaced meanwhile."""
        with self._database() as database:
            last = _last(database)
        start = calls.from_block if last is None else last.number + 1
        for first in range(start, newest.number + 1, STEP):
            end = _block(calls, min(first + STEP - 1, newest.number))
            raw = read_logs(calls.w3, calls.addresses.listed(), (), first, end.number)
            blocks = _blocks_of(calls, raw)
            if _block(calls, end.number) != end:
                return False
            events = [replace(event, timestamp=blocks[event.block].time) for event in calls.decode(raw)]
            self.add(events, [*blocks.values(), end])
        return True

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connected()
            except (sqlite3.OperationalError, OSError) as cause:
                raise ConfigurationError(
                    f"the event index {self.path} cannot be used ({cause}); name a file in a folder that may be"
                    " written to, and one that no other process holds for long"
                ) from cause
            except sqlite3.DatabaseError as cause:
                self._open = None
                raise ConfigurationError(
                    f"{self.path} is no event index ({cause}); delete it to build it again from the chain, or name"
                    " another file"
                ) from cause

    def _connected(self) -> sqlite3.Connection:
        if self._open is None or not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            opened = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
            tables = {name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")}
            if tables and "federation" not in (_meta(opened) if "meta" in tables else {}):
                raise sqlite3.DatabaseError(f"its tables are {', '.join(sorted(tables))}")
            self._open = opened
        return self._open


def _identity(calls: ContractCalls) -> dict[str, str]:
    """What must be the same for rows to be of use: whose events, and how they were decoded."""
    return {
        "format": FORMAT,
        "federation": f"eip155:{calls.chain_id}:{calls.coordinator.lower()}",
        "contracts": ",".join(calls.addresses.listed()),
        "shapes": shapes(),
    }


def _is_of(database: sqlite3.Connection, calls: ContractCalls) -> bool:
    known = _meta(database)
    return known.items() >= _identity(calls).items() and int(known["start"]) <= calls.from_block


def _meta(database: sqlite3.Connection) -> dict[str, str]:
    if not database.execute("select 1 from sqlite_master where name = 'meta'").fetchone():
        return {}
    return dict(database.execute("select name, value from meta").fetchall())


def _last(database: sqlite3.Connection) -> Block | None:
    row = database.execute("select * from blocks order by number desc limit 1").fetchone()
    return Block(*row) if row else None


def _rewind(database: sqlite3.Connection, calls: ContractCalls) -> None:
    """Drop blocks that the chain has not any more, newest first, down to one that stands."""
    for number, block_hash, _ in database.execute("select * from blocks order by number desc").fetchall():
        found = rpc.request(calls.w3, "eth_getBlockByNumber", [hex(number), False])
        if found is not None and found["hash"] == block_hash:
            return
        database.execute("delete from events where block >= ?", (number,))
        database.execute("delete from rolls where ended >= ?", (number,))
        database.execute("delete from blocks where number >= ?", (number,))


def _block(calls: ContractCalls, which: int | str) -> Block:
    found = rpc.block(calls.w3, which)
    return Block(int(found["number"], 16), str(found["hash"]), int(found["timestamp"], 16))


def _blocks_of(calls: ContractCalls, logs: Sequence[RawLog]) -> dict[int, Block]:
    """The blocks that logs lie in; their times are asked for where the node leaves them out of the log."""
    found: dict[int, Block] = {}
    for log in logs:
        number = int(log["blockNumber"], 16)
        if number not in found:
            time = log.get("blockTimestamp") or _timestamp(calls, log["blockHash"])
            found[number] = Block(number, str(log["blockHash"]), int(time, 16))
    return found


def _timestamp(calls: ContractCalls, block_hash: str) -> Any:
    block = rpc.request(calls.w3, "eth_getBlockByHash", [block_hash, False])
    if block is None:
        raise ChainUnreachable(f"the chain replaced block {block_hash} while its events were read; try again")
    return block["timestamp"]
