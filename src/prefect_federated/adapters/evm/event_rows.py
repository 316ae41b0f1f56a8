"""Decoded events as text for a table, and back: bytes and big numbers survive, nothing is ever executed.

Event.args <-> JSON;   bytes <-> {"$": "hex"};   events of a roll <-> [[name, args], ...], in the posted one's place
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.records import Event

Row = tuple[int, int, int, str, int | None, int | None, str, bytes, int, str]
BYTES = "$"  # no field of a contract has this name


def rows_of(events: Iterable[Event]) -> Iterator[Row]:
    """Events, in their order, as the index keeps them; those that one log was taken apart into are numbered."""
    place, part = (-1, -1), 0
    for event in events:
        part = part + 1 if (event.block, event.log_index) == place else 0
        place = (event.block, event.log_index)
        task, round = (event.args[name] if name in _topics(event.name) else None for name in ("task", "round"))
        args = _ENCODER.encode(event.args)
        yield (*place, part, event.name, task, round, args, event.tx_hash, event.timestamp, event.address)


def event_of(row: Row) -> Event:
    """The event of a row."""
    block, log_index, _, name, _, _, args, tx_hash, timestamp, address = row
    return Event(name, _DECODER.decode(args), block, tx_hash, log_index, timestamp, address)


def packed(events: Sequence[Event]) -> str:
    """Events that a posted root stands for; place, transaction and time are those of the posted event."""
    return _ENCODER.encode([[event.name, event.args] for event in events])


def unpacked(posted: Event, text: str) -> list[Event]:
    """What `packed` wrote, with the posted event that has the rest."""
    at = posted.block, posted.tx_hash, posted.log_index, posted.timestamp, posted.address
    return [Event(name, args, *at) for name, args in _DECODER.decode(text)]


@cache
def shapes() -> str:
    """Fingerprint of every event's shape: rows that were decoded by other contracts are of no use."""
    digest = hashlib.sha256()
    for contract in abi.CONTRACTS:
        for topic, log in sorted(abi.logs(contract).items()):
            digest.update(topic + repr(log.inputs).encode())
    return digest.hexdigest()


@cache
def _topics(name: str) -> tuple[str, ...]:
    """Those of task and round by which a node finds an event, so that an index finds the same."""
    shape = next(log for contract in abi.CONTRACTS for log in abi.logs(contract).values() if log.name == name)
    indexed = [one.name for one in shape.inputs if one.indexed][:2]
    return tuple(found for found, wanted in zip(indexed, ("task", "round"), strict=False) if found == wanted)


def _plain(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {BYTES: value.hex()}
    raise TypeError(f"an event's argument is a {type(value).__name__}; only bytes need another form")


def _bytes(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value[BYTES]) if len(value) == 1 and BYTES in value else value


_ENCODER = json.JSONEncoder(default=_plain, separators=(",", ":"))
_DECODER = json.JSONDecoder(object_hook=_bytes)
